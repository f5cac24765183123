"""Texts that an encoder wants before each of its inputs, by the name of its family: `query: ` for e5.

The prefix is put into the tokenizer's template, so that embedding, training, `sft serve` and ONNX all have it, offsets
stay those of the text, and a model that was saved brings it along. Wang et al. 2022,
https://arxiv.org/abs/2212.03533: without it e5 is markedly worse. For uses that are symmetric both sides take
`query: `; where questions look for passages (`sft retrieve`), these take `passage: `.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from pipeline.modeling.models import PACKED, Model

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from tokenizers.processors import PostProcessor

Fast = TypeVar("Fast")

#: Family, as the end of a hub name or of a folder -> its prefix. Those tuned on instructions (-instruct) take none.
_FAMILIES = {
    re.compile(r"(^|[/-])(multilingual-)?e5-(small|base|large)(-v2|-unsupervised)?(/|$)", re.IGNORECASE): "query:"
}


def prefix_of(path: str) -> str:
    """The prefix of the family that a hub name, or a folder of that name, belongs to; "" where it has none."""
    return next((prefix for family, prefix in _FAMILIES.items() if family.search(path.rstrip("/"))), "")


def prefix_mark(model: Model) -> str:
    """What tells embeddings with the prefix from those without it, in cache keys; "" for packed models: they had it."""
    prefix = "" if model.package and model.name in PACKED else prefix_of(model.name)
    return f" {prefix}" if prefix else ""


def with_prefix(tokenizer: Fast, path: str) -> Fast:
    """The tokenizer, which writes the prefix of its family after its first special token.

    One that has the prefix already, knows no special tokens, or is no fast tokenizer stays as it is.
    """
    prefix = prefix_of(path)
    made = getattr(tokenizer, "backend_tokenizer", None)  # slow tokenizers have none
    if not prefix or made is None:
        return tokenizer
    empty, pair = (made.encode(*texts).tokens for texts in ([""], ["", ""]))
    own = made.encode(prefix, add_special_tokens=False).tokens
    if len(empty) != 2 or empty[1:] != pair[-1:]:  # [CLS] A [SEP], or the prefix and more stand there
        return tokenizer
    made.post_processor = _template(made, empty[0], empty[1], own, between=len(pair) - 2)
    return tokenizer


def for_passages(tokenizer: Fast) -> Fast:
    """The tokenizer, which writes `passage:` where it wrote `query:`; one that wrote no such prefix stays as it is."""
    made = getattr(tokenizer, "backend_tokenizer", None)
    if made is None:
        return tokenizer
    empty, pair = (made.encode(*texts).tokens for texts in ([""], ["", ""]))
    query, passage = (made.encode(word, add_special_tokens=False).tokens for word in ("query:", "passage:"))
    if empty[1:-1] == query and query != passage:
        made.post_processor = _template(made, empty[0], empty[-1], passage, between=len(pair) - len(empty))
    return tokenizer


def _template(made: Tokenizer, first: str, last: str, prefix: list[str], between: int) -> PostProcessor:
    """`[CLS] query: A [SEP] B [SEP]`, or with two separators `between` the texts, as XLM-R writes them."""
    from tokenizers import processors

    names = [first, last, *prefix]
    told = {name: name.replace(":", "@").replace(" ", "@") for name in names}  # both have a meaning in a template
    kind = 0 if between > 1 else 1  # XLM-R knows one token type
    begin = " ".join(f"{told[name]}:0" for name in (first, *prefix))
    middle = " ".join([f"{told[last]}:0"] * between)
    special = [{"id": told[name], "ids": [made.token_to_id(name)], "tokens": [name]} for name in dict.fromkeys(names)]
    return processors.TemplateProcessing(
        single=f"{begin} $A:0 {told[last]}:0",
        pair=f"{begin} $A:0 {middle} $B:{kind} {told[last]}:{kind}",
        special_tokens=special,
    )
