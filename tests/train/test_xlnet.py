"""An encoder without a position limit, which pads on the left and has its text vector last: XLNet, trained for real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.settings import Task
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.models import Model, Models
from pipeline.modeling.predictor import load_predictor
from pipeline.train.params import Params
from pipeline.train.run import train
from tests.train.conftest import BAD, GOOD, labelled, write_dataset

LONG = " good" * 150  # more tokens than BERT has positions


@pytest.fixture(scope="module")
def xlnet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, XLNetConfig, XLNetModel

    folder = tmp_path_factory.mktemp("xlnet")
    special = ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>"]
    letters = sorted(set("".join([*GOOD, *BAD])) - {" "})
    made = Tokenizer(models.WordLevel({w: n for n, w in enumerate([*special, *letters])}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("."), "isolated")]
    )
    made.post_processor = processors.TemplateProcessing(
        single="$A <sep> <cls>:2", pair="$A <sep> $B:1 <sep>:1 <cls>:2", special_tokens=[("<sep>", 4), ("<cls>", 3)]
    )
    names = {f"{name}_token": f"<{name}>" for name in ("unk", "pad", "cls", "sep", "mask")}
    PreTrainedTokenizerFast(tokenizer_object=made, padding_side="left", **names).save_pretrained(folder)
    torch.manual_seed(0)
    config = XLNetConfig(
        vocab_size=len(special) + len(letters), d_model=32, n_layer=2, n_head=4, d_inner=64, pad_token_id=5
    )
    XLNetModel(config).save_pretrained(folder)
    return folder


def params(**more: object) -> Params:
    fast = {"batch_size": 4, "evaluations": 1, "max_length": 900, "learning_rate": 3e-3, "head_learning_rate": 1e-2}
    return Params.model_validate({**fast, "freeze": "embeddings", **more})


def test_a_classifier_learns_and_reads_to_the_end_of_a_long_text(xlnet_folder: Path, tmp_path: Path) -> None:
    task = Task(type="classification", labels=("negative", "positive"), languages=("en", "zh"))
    dataset = write_dataset(tmp_path / "d", train=labelled() * 2, validation=labelled())
    models = Models(encoder=Model(name=str(xlnet_folder)))
    train(dataset, tmp_path / "out", task, models, params(epochs=20))
    predictor = load_predictor(tmp_path / "out" / "model")
    said = predictor.predict([{"text": row["text"]} for row in labelled()])
    assert sum(one.value == row["label"] for one, row in zip(said, labelled(), strict=True)) >= 11
    alone, longer = (predictor.predict([{"text": LONG + end}])[0].scores for end in ("", " 太差了" * 40))
    assert alone != longer


def test_entities_are_learned_and_texts_embedded(xlnet_folder: Path, tmp_path: Path) -> None:
    rows = [{"text": text, "spans": [{"start": 0, "end": len(text), "label": "praise"}]} for text in GOOD]
    rows += [{"text": text, "spans": []} for text in BAD]
    dataset = write_dataset(tmp_path / "d", train=rows * 2, validation=rows)
    task = Task(type="ner", labels=("praise",), languages=("en", "zh"))
    models = Models(encoder=Model(name=str(xlnet_folder)))
    train(dataset, tmp_path / "out", task, models, params(epochs=20, max_length=600))
    said = load_predictor(tmp_path / "out" / "model").predict([{"text": row["text"]} for row in rows])
    assert sum(bool(one.value) == bool(row["spans"]) for one, row in zip(said, rows, strict=True)) >= 10
    vectors = embed(["good", LONG, "质量很好"], models.encoder)
    assert np.isfinite(vectors).all()
