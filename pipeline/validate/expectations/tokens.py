"""Texts fit into the model that is to be trained."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.modeling.lm.generator import generator_folder
from pipeline.modeling.models import SCRATCH, TFIDF, Model, has_weights, local_path
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Check, ShareRule, mostly, verdicts
from pipeline.validate.expectations.truncation import NO_LOSS, WAYS, Limit, Loss

Counter = Callable[[Sequence[str]], list[int]]

#: Records tokenized together: the texts of a million are not copied. A guess: not measured.
_RECORDS = 8192


class FitsModel(ShareRule):
    """How many tokens a record may have, and whose tokens they are."""

    RENAMED: ClassVar[Mapping[str, str]] = {"tokens": "max_length", "per_text": "special_tokens", "overlap": "stride"}

    model: Literal["encoder", "generator"] = "encoder"  # the model in section `models` that train fine-tunes
    max_length: int = Field(gt=0)  # in tokens, as train.max_length; longer records are cut there
    special_tokens: int = Field(2, ge=0)  # around each text: [CLS] and [SEP] 2, a ChatML turn 5
    losing: Literal["text", "answers"] = "text"  # which loss breaks the rule: any text, or part of an answer
    # `stride`: as `train.stride`, a guess.
    stride: int = Field(32, ge=0)  # entities, answers in texts: tokens that two windows share, as train.stride


def _model(rule: FitsModel, view: View) -> Model:
    model: Model | None = getattr(view.models, rule.model)
    if model is None:
        raise PipelineError(
            f"validate.suite: fits_model needs models.{rule.model}, which is not set.",
            "Set it, or name the other model: encoder or generator.",
        )
    return model


def fits_model(rule: FitsModel, view: View) -> Check:
    """No record is longer than the model's limit, so that nothing is cut off in training.

    Answers that are not learned whole (replies, assistant turns, marked answers, targets) are told apart from mere
    context. Counted with the model's own tokenizer where a tokenizer.json is at hand, else estimated.
    """
    how, count = token_counter(_model(rule, view), rule.model)
    limit = Limit(rule.max_length, rule.special_tokens, rule.stride, lambda text: count([text])[0])
    reasons: list[str | None] = []
    total = lost_tokens = longest = answers = lost_answers = hit = 0
    for part in _batches(view.records):
        texts = [view.texts(record) for record in part]
        counts = iter(count([text for one in texts for text in one]))
        for record, own in zip(part, texts, strict=True):
            lengths = [next(counts) + rule.special_tokens for _ in own]
            places = view.kind.answer_places(record)
            size = sum(lengths)
            loss = WAYS[view.kind.OVER_LONG](own, lengths, places, limit) if size > rule.max_length else NO_LOSS
            reasons.append(_why(size, loss, len(places), rule))
            total, lost_tokens, longest = total + size, lost_tokens + loss.tokens, max(longest, size)
            answers, lost_answers, hit = answers + len(places), lost_answers + loss.answers, hit + bool(loss.answers)
    share = f"{100 * lost_tokens / max(total, 1):.4f}".rstrip("0").rstrip(".")
    facts = f"longest {longest:,}; {share} % of all tokens are cut off"
    facts += f"; {lost_answers:,} of {answers:,} answers not whole, in {hit:,} records" if answers else ""
    title = f"records {_claim(rule, view.kind.OVER_LONG)} {rule.max_length:,} tokens ({how}){mostly(rule.share)}"
    return verdicts(title, reasons, rule.share, facts)


def _batches(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    return (records[start : start + _RECORDS] for start in range(0, len(records), _RECORDS))


def _claim(rule: FitsModel, over_long: str) -> str:
    if over_long == "windows":
        return "lose no answer to windows of"
    return "lose no answer to the limit of" if rule.losing == "answers" else "have at most"


def _why(size: int, loss: Loss, answers: int, rule: FitsModel) -> str | None:
    """What the record loses, in words; None where that does not break the rule."""
    if not loss.answers and (rule.losing == "answers" or not loss.tokens):
        return None
    parts = [f"{loss.tokens:,} are cut off"] if loss.tokens else []
    parts += [f"{loss.answers:,} of {answers:,} answers not whole"] if loss.answers else []
    return f"{size:,} tokens, {', '.join(parts)}"


def token_counter(model: Model, which: str) -> tuple[str, Counter]:
    """How tokens are counted, in words, and the function that counts them (special tokens left out)."""
    if model.name == SCRATCH:
        return "estimated", lambda texts: [len(_SCRATCH_PIECES.findall(text)) for text in texts]
    path = Path(_FOLDERS[which](model)) / "tokenizer.json"
    if model.name == TFIDF or not path.is_file():
        return "estimated", lambda texts: [estimate(text) for text in texts]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        batches = (texts[start : start + 1024] for start in range(0, len(texts), 1024))
        return [len(e.ids) for b in batches for e in tokenizer.encode_batch_fast(list(b), add_special_tokens=False)]

    return "counted", count


def _encoder_folder(model: Model) -> str:
    return local_path(model, "models.encoder") if has_weights(model) else model.name


#: The vocabulary that training will make holds every frequent word and every character, so a run of
#: letters costs one token or a few; single other characters cost one.
_SCRATCH_PIECES = re.compile(r"[a-zA-Z]{1,6}|[^\sa-zA-Z]")

#: Name in section `models` -> what finds its folder. A generator's GGUF file is converted once, as for training.
_FOLDERS: dict[str, Callable[[Model], str]] = {"encoder": _encoder_folder, "generator": generator_folder}


def estimate(text: str) -> int:
    """Tokens by rule of thumb: four ASCII characters, or one and a half bytes of anything else, a token.

    An English byte-level vocabulary spends about two tokens on a Chinese character.
    """
    size, plain = len(text.encode("utf-8", "surrogatepass")), len(text.encode("ascii", "ignore"))
    return math.ceil(plain / 4 + (size - plain) / 1.5)
