"""The dataset card."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.validate.export.card import limits, noise_sentence, plain, unmarked
from tests.validate.exported import metadata


def test_card_metadata_is_complete(dataset):
    found = metadata(dataset)
    features = {one["name"]: one["dtype"] for one in found.pop("dataset_info")["features"]}
    assert features["label"] == {"class_label": {"names": {"0": "negative", "1": "positive"}}}
    assert found == {
        "pretty_name": "Film reviews",
        "language": ["en", "zh"],
        "license": "cc-by-4.0",
        "multilinguality": ["multilingual"],
        "annotations_creators": ["found"],
        "source_datasets": ["original"],
        "task_categories": ["text-classification"],
        "size_categories": ["n<1K"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": name, "path": f"data/{name}-*.parquet"} for name in ("train", "validation", "test")
                ],
            }
        ],
    }


def test_card_states_the_facts(dataset):
    text = (dataset / "README.md").read_text("utf-8")
    assert "Short reviews, two classes." in text
    assert "| negative | 2 | 1 | 1 |" in text
    assert "| gold | files | CC BY 4.0 | 2 |" in text
    assert "Most restrictive licence: CC BY 4.0" in text
    assert "| collect | 12 | 0 | 11 | 1 |" in text
    assert "- clean, only dropped 2 empty\\_text." in text
    assert "Augmented rows: 1" in text
    assert "Version 0.1.0." in text
    assert "| label | string | the class; of tasks with several labels a list of those that apply |" in text
    assert "## Sample rows" in text
    assert "How many labels are wrong is not known" in text


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "Personal data and secrets were not looked for."),
        ([{"step": "pii", "notes": {"not_looked_for": ["name", "address"]}}], "not looked for: name, address"),
        ([{"step": "pii", "notes": {"not_looked_for": []}}], "other forms than those known stay."),
    ],
)
def test_the_card_says_what_was_not_looked_for(steps, said):
    report: Any = {"expectations": [], "dataset": {"not_exported": {}}}
    stages: Any = {"clean": {"steps": steps}}
    assert said in " ".join(limits(report, stages))


def test_markup_in_names_is_inert_in_the_card():
    assert plain("<script>x</script> | a_b\n# [c]") == "&lt;script&gt;x&lt;/script&gt; \\| a\\_b \\# \\[c\\]"


SHARE = {"value": 0.17, "low": 0.15, "high": 0.2}


@pytest.mark.parametrize(
    ("clean", "label", "said"),
    [
        ({"label_noise": {"share": SHARE}}, {}, "models that never saw a record: 17.0% (95 % interval 15.0% to"),
        ({"label_noise": {"share": SHARE}}, {"audit": {"share": SHARE}}, "audit of a random sample: 17.0%"),
        ({"label_noise": {"cannot_tell": "40 records"}}, {}, "is not known: 40 records."),
        ({}, {}, "nobody looked for it."),
    ],
)  # fmt: skip
def test_one_sentence_says_how_many_labels_are_wrong(clean, label, said):
    stages: Any = {"clean": {"steps": [{"step": "label_errors", "notes": clean}]}, "label": {"notes": label}}
    assert said in noise_sentence(stages)


@pytest.mark.parametrize("text", ["wrong_language <b>&amp; [x](y)|#", "路径\\n_*`", ""])
def test_what_was_made_inert_for_the_card_reads_as_it_was_elsewhere(text):
    assert unmarked(plain(text)) == text
