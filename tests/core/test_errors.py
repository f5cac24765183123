"""The one error that a user is meant to see."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pipeline.core.errors import EXTRAS, PipelineError, exit_code, missing_package, shorten
from tests.conftest import ROOT


def raising(error: BaseException) -> Callable[[], object]:
    def work() -> object:
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "code", "said"),
    [
        (lambda: 7, 0, ""),
        (
            raising(PipelineError("a.csv:3: 没有文本", "Name the column.")),
            1,
            "error: a.csv:3: 没有文本\n  Name the column.\n",
        ),
        (raising(PipelineError("nothing to do")), 1, "error: nothing to do\n"),
        (raising(KeyboardInterrupt()), 130, "stopped by the user; run the same command again to go on\n"),
    ],
)
def test_a_problem_is_told_plainly(work: Callable[[], object], code: int, said: str, capsys) -> None:
    assert exit_code(work) == code
    assert capsys.readouterr().err == said


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_code(lambda: 1 // 0)
    with pytest.raises(ModuleNotFoundError):
        exit_code(raising(ModuleNotFoundError("no pipeline.typo", name="pipeline.typo")))


def test_a_package_of_an_extra_is_told_with_the_line_that_installs_it(capsys) -> None:
    assert exit_code(raising(ModuleNotFoundError("no torch", name="torch.nn"))) == 1
    said = capsys.readouterr().err
    assert "needs the package torch" in said
    assert "[train]" in said
    assert missing_package(ModuleNotFoundError("x")) is None


def test_every_extra_has_its_requirements() -> None:
    for extra in set(EXTRAS.values()):
        assert (ROOT / f"requirements-{extra}.in").is_file(), extra


@pytest.mark.parametrize(
    ("value", "limit", "shown"),
    [
        ("a  b\n c", 80, "a b c"),
        ("好" * 10, 10, "好" * 10),
        ("好" * 11, 10, "好" * 9 + "…"),
        (None, 80, "None"),
        ("", 3, ""),
        ([1, 2], 80, "[1, 2]"),
    ],
)
def test_values_are_shown_on_one_short_line(value: object, limit: int, shown: str) -> None:
    assert shorten(value, limit) == shown
    assert len(shorten(value, limit)) <= limit
    assert not re.search(r"\n", shorten(value, limit))
