"""A masked language model: which words fit in the place of a word."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.core.cache import cached
from pipeline.core.errors import PipelineError, shorten
from pipeline.modeling.batches import by_length, padded
from pipeline.modeling.device import placement, to_model
from pipeline.modeling.lm.generation import check_path
from pipeline.modeling.loading import load_tokenizer
from pipeline.modeling.models import Model, identity, load_error, local_path
from pipeline.text.scripts import count_han

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: Characters on either side of a word that the model sees; more would not fit its window. A guess: not measured.
_CONTEXT = 400
#: Texts that go through the model together. A guess: not measured.
_BATCH = 32
#: Likeliest tokens of a place among which whole words are looked for. A guess: not measured.
_LOOKED_AT = 200
#: Chinese words of more characters are left alone: too many combinations, too few of them words. A guess: not measured.
_LONGEST = 2


#: A text, and where the word begins and ends that is to be guessed.
Masked = tuple[str, int, int]


class MaskedLM:
    """Loaded on first use; answers are cached per text and word."""

    def __init__(self, model: Model, where: str) -> None:
        self._path = local_path(model, where)
        check_path(self._path, where)
        self._model, self._where = model, where
        self._loaded: tuple[PreTrainedTokenizerBase, PreTrainedModel] | None = None

    def fillers(self, questions: Sequence[tuple[str, int, int]], top: int, min_probability: float) -> list[list[str]]:
        """For each (text, start, end) at most `top` other words for that place, likeliest first."""
        version = f"{identity(self._model)} {top} {min_probability}"
        inputs = [json.dumps(question, ensure_ascii=False) for question in questions]
        results = cached("masked", version, inputs, lambda batch: self._answer(batch, top, min_probability))
        return [json.loads(result) for result in results]

    def _answer(self, inputs: list[str], top: int, min_probability: float) -> list[bytes]:
        import torch

        tokenizer, model = self._loaded = self._loaded or _load(self._path, self._where)
        questions: list[Masked] = list(map(json.loads, inputs))
        ids = [tokenizer(_masked(question, tokenizer.mask_token))["input_ids"] for question in questions]
        window = int(getattr(model.config, "max_position_embeddings", 512)) - 2
        results: list[bytes] = [b"[]"] * len(inputs)
        for rows in by_length(list(map(len, ids)), _BATCH):
            with torch.inference_mode():
                logits = model(**to_model(padded([ids[n][:window] for n in rows], tokenizer), model)).logits.cpu()
            for n, scores in zip(rows, logits, strict=True):
                places = [k for k, token in enumerate(ids[n][:window]) if token == tokenizer.mask_token_id]
                good = _others(questions[n], scores[places].softmax(-1), tokenizer, top, min_probability)
                results[n] = json.dumps(good, ensure_ascii=False).encode()
        return results


def _masked(question: Masked, mask: str) -> str:
    """The text around the word, with one mask for it, or one a character for a Chinese word."""
    text, start, end = question
    word = text[start:end]
    number = len(word) if _is_chinese(word) and len(word) <= _LONGEST else 1
    return text[max(0, start - _CONTEXT) : start] + mask * number + text[end : end + _CONTEXT]


def _others(
    question: Masked, probabilities: torch.Tensor, tokenizer: PreTrainedTokenizerBase, top: int, min_probability: float
) -> list[str]:
    """The most probable words other than the masked one."""
    text, start, end = question
    own, after_space = text[start:end].lower(), text[start - 1 : start] == " "
    ranked = _words(probabilities, tokenizer, top, after_space, _is_chinese(own))
    return [word for word, p in ranked if p >= min_probability and word.lower() != own][:top]


def _words(
    probabilities: Tensor, tokenizer: PreTrainedTokenizerBase, top: int, after_space: bool, chinese: bool
) -> list[tuple[str, float]]:
    """Whole words for the masks with their probability, likeliest first; shape in: (masks, vocabulary).

    For a Chinese word only Chinese characters: one mask each.
    """
    if not len(probabilities):
        return []
    each = []
    for row in probabilities:
        best = row.topk(min(_LOOKED_AT, row.numel()))
        pieces = zip(tokenizer.convert_ids_to_tokens(best.indices.tolist()), best.values.tolist(), strict=True)
        words = [(word, p) for piece, p in pieces if (word := _whole(piece, tokenizer, after_space))]
        each.append([(word, p) for word, p in words if _is_chinese(word)][: top + 1] if chinese else words)
    if len(each) == 1:
        return each[0]
    joined = [("".join(w for w, _ in pair), min(p for _, p in pair)) for pair in itertools.product(*each)]
    return sorted(joined, key=lambda item: (-item[1], item[0]))


def _whole(piece: str, tokenizer: PreTrainedTokenizerBase, after_space: bool) -> str:
    """A token as a word, or nothing where it is part of one, a sign or a special token."""
    if piece in tokenizer.all_special_tokens or piece.startswith("##"):
        return ""
    starts_word = piece[:1] in ("Ġ", "▁")
    word = piece[1:] if starts_word else piece
    if after_space and not starts_word and _marks_spaces(tokenizer):
        return ""
    return word if word.isalpha() else ""


def _marks_spaces(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether tokens carry the space before them, as byte-level and sentencepiece tokens do."""
    return any(mark in piece for piece in tokenizer.tokenize("a b") for mark in "Ġ▁")


def _is_chinese(word: str) -> bool:
    return 0 < len(word) == count_han(word)


def _load(path: str, where: str) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    from transformers import AutoModelForMaskedLM

    try:
        model, notes = AutoModelForMaskedLM.from_pretrained(path, dtype="float32", output_loading_info=True)
    except (OSError, ValueError, KeyError) as error:
        message = f"{where}: '{path}' does not load: {shorten(error, 200)}"
        raise load_error(path, error, message, "Name a folder, or a hub model while online.") from None
    missing = [name for name in notes["missing_keys"] if "position_ids" not in name]
    if missing:
        raise PipelineError(
            f"{where}: '{path}' has no masked-language-model head ({missing[0]} is missing): its words would be junk.",
            "Name a model that was saved with its head (AutoModelForMaskedLM).",
        )
    tokenizer = load_tokenizer(path, model.config.vocab_size, where)
    if tokenizer.mask_token is None:
        raise PipelineError(f"{where}: the tokenizer of '{path}' has no mask token.", "Name a masked language model.")
    return tokenizer, placement().put(model.eval())
