import json
import random

import pytest

from pipeline.clean.contamination.planted import PLANTS, plant
from pipeline.clean.contamination.step import Decontaminate, drop_contaminated
from pipeline.clean.step import Context
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.store import schema, to_table

CHAT = Task(type="chat", languages=("en", "zh"))
NAMES = tuple("Anna Bert Clara David Emma Felix Grace Henry Ida James Klara Louis".split())  # noqa: SIM905
THINGS = tuple("apples pencils marbles tickets stamps cookies shells bricks candles ribbons".split())  # noqa: SIM905


def problem(n: int) -> str:
    """One of many word problems, each told in its own way."""
    rng = random.Random(n)
    a, b = rng.sample(NAMES, 2)
    one, two = rng.sample(THINGS, 2)
    x, y, z = (rng.randrange(3, 99) for _ in range(3))
    openings = [
        f"{a} collects {one} and keeps {x} of them in a wooden box under the old bed.",
        f"On market day {a} carries {x} {one} to town, hoping to sell most before lunch.",
        f"For the village fair {a} has been making {one}, {x} every single morning.",
    ]
    middles = [
        f"Later {b} brings {y} {two}, which they swap one for two at the corner shop.",
        f"{b} gives away {y} of his own {two} because the cupboard has grown too small.",
        f"After a long argument {b} agrees to trade {y} {two} for whatever is left.",
    ]
    ends = [f"How many {one} remain after {z} days?", f"What do {z} {two} cost them in the end?"]
    return " ".join(rng.choice(part) for part in (openings, middles, ends))


def chat(id: str, *turns: str, role: str = "train", reply: str | None = "Let me see.") -> Record:
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
    name = "maths" if role == "benchmark" else "ours"
    target = None if reply is None else {"role": "assistant", "content": reply}
    return Record(id, {"messages": messages}, Source(name, "files", f"{name}.jsonl", 7, "MIT", role), target)


def run(records, **settings):
    context = Context(CHAT)
    outcome = drop_contaminated(to_table(records, schema(CHAT)), Decontaminate(**settings), context)
    return outcome, context.doubts


OURS = [chat(f"own{n}", f"Please write a short note number {n} about {t} for my aunt {m}.") for n, (t, m) in enumerate(
    (t, m) for t in THINGS for m in NAMES)]  # fmt: skip
BENCHMARK = [chat(f"b{n}", problem(n), role="benchmark", reply=None) for n in range(60)]


def test_copies_go_with_their_evidence_and_the_rest_stays():
    copies = [
        chat("verbatim", problem(0)),
        chat("reformatted", "Q: " + problem(1).upper().replace(". ", "\n- ")),
        chat("embedded", f"You are a teacher. Explain this: {problem(2)} Use simple words and no signs."),
        chat("second", "Hello!", "Hi, how can I help?", problem(3)),
        chat("reply", "Give me a word problem.", reply=problem(4)),
    ]
    outcome, _ = run([*OURS, *copies, *BENCHMARK])
    dropped = {row["id"]: row for row in outcome.dropped.to_pylist()}
    assert set(dropped) == {"verbatim", "reformatted", "embedded", "second", "reply"}
    assert dropped["second"]["other_id"] == "b3"
    assert {row["reason"] for row in dropped.values()} == {"contaminated"}
    assert dropped["verbatim"]["detail"].startswith("maths: maths.jsonl row 7, share 1.0: ")
    assert outcome.notes["examples"][0]["passage"]
    assert outcome.notes["found"] == {"maths": 5}
    assert json.dumps(outcome.notes)


def test_recall_is_measured_on_planted_copies():
    notes = run([*OURS, *BENCHMARK])[0].notes
    assert set(notes["recall"]) == set(PLANTS)
    for kind in ("verbatim", "reformatted", "embedded", "second_turn"):
        found = notes["recall"][kind]
        assert found["value"] >= 0.99
        assert found["low"] <= found["value"] <= found["high"]
        assert found["planted"] == 60
    assert notes["false_alarms_per_1000"]["items"] == 60
    assert notes["found"] == {}


def test_threshold_follows_from_recall_and_from_false_alarms():
    records = [*OURS, *BENCHMARK]
    strict, loose = (run(records, recall=recall)[0].notes for recall in (0.01, 1.0))
    assert strict["threshold"] > loose["threshold"]
    fixed = run(records, threshold=0.8)[0].notes
    assert fixed["threshold"] == 0.8
    assert not fixed["threshold_measured"]
    assert "numbers_swapped" in fixed["recall_missed"] or "reworded" in fixed["recall_missed"]


def test_test_records_stay_and_are_listed():
    outcome, doubts = run([*OURS, chat("t", problem(0), role="test"), *BENCHMARK])
    assert outcome.dropped.num_rows == 0
    assert [(doubt.record_id, doubt.reason) for doubt in doubts] == [("t", "contaminated")]


@pytest.mark.parametrize("records", [[], OURS[:1], [BENCHMARK[0]], [BENCHMARK[0], OURS[0]]])
def test_few_records_and_no_benchmark_are_no_problem(records):
    outcome, _ = run(records)
    assert outcome.kept.num_rows == len(records)
    assert outcome.notes["applies"] is (BENCHMARK[0] in records)


@pytest.mark.parametrize("item", [problem(1), "小明有12个苹果，小红给了他5个，又吃掉3个，请问现在还剩下多少个苹果？"])
@pytest.mark.parametrize("kind", PLANTS)
def test_planted_copies_are_copies(kind, item):
    (texts,), (again,) = (plant(kind, [item], ["another text"]) for _ in range(2))
    assert texts == again
    assert (texts == [item]) == (kind == "verbatim")


def test_an_item_without_numbers_has_none_to_swap():
    assert plant("numbers_swapped", ["no numbers here"], []) == [[]]


def test_gsm8k_in_dolly(shared_data):
    """The bar: recall >= .99 on verbatim, reformatted and embedded copies, false alarms <= .1 % of dolly."""
    lines = (shared_data("gsm8k") / "test.jsonl").read_text("utf-8").splitlines()
    items = [chat(f"b{n}", json.loads(line)["question"], role="benchmark", reply=None) for n, line in enumerate(lines)]
    rows = json.loads((shared_data("instruct_seeds") / "dolly_3k.json").read_text("utf-8"))
    ours = [chat(f"d{n}", f"{r['instruction']}\n{r['input']}", reply=r["output"]) for n, r in enumerate(rows)]
    outcome, _ = run([*ours, *items])
    for kind in ("verbatim", "reformatted", "embedded"):
        assert outcome.notes["recall"][kind]["value"] >= 0.99
    assert outcome.dropped.num_rows <= len(ours) / 1000
