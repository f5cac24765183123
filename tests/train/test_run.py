import csv
import json
import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.loading import check_room
from pipeline.modeling.models import Model, Models
from pipeline.modeling.predictor import load_predictor
from pipeline.modeling.training import strategies
from pipeline.train import run
from pipeline.train.params import Params
from pipeline.train.run import train
from tests.train.conftest import labelled, write_dataset

SENTIMENT = Task(type="classification", labels=("negative", "neutral", "positive"), languages=("en", "zh"))
CHAT = Task(type="chat", languages=("en", "zh"))
ADAPT = strategies.adapt
FAST: dict[str, Any] = {"epochs": 2.0, "batch_size": 4, "evaluations": 2, "max_length": 32, "learning_rate": 1e-3}


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_two_runs_write_the_same_bytes_and_auto_model_agrees_with_the_predictor(reviews, bert_folder, tmp_path):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    models = Models(encoder=Model(name=str(bert_folder)))
    for name in ("one", "two"):
        train(reviews, tmp_path / name, SENTIMENT, models, Params(**FAST))
    assert files(tmp_path / "one") == files(tmp_path / "two")

    folder = tmp_path / "one" / "model"
    texts = ["what a good day", "太差了", "a bad film"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
    temperature = json.loads((folder / "sft.json").read_text())["temperature"]
    predictions = load_predictor(folder).predict([{"text": text} for text in texts])
    for row, prediction in zip((logits / temperature).softmax(1), predictions, strict=True):
        assert model.config.id2label[int(row.argmax())] == prediction.value
        assert prediction.scores["positive"] == pytest.approx(float(row[model.config.label2id["positive"]]), abs=1e-5)


def test_report_metrics_history_and_card_tell_the_run(reviews, bert_folder, tmp_path):
    out = tmp_path / "out"
    train(reviews, out, SENTIMENT, Models(encoder=Model(name=str(bert_folder))), Params(**FAST, max_train_rows=16))
    report = json.loads((out / "report.json").read_text())
    assert report["rows"]["train"] == {"in": 16, "used": 16, "cut": 0, "dropped": {}}
    assert 0 < report["parameters"]["trained"] < report["parameters"]["all"]
    history = list(csv.DictReader((out / "history.csv").open()))
    assert [row["step"] for row in history] == ["0", "4", "8"]
    assert all(float(row["train_loss"]) > 0 for row in history[1:])
    best = max(float(row["dev_macro_f1"]) for row in history)
    assert json.loads((out / "metrics.json").read_text())["dev_macro_f1"] == pytest.approx(best, abs=1e-5)
    card = (out / "model" / "README.md").read_text()
    assert "16 examples" in card
    assert "negative, neutral, positive" in card
    assert "batch_size 4, " in card
    assert "AutoModelForSequenceClassification.from_pretrained" in card


def test_chat_learns_its_replies_and_predicts_their_likelihood(dialogues, llama_folder, tmp_path):
    params = Params(
        **{**FAST, "epochs": 100.0, "freeze": "none", "learning_rate": 1e-2, "batch_size": 9, "max_length": 96},
        max_new_tokens=12,
    )
    models = Models(generator=Model(name=str(llama_folder)))
    train(dialogues, tmp_path / "out", CHAT, models, params)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["dev"]["loss"] < 0.05 < report["dev_before"]["loss"]
    predictor = load_predictor(tmp_path / "out" / "model")
    known, asked = predictor.predict(
        [
            {"messages": [{"role": "user", "content": "质量很好"}, {"role": "assistant", "content": "非常满意"}],
             "response": "非常满意"},
            {"text": "what a good day"},
        ]
    )  # fmt: skip
    assert (known.value, asked.value) == ("非常满意", "thank you")
    assert known.tokens > 1
    assert -0.5 < known.log_likelihood < 0
    assert asked.log_likelihood is None


def test_packed_chats_are_learned_and_the_report_says_how_full_rows_are(dialogues, llama_folder, tmp_path):
    settings: dict[str, Any] = {**FAST, "epochs": 20.0, "freeze": "none", "learning_rate": 1e-2, "max_length": 96}
    models = Models(generator=Model(name=str(llama_folder)))
    train(dialogues, tmp_path / "out", CHAT, models, Params(**settings, packing=True))
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert 1 < report["packing"]["rows"] < report["rows"]["train"]["used"] == 9
    assert 0.5 < report["packing"]["filled"] <= 1
    assert report["packing"]["tokens_a_row"] <= 96
    assert report["settings"]["batch_size"] == FAST["batch_size"]
    unpacked = math.ceil(9 / FAST["batch_size"]) * 20
    assert 0.5 * unpacked <= report["steps"] <= 1.5 * unpacked
    assert report["dev"]["loss"] < 0.5 * report["dev_before"]["loss"]


def test_packing_is_refused_where_rows_are_no_texts_to_write(reviews, bert_folder, tmp_path):
    models = Models(encoder=Model(name=str(bert_folder)))
    with pytest.raises(PipelineError, match="only language models can be packed"):
        train(reviews, tmp_path / "out", SENTIMENT, models, Params(**FAST, packing=True))


def test_lora_trains_few_weights_and_saves_a_plain_model(dialogues, llama_folder, tmp_path):
    from transformers import AutoModelForCausalLM

    params = Params.model_validate({**FAST, "lora": {"rank": 4}})
    train(dialogues, tmp_path / "out", CHAT, Models(generator=Model(name=str(llama_folder))), params)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["parameters"]["trained"] < 0.3 * report["parameters"]["all"]
    assert report["dev"]["loss"] < report["dev_before"]["loss"]
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out" / "model")
    assert not [name for name, _ in model.named_parameters() if "lora" in name]


def test_lora_in_mixed_precision_holds_the_frozen_weights_in_bfloat16(dialogues, llama_folder, tmp_path, monkeypatch):
    import torch
    from transformers import AutoModelForCausalLM

    seen = {}

    def adapt(model, recipe):
        adapted = ADAPT(model, recipe)
        seen.update({name: parameter.dtype for name, parameter in adapted.named_parameters()})
        return adapted

    monkeypatch.setattr(strategies, "adapt", adapt)
    settings = {**FAST, "epochs": 12.0, "learning_rate": 1e-2, "max_length": 96, "precision": "bfloat16"}
    for packing in (False, True):
        params = Params.model_validate({**settings, "lora": {"rank": 4}, "packing": packing})
        out = tmp_path / f"packing {packing}"
        train(dialogues, out, CHAT, Models(generator=Model(name=str(llama_folder))), params)
        report = json.loads((out / "report.json").read_text())
        assert report["dev"]["loss"] < report["dev_before"]["loss"] - 0.05
        assert {dtype for name, dtype in seen.items() if "lora" not in name} == {torch.bfloat16}
        assert {dtype for name, dtype in seen.items() if "lora" in name} == {torch.float32}
        model = AutoModelForCausalLM.from_pretrained(out / "model")
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({"train": [{"text": "a", "label": "positive"}] * 2, "validation": labelled()}, "needs two classes"),
        ({"train": labelled(), "validation": [{"text": "x", "label": "neutral"}]}, "'neutral' is on the dev split"),
        ({"train": labelled()}, "no rows in the validation split"),
    ],
)
def test_a_dataset_that_cannot_train_is_refused(splits, message, bert_folder, tmp_path):
    dataset = write_dataset(tmp_path / "dataset", **splits)
    with pytest.raises(PipelineError, match=message):
        train(dataset, tmp_path / "out", SENTIMENT, Models(encoder=Model(name=str(bert_folder))), Params(**FAST))


@pytest.mark.parametrize(
    ("task", "models", "message"),
    [
        (SENTIMENT, Models(), "'tfidf' has no weights"),
        (SENTIMENT, Models(encoder=Model(name="./nowhere")), "cannot be fine-tuned as a text classifier"),
    ],
)
def test_a_wrong_base_model_is_refused(task, models, message, reviews, tmp_path):
    with pytest.raises(PipelineError, match=message):
        train(reviews, tmp_path / "out", task, models, Params(**FAST))


def test_a_chat_without_generator_or_template_is_refused(dialogues, bert_folder, tmp_path):
    with pytest.raises(PipelineError, match=r"models\.generator is missing"):
        train(dialogues, tmp_path / "out", CHAT, Models(), Params(**FAST))
    models = Models(generator=Model(name=str(bert_folder)))
    with pytest.raises(PipelineError, match="has no chat template"):
        train(dialogues, tmp_path / "out", CHAT, models, Params(**FAST))


def test_conversations_that_are_all_too_long_stop_the_run(dialogues, llama_folder, tmp_path):
    params = Params(**{**FAST, "max_length": 8, "over_long": "drop"})
    with pytest.raises(PipelineError, match=r"none of 9 conversations can be learned from: \{'over_long': 9\}"):
        train(dialogues, tmp_path / "out", CHAT, Models(generator=Model(name=str(llama_folder))), params)


def test_a_diverging_run_stops_with_advice(reviews, bert_folder, tmp_path):
    params = Params(
        **{**FAST, "optimizer": "sgd", "learning_rate": 1e30, "head_learning_rate": 1e30, "max_grad_norm": 0.0}
    )
    with pytest.raises(PipelineError, match="the loss is not a number") as caught:
        train(reviews, tmp_path / "out", SENTIMENT, Models(encoder=Model(name=str(bert_folder))), params)
    assert "Lower train.learning_rate" in caught.value.hint


@pytest.mark.parametrize(
    ("kind", "models", "setting"),
    [("text", "bert", r"models\.encoder reads at most 128"), ("text", "scratch", r"models\.encoder reads at most 512"),
     ("chat", "llama", r"models\.generator reads at most 2048")],
)  # fmt: skip
def test_more_tokens_than_the_model_has_positions_are_refused(kind, models, setting, request, tmp_path):
    name = models if models == "scratch" else str(request.getfixturevalue(f"{models}_folder"))
    named = Models(encoder=Model(name=name)) if kind == "text" else Models(generator=Model(name=name))
    dataset = request.getfixturevalue("reviews" if kind == "text" else "dialogues")
    params = Params(**{**FAST, "max_length": 3000, "freeze": "none"})
    with pytest.raises(PipelineError, match=r"train\.max_length: 3000, but " + setting):
        train(dataset, tmp_path / "out", SENTIMENT if kind == "text" else CHAT, named, params)


def test_positions_are_counted_as_the_architecture_does():
    from transformers import DebertaV2Config, RobertaConfig, T5Config, XLNetConfig

    check_room(RobertaConfig(max_position_embeddings=514, pad_token_id=1), 512, "it")
    with pytest.raises(PipelineError, match="it reads at most 512 tokens"):
        check_room(RobertaConfig(max_position_embeddings=514, pad_token_id=1), 513, "it")
    check_room(T5Config(), 5000, "it")
    check_room(XLNetConfig(), 5000, "it")
    check_room(DebertaV2Config(position_biased_input=False), 5000, "it")


def test_the_linear_head_learns_from_dev_too_at_the_end(bert_folder, tmp_path):
    dataset = write_dataset(tmp_path / "dataset", train=labelled() * 2, validation=labelled())
    models = Models(encoder=Model(name=str(bert_folder)))
    said = {}
    for refit in (None, False):
        params = Params(**{**FAST, "epochs": 0.0, "refit": refit})
        train(dataset, tmp_path / str(refit), SENTIMENT, models, params)
        said[refit] = json.loads((tmp_path / str(refit) / "report.json").read_text()).get("refit")
    assert said[False] is None
    assert said[None]["rows"] == 3 * len(labelled())
    assert said[None]["C"] in (1.0, 10.0, 100.0, 1000.0)
    assert 0 <= said[None]["accuracy"] <= 1
    kept = json.loads((tmp_path / "None/model/sft.json").read_text())
    assert kept["temperature"] == pytest.approx(said[None]["temperature"])
    weights = [(tmp_path / f"{refit}/model/model.safetensors").read_bytes() for refit in (None, False)]
    assert weights[0] != weights[1]
    with pytest.raises(ValueError, match="refit: a model that is fine-tuned keeps"):
        Params(epochs=1.0, refit=True)


def test_the_card_tells_where_the_rows_came_from_and_what_was_cut(bert_folder, tmp_path):
    rows = [{**row, "source": "mails" if n % 3 else "calls", "lang": "en"} for n, row in enumerate(labelled() * 2)]
    dataset = write_dataset(tmp_path / "dataset", train=rows, validation=labelled())
    models = Models(encoder=Model(name=str(bert_folder)))
    train(dataset, tmp_path / "out", SENTIMENT, models, Params(**{**FAST, "epochs": 0.0, "max_length": 8}))
    card = (tmp_path / "out" / "model" / "README.md").read_text()
    assert "| mails | 16 |\n| calls | 8 |" in card
    assert "| en | 24 |" in card
    cut = json.loads((tmp_path / "out" / "report.json").read_text())["rows"]["train"]["cut"]
    assert f"{cut:,} rows were longer than max_length and were cut" in card


def test_a_language_that_the_encoder_does_not_read_is_named_before_training(
    reviews, bert_folder, tmp_path, monkeypatch, caplog
):
    asked = []
    monkeypatch.setattr(run, "unread_languages", lambda texts, langs, model: asked.append(texts) or {"zh": 0.7})
    models = Models(encoder=Model(name=str(bert_folder)))
    train(reviews, tmp_path / "out", SENTIMENT, models, Params(**{**FAST, "epochs": 0.0}))
    assert "质量很好" in asked[0]
    assert "Name an encoder for these languages" in caplog.text
    assert json.loads((tmp_path / "out" / "report.json").read_text())["unread"] == {"zh": 0.7}


def test_rows_are_learned_as_often_as_the_mixture_says(dialogues, llama_folder, tmp_path):
    rows = pq.read_table(dialogues / "data/train-00000-of-00001.parquet")
    repeats = pa.array([0, 3, 1, *[1] * 6], pa.int32())
    pq.write_table(rows.append_column("repeats", repeats), dialogues / "data/train-00000-of-00001.parquet")
    models = Models(generator=Model(name=str(llama_folder)))
    train(dialogues, tmp_path / "out", CHAT, models, Params(**FAST | {"epochs": 1.0, "evaluations": 1}))
    counts = json.loads((tmp_path / "out/report.json").read_text("utf-8"))["rows"]
    assert (counts["train"]["in"], counts["train"]["used"], counts["dev"]["in"]) == (10, 10, 3)


def test_a_linear_head_stays_that_of_train_where_a_label_is_too_rare_to_choose_by(bert_folder, tmp_path):
    of_label = {label: [row for row in labelled() if row["label"] == label] for label in SENTIMENT.labels}
    often, rare, *_ = sorted(of_label.values(), key=len, reverse=True)
    dataset = write_dataset(tmp_path / "dataset", train=[*often * 3, rare[0]], validation=often)
    params = Params(**{**FAST, "epochs": 0.0})
    train(dataset, tmp_path / "out", SENTIMENT, Models(encoder=Model(name=str(bert_folder))), params)
    assert "refit" not in json.loads((tmp_path / "out/report.json").read_text())


def test_a_crf_is_for_entities(reviews, bert_folder, tmp_path):
    models = Models(encoder=Model(name=str(bert_folder)))
    with pytest.raises(PipelineError, match="is for entities, not for task 'classification'"):
        train(reviews, tmp_path / "out", SENTIMENT, models, Params(**FAST, crf=True))
