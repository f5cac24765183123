"""The window of requests: full, patient, within its budget; no service is needed to see it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from pipeline.core.errors import PipelineError
from pipeline.llm.request_window import NoServiceError, TryAgainError, Window, remedy_of, service_key
from pipeline.llm.settings import Service


def service(**more: object) -> Service:
    return Service.model_validate({"url": "http://127.0.0.1:9", "first_pause": 0.001, "timeout": 5.0, **more})


def run(window: Window[int, str], items: Sequence[int], ask: Callable[[int], Awaitable[str]]) -> dict[int, str]:
    found: dict[int, str] = {}
    asyncio.run(window.run(items, ask, found.__setitem__))
    return found


async def echo(item: int) -> str:
    await asyncio.sleep(0.001 * (item % 3))
    return f"答 {item}"


def test_every_item_gets_its_own_reply_in_whatever_order() -> None:
    window = Window[int, str](service(parallel=4), "here")
    assert run(window, range(20), echo) == {n: f"答 {n}" for n in range(20)}
    assert (window.answered, window.retries) == (20, 0)


def test_nothing_to_ask() -> None:
    window = Window[int, str](service(), "here")
    assert run(window, [], echo) == {}
    assert window.answered == 0


def test_no_more_than_so_many_are_under_way() -> None:
    now = most = 0

    async def ask(item: int) -> str:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.002)
        now -= 1
        return ""

    run(Window[int, str](service(parallel=3), "here"), range(12), ask)
    assert most == 3


def test_passing_trouble_is_tried_again() -> None:
    tries: dict[int, int] = {}

    async def ask(item: int) -> str:
        tries[item] = tries.get(item, 0) + 1
        if tries[item] < 3:
            raise TryAgainError("503")
        return "ok"

    window = Window[int, str](service(retries=2), "here")
    assert run(window, range(3), ask) == dict.fromkeys(range(3), "ok")
    assert window.retries == 6


def test_a_service_that_never_answers_is_named() -> None:
    async def ask(item: int) -> str:
        raise TryAgainError("connection refused")

    with pytest.raises(NoServiceError, match=r"params: here: http://127.0.0.1:9 gave no answer in 2 tries: conn") as e:
        run(Window[int, str](service(retries=1, parallel=1), "params: here"), [1], ask)
    assert "Start the service" in e.value.hint


def test_one_that_stops_answering_keeps_what_it_gave() -> None:
    async def ask(item: int) -> str:
        if item > 2:
            raise TryAgainError("gone")
        return str(item)

    found: dict[int, str] = {}
    window = Window[int, str](service(retries=0, parallel=1), "here")
    with pytest.raises(PipelineError, match="stopped answering after 3 answers") as error:
        asyncio.run(window.run(range(9), ask, found.__setitem__))
    assert not isinstance(error.value, NoServiceError)
    assert found == {0: "0", 1: "1", 2: "2"}


def test_after_trouble_nothing_new_is_asked() -> None:
    asked: list[int] = []

    async def ask(item: int) -> str:
        asked.append(item)
        if item == 0:
            raise PipelineError("refused")
        await asyncio.sleep(0.005)
        return "late"

    found: dict[int, str] = {}
    with pytest.raises(PipelineError, match="refused"):
        asyncio.run(Window[int, str](service(parallel=2), "here").run(range(50), ask, found.__setitem__))
    assert asked == [0, 1]
    assert found == {1: "late"}  # what was under way is paid for


def test_a_slow_answer_is_given_up() -> None:
    async def ask(item: int) -> str:
        await asyncio.sleep(1)
        return ""

    with pytest.raises(NoServiceError, match=r"no whole answer within 0\.01 s"):
        run(Window[int, str](service(timeout=0.01, retries=0), "here"), [1], ask)


class Held:
    """A budget of `free` requests at a time."""

    def __init__(self, free: int) -> None:
        self.free, self.most, self.taken = free, 0, 0

    def reserve(self, item: int) -> bool:
        if self.taken >= self.free:
            return False
        self.taken += 1
        self.most = max(self.most, self.taken)
        return True

    def release(self, item: int) -> None:
        self.taken -= 1


def test_a_request_waits_for_its_allowance_and_gives_it_back() -> None:
    held = Held(2)
    assert len(run(Window[int, str](service(parallel=8), "here", held), range(10), echo)) == 10
    assert (held.most, held.taken) == (2, 0)


def test_the_key_comes_from_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service_key(service(), "here") is None
    monkeypatch.setenv("A_KEY", "secret")
    assert service_key(service(key_env="A_KEY"), "here") == "secret"
    monkeypatch.delenv("A_KEY")
    with pytest.raises(NoServiceError, match=r"here\.key_env: \$A_KEY is not set"):
        service_key(service(key_env="A_KEY"), "here")


@pytest.mark.parametrize(
    ("status", "key", "said"), [(401, "A_KEY", "$A_KEY"), (403, None, "set key_env"), (404, "A_KEY", "Check url")]
)
def test_a_refusal_has_a_remedy(status: int, key: str | None, said: str) -> None:
    assert said in remedy_of(service(key_env=key), status)
