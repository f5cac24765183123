from pipeline.evaluate.params import Params
from pipeline.evaluate.robustness import differs, edit_record
from tests.evaluate.task_cases import TASKS, example


def test_offsets_move_with_small_edits():
    for kind in ("ner", "qa"):
        record = example(2, kind)
        assert edit_record(record, "upper_case", TASKS[kind]).target is not None
        for edit in ("dropped_character", "typo", "final_punctuation"):
            edited = edit_record(record, edit, TASKS[kind])
            text = edited.fields["text" if kind == "ner" else "context"]
            for part in edited.target:
                surface = text[part["start"] : part.get("end", part["start"] + len(part.get("text", "")))]
                assert surface == surface.strip()
                assert surface
                assert part.get("text", surface) == surface


def test_a_number_differs_only_when_it_moves_visibly():
    assert not differs(1.0, 1.04, 0.5)
    assert differs(1.0, 1.06, 0.5)
    assert differs([], [{"start": 0}], 0.0)


PARAMS = Params(resamples=200, robustness_rows=60)


def test_robustness_finds_that_capitals_matter(report):
    found = {entry["edit"]: entry for entry in report["robustness"]}
    assert found["lower_case"]["n"] == 0, "all rows are in lower case: nothing to edit, and it says so"
    assert found["upper_case"]["changed"]["value"] > 0.5, "the model knows lower-case words only"
    assert found["upper_case"]["after"] < found["upper_case"]["before"]
    assert found["final_punctuation"]["changed"]["value"] == 0
    assert found["punctuation_width"]["n"] > 0, "Chinese punctuation"
