from dataclasses import replace

import pytest

from pipeline.core.record import Source, share
from pipeline.runtime.store import read_json
from pipeline.stats.paired_gain import draw
from pipeline.value.linear_probe import linear_probe
from pipeline.value.run import measure
from pipeline.value.source_ablation import source_ablation
from pipeline.value.variants import Stages, build

from .conftest import LABELS, make, split_of


@pytest.fixture(scope="module")
def two_sources():
    """Half the records come from a good source, half from one whose labels are next to random."""
    records = []
    for n in range(600):
        record = make(n, split=split_of(n))
        if record.split == "train" and share("bad", record.id) < 0.5:
            wrong = LABELS[int(3 * share("label", record.id))]
            record = replace(record, target=wrong, source=Source("bad", "files", "f", n, "cc0", "train"))
        records.append(record)
    return Stages(records, records, records, records)


def test_a_good_source_is_worth_having_and_a_bad_one_does_harm(two_sources, task, models, params, tmp_path):
    measure(two_sources, task, models, params, tmp_path)
    report = read_json(tmp_path / "report.json")
    found = {entry["source"]: entry for entry in report["sources"]}
    assert found["s"]["verdict"] == "helped"
    assert found["bad"]["verdict"] == "hurt"
    assert "the score is better without it" in found["bad"]["sentence"]
    assert found["s"]["per_1000"] == pytest.approx(1000 * found["s"]["gain"]["value"] / found["s"]["rows"], abs=1e-3)
    assert sum(entry["rows"] for entry in found.values()) == report["variants"]["augmented"]["rows"]


def test_one_source_cannot_be_left_out(sound, task, models, params, tmp_path):
    measure(sound, task, models, params, tmp_path)
    assert read_json(tmp_path / "report.json")["sources"] == []


def test_parts_can_be_turned_off(two_sources, task, models, params, tmp_path):
    measure(
        two_sources,
        task,
        models,
        params.model_copy(update={"source_ablation": False, "learning_curve": False}),
        tmp_path,
    )
    report = read_json(tmp_path / "report.json")
    assert (report["sources"], report["more_data"]) == ([], {})


def test_a_source_with_all_of_the_classes_is_not_left_out(sound, task, models, params):
    variants = build(sound, task, 4000)
    examples = variants.train["raw"]
    names = {e.root: "only" if e.label != LABELS[0] else "other" for e in examples}
    trial = linear_probe([examples], variants.test, models.encoder, params.seeds, params.C)
    whole = draw(trial(examples), len(variants.test), params.resamples, params.seed)["macro_f1"]
    found = source_ablation(examples, names, whole, trial, len(variants.test), params)
    assert [entry["source"] for entry in found] == ["other"]
