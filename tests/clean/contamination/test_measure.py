from pipeline.clean.contamination.planted import PLANTS
from tests.clean.contamination.problems import NAMES, THINGS, chat, problem, run

OURS = [chat(f"own{n}", f"Please write a short note number {n} about {t} for my aunt {m}.") for n, (t, m) in enumerate(
    (t, m) for t in THINGS for m in NAMES)]  # fmt: skip


BENCHMARK = [chat(f"b{n}", problem(n), role="benchmark", reply=None) for n in range(60)]


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
