"""A text in, a text out: what is learned of a row."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.heads import text_to_text
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.encoding import prompt_ids
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.rows import of_messages
from pipeline.modeling.models import Model, Models
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.conftest import save_seq2seq
from tests.modeling.heads.text_rows import INTO_CHINESE, ROWS, SUMMARIES


@pytest.fixture(scope="module")
def causal(llama_folder):
    models = Models(generator=Model(name=str(llama_folder)))
    return text_to_text.start(models, INTO_CHINESE, ROWS, Recipe())


@pytest.fixture(scope="module")
def seq2seq(t5_folder):
    return text_to_text.start(Models(seq2seq=Model(name=str(t5_folder))), INTO_CHINESE, ROWS, Recipe())


def parts(example, tokenizer):
    """What an example asks and what it teaches."""
    learned = [label for label in example["labels"] if label != IGNORED]
    return tokenizer.decode(example["input_ids"]), tokenizer.decode(learned)


def test_a_causal_model_learns_the_target_with_its_end_and_nothing_else(causal):
    tokenizer = causal.tokenizer
    first, second = text_to_text.encode(ROWS, tokenizer, INTO_CHINESE, Recipe(max_length=200)).items
    asked, learned = parts(first, tokenizer)
    assert learned == "质量很好<|im_end|>"
    assert "Translate this text into Chinese:\n\nwhat a good day<|im_end|>" in asked
    asked, learned = parts(second, tokenizer)
    assert learned == "this is bad<|im_end|>"
    assert "把下面的文字翻译成中文：\n\n太差了，不推荐<|im_end|>" in asked
    start = next(n for n, label in enumerate(second["labels"]) if label != IGNORED)
    turn = [{"role": "user", "content": "把下面的文字翻译成中文：\n\n太差了，不推荐"}]
    assert second["input_ids"][:start] == prompt_ids(of_messages(turn), ChatTemplate(tokenizer)), (
        "trained as it will be asked"
    )


def test_an_encoder_decoder_learns_the_target_with_its_end(seq2seq):
    tokenizer = seq2seq.tokenizer
    examples = text_to_text.encode(ROWS, tokenizer, INTO_CHINESE, Recipe()).items
    assert [parts(example, tokenizer) for example in examples] == [
        ("what a good day", "质量很好</s>"),
        ("太差了，不推荐", "this is bad</s>"),
    ]
    batch = text_to_text.collate(tokenizer)(examples)
    widths = [len(example["labels"]) for example in examples]
    assert batch["labels"].shape == (2, max(widths))
    assert [int((row != IGNORED).sum()) for row in batch["labels"]] == widths


@pytest.mark.parametrize("model", ["causal", "seq2seq"])
@pytest.mark.parametrize("text", ["a good film and a bad film, " * 40, "质量很好，非常满意。" * 40])
def test_long_texts_lose_their_end_and_targets_nothing(model, text, request):
    tokenizer = request.getfixturevalue(model).tokenizer
    rows = [*ROWS, {"text": text, "target": "非常满意 and good", "lang": "en"}]
    found = text_to_text.encode(rows, tokenizer, SUMMARIES, Recipe(max_length=120))
    assert (len(found.items), found.cut, dict(found.dropped)) == (3, 1, {})
    asked, learned = parts(found.items[2], tokenizer)
    assert learned == "非常满意 and good" + tokenizer.eos_token
    assert 110 <= len(found.items[2]["input_ids"]) <= 120, "little room is wasted"
    kept = asked.partition("Summarise this text:\n\n")[2].partition("<|im_end|>")[0] or asked
    assert text.startswith(kept)
    assert "\ufffd" not in asked, "never half a character"
    dropped = text_to_text.encode(rows, tokenizer, SUMMARIES, Recipe(max_length=120, over_long="drop"))
    assert (len(dropped.items), dropped.cut, dict(dropped.dropped)) == (2, 0, {"over_long": 1})


@pytest.mark.parametrize("model", ["causal", "seq2seq"])
def test_a_target_without_room_is_dropped_and_counted(model, request):
    tokenizer = request.getfixturevalue(model).tokenizer
    rows = [*ROWS, {"text": "what", "target": "good film " * 60, "lang": "en"}]
    found = text_to_text.encode(rows, tokenizer, SUMMARIES, Recipe(max_length=100))
    assert (len(found.items), found.cut, dict(found.dropped)) == (2, 0, {"target_too_long": 1})
    with pytest.raises(PipelineError, match=r"none of 1 texts can be learned from: \{'target_too_long': 1\}"):
        text_to_text.encode(rows[2:], tokenizer, SUMMARIES, Recipe(max_length=100))


def test_missing_models_and_languages_are_explained(llama_folder, t5_folder, tmp_path):
    with pytest.raises(PipelineError, match=r"models\.seq2seq and models\.generator are both missing"):
        text_to_text.start(Models(), SUMMARIES, ROWS, Recipe())
    with pytest.raises(PipelineError, match=r"models\.seq2seq: .* is no encoder-decoder that loads"):
        text_to_text.start(Models(seq2seq=Model(name=str(llama_folder))), SUMMARIES, ROWS, Recipe())
    with pytest.raises(PipelineError, match=r"task\.target_language is missing"):
        text_to_text.check({"train": ROWS}, Task(type="translation"))
    text_to_text.check({"train": ROWS}, SUMMARIES)
    bart = save_seq2seq(tmp_path, "bart")
    with pytest.raises(PipelineError, match=r"train\.max_length: 300, but models\.seq2seq reads at most 128"):
        text_to_text.start(Models(seq2seq=Model(name=str(bart))), SUMMARIES, ROWS, Recipe(max_length=300))


def test_dropout_reaches_every_layer(seq2seq, tmp_path):
    import torch

    bart = save_seq2seq(tmp_path, "bart")
    start = text_to_text.start(Models(seq2seq=Model(name=str(bart))), SUMMARIES, ROWS, Recipe(dropout=0.25))
    rates = {m.dropout for m in start.model.modules() if isinstance(getattr(m, "dropout", None), float)}
    assert rates == {0.25}
    assert all(m.p == 0.0 for m in seq2seq.model.modules() if isinstance(m, torch.nn.Dropout))
