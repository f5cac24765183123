import json

import pytest

from tests.clean.contamination.problems import NAMES, THINGS, chat, problem, run

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


def test_test_records_stay_and_are_listed():
    outcome, review_items = run([*OURS, chat("t", problem(0), role="test"), *BENCHMARK])
    assert outcome.dropped.num_rows == 0
    assert [(item.record_id, item.reason) for item in review_items] == [("t", "contaminated")]


@pytest.mark.parametrize("records", [[], OURS[:1], [BENCHMARK[0]], [BENCHMARK[0], OURS[0]]])
def test_few_records_and_no_benchmark_are_no_problem(records):
    outcome, _ = run(records)
    assert outcome.kept.num_rows == len(records)
    assert outcome.notes["applies"] is (BENCHMARK[0] in records)


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
