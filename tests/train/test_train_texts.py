"""Fine-tuning on text targets: causal and encoder-decoder models learn eight examples by heart."""

import argparse
import json

import pytest

from pipeline.commands.predict import add_arguments
from pipeline.commands.predict import run as predict
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.evaluate.run import run as evaluate
from pipeline.modeling.base_model import load_base_model
from pipeline.modeling.models import Model, Models
from pipeline.modeling.predictor import load_predictor
from pipeline.train.params import Params
from pipeline.train.run import train
from tests.modeling.conftest import save_seq2seq
from tests.train.conftest import write_dataset

TASK = Task(type="translation", languages=("en", "zh"), target_language="zh")
PAIRS = [
    ("what a good day", "质量很好"), ("a bad film", "太差了"), ("thank you", "非常满意"), ("this is slow", "不推荐"),
    ("很好", "the good film"), ("差", "this is bad"), ("满意", "happy"), ("不", "sad and awful"),
]  # fmt: skip
ROWS = [{"text": a, "target": b, "lang": "en" if a.isascii() else "zh", "source": "s"} for a, b in PAIRS]
BY_HEART = {
    "epochs": 150.0,
    "batch_size": 8,
    "evaluations": 3,
    "max_length": 110,
    "freeze": "none",
    "warmup_ratio": 0.05,
}


def fit(folder, models, **settings):
    dataset = write_dataset(folder / "dataset", train=ROWS, validation=ROWS, test=ROWS)
    train(dataset, folder / "out", TASK, models, Params(**{**BY_HEART, "learning_rate": 1e-2, **settings}))
    return folder / "out" / "model"


@pytest.fixture(scope="module")
def models(llama_folder, t5_folder):
    return {
        "causal": Models(generator=Model(name=str(llama_folder))),
        "seq2seq": Models(seq2seq=Model(name=str(t5_folder)), generator=Model(name=str(llama_folder))),
    }


@pytest.fixture(scope="module", params=["causal", "seq2seq"])
def learnt(request, models, tmp_path_factory):
    chosen, folder = models[request.param], tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFT_CACHE", str(folder / "cache"))
        return fit(folder, chosen, max_new_tokens=16), chosen


def test_eight_examples_are_learnt_by_heart(learnt):
    folder, _ = learnt
    found = load_predictor(folder).predict(ROWS)
    assert [prediction.value for prediction in found] == [row["target"] for row in ROWS]
    for prediction in found:
        assert prediction.tokens > 1
        assert -0.5 < prediction.log_likelihood < 0


def test_the_folder_loads_with_auto_classes(learnt):
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    folder, chosen = learnt
    is_seq2seq = AutoConfig.from_pretrained(folder).is_encoder_decoder
    assert is_seq2seq == (chosen.seq2seq is not None)
    (AutoModelForSeq2SeqLM if is_seq2seq else AutoModelForCausalLM).from_pretrained(folder)


def test_beams_and_unlabelled_rows(learnt, tmp_path):
    import shutil

    folder, _ = learnt
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    settings = json.loads((copy / "sft.json").read_text())
    (copy / "sft.json").write_text(json.dumps({**settings, "num_beams": 3}))
    rows = [{"text": row["text"]} for row in ROWS]
    found = load_predictor(copy).predict(rows)
    assert [prediction.value for prediction in found] == [row["target"] for row in ROWS]
    assert {prediction.log_likelihood for prediction in found} == {None}
    assert load_predictor(folder).predict([]) == []


def test_predict_command(learnt, capsys):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    predict(parser.parse_args(["--model", str(learnt[0]), "--text", "thank you", "--text", "不"]))
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found == [
        {"text": "thank you", "prediction": "非常满意"},
        {"text": "不", "prediction": "sad and awful"},
    ]


def test_over_long_texts_are_still_answered(learnt):
    (found,) = load_predictor(learnt[0]).predict([{"text": "good film, " * 300, "target": "质量很好", "lang": "en"}])
    assert isinstance(found.value, str)
    assert found.tokens > 1


def test_evaluate_holds_the_model_against_its_base(learnt, monkeypatch):
    folder, chosen = learnt
    root = folder.parents[1]
    named = {name: {"name": m.name} for name, m in (("seq2seq", chosen.seq2seq), ("generator", chosen.generator)) if m}
    params = {
        "task": TASK.model_dump(mode="json"), "models": named,
        "evaluate": {"resamples": 100, "robustness_rows": 1, "base_model_rows": 5},
    }  # fmt: skip
    (root / "params.yaml").write_text(json.dumps(params), "utf-8")
    monkeypatch.chdir(root)
    (root / "evaluate").mkdir()
    evaluate(root / "dataset", folder, root / "evaluate")
    report = json.loads((root / "evaluate/report.json").read_text("utf-8"))
    assert report["metrics"]["exact_match"]["value"] == 1.0
    assert report["metrics"]["chrf"]["value"] == 100.0
    base = report["baselines"]["base"]
    assert base["n"] == 5
    assert 2 < base["metrics"]["loss_per_token"]["value"] < 12, "random weights guess among some 300 tokens"
    assert base["model_minus_reference"]["loss_per_token"]["high"] < -1


def test_the_base_is_judged_once_and_only_where_it_is_the_same_model(learnt, monkeypatch):
    from pipeline.modeling import base_model as module

    folder, chosen = learnt
    evaluate = load_base_model(folder, chosen)
    assert evaluate is not None
    first = evaluate(ROWS[:3])
    monkeypatch.setattr(module, "_load", None)
    assert evaluate([{**row, "id": "other"} for row in ROWS[:3]]) == first, "from the cache, whatever the id"
    assert load_base_model(folder, Models(generator=Model(name="elsewhere"))) is None


def test_a_broken_model_folder_is_explained(learnt, tmp_path):
    import shutil

    shutil.copytree(learnt[0], tmp_path / "model")
    (tmp_path / "model" / "config.json").unlink()
    with pytest.raises(PipelineError, match="the model does not load"):
        load_predictor(tmp_path / "model")


@pytest.mark.parametrize("kind", ["bart", "marian"])
def test_other_encoder_decoders_train_with_adapters(kind, tmp_path):
    base = save_seq2seq(tmp_path / "base", kind)
    models = Models(seq2seq=Model(name=str(base)))
    settings = {"epochs": 8.0, "freeze": "none"}
    folder = fit(
        tmp_path, models, **settings, lora=Params.model_validate({"lora": {"target_modules": "attention"}}).lora
    )
    report = json.loads((folder.parent / "report.json").read_text())
    assert report["dev"]["loss"] < report["dev_before"]["loss"]
    assert report["parameters"]["trained"] < 0.3 * report["parameters"]["all"]
    assert len(load_predictor(folder).predict(ROWS[:2])) == 2


def test_attention_adapters_reach_t5(models, tmp_path):
    lora = Params.model_validate({"lora": {"target_modules": "attention"}}).lora
    report_folder = fit(tmp_path, models["seq2seq"], epochs=2.0, lora=lora).parent
    assert json.loads((report_folder / "report.json").read_text())["parameters"]["trained"] > 0


def test_a_translation_without_its_language_is_refused(models, tmp_path):
    dataset = write_dataset(tmp_path / "dataset", train=ROWS, validation=ROWS)
    with pytest.raises(PipelineError, match=r"task\.target_language is missing"):
        train(dataset, tmp_path / "out", Task(type="translation"), models["causal"], Params())


def test_every_label_counts_in_the_loss_of_a_step(models, tmp_path):
    """transformers leaves the first label of a row out of its count; ours are shifted already."""
    from pipeline.modeling.heads import text_to_text
    from pipeline.modeling.training.job import Job
    from pipeline.modeling.training.trainer import make_trainer

    recipe = Params(batch_size=4)
    start = text_to_text.start(models["causal"], TASK, ROWS, recipe)
    examples = text_to_text.encode(ROWS, start.tokenizer, TASK, recipe).items
    collate = text_to_text.collate(start.tokenizer)
    job = Job(start.model, text_to_text, examples, examples, collate, recipe, tmp_path)
    batch = collate(examples[:1])
    counted = make_trainer(job, 1)._get_num_items_in_batch([batch], start.model.device)
    assert counted is not None
    assert int(counted) == int((batch["labels"] != -100).sum()) == batch["labels"].shape[1]
