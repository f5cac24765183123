"""A smaller vocabulary for an encoder: the pieces that the project's texts use, and every single character.

Multilingual e5 knows 250,037 pieces, four fifths of its weights; a project in two languages uses a tenth of them.
The texts that decided are cut as before, so nothing changes for them; other texts are cut into smaller pieces where
theirs are gone. For tokenizers of SentencePiece's unigrams alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, TypedDict, cast

from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def trim(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Iterable[str]
) -> tuple[PreTrainedTokenizerBase, dict[str, int]]:
    """The tokenizer with fewer pieces, and how many there were and are; the model's embeddings follow, in place.

    Raises PipelineError for a tokenizer of another kind.
    """
    described: _Described = json.loads(tokenizer.backend_tokenizer.to_str())
    if described["model"]["type"] != "Unigram":
        raise PipelineError(
            f"params.yaml: train.trim_vocabulary: the encoder's tokenizer is of the kind {described['model']['type']}.",
            "Vocabularies of Unigram tokenizers (multilingual e5, XLM-R, T5) can be trimmed; set it to false.",
        )
    keep = _kept(described, tokenizer, texts)
    place = {old: new for new, old in enumerate(keep)}
    before = cast("nn.Embedding", model.get_input_embeddings()).num_embeddings
    _embeddings(model, keep, place)
    return _tokenizer(described, tokenizer, keep, place), {"pieces_before": before, "pieces": len(keep)}


class _Unigram(TypedDict):
    type: str
    vocab: list[tuple[str, float]]  # piece, score
    unk_id: int


class _Added(TypedDict):
    id: int


class _Special(TypedDict):
    ids: list[int]


class _PostProcessor(TypedDict, total=False):
    special_tokens: dict[str, _Special]


class _Described(TypedDict):
    """The part of `tokenizer.json` that names pieces by number."""

    model: _Unigram
    added_tokens: list[_Added]
    post_processor: _PostProcessor | None


def _kept(described: _Described, tokenizer: PreTrainedTokenizerBase, texts: Iterable[str]) -> list[int]:
    """Ids in use, of special tokens and of single characters, in order."""
    used = {token["id"] for token in described["added_tokens"]} | {described["model"]["unk_id"]}
    used |= {n for n, (piece, _) in enumerate(described["model"]["vocab"]) if len(piece.removeprefix("▁")) < 2}
    left = iter(texts)
    while part := list(islice(left, 1024)):
        for ids in tokenizer(part)["input_ids"]:
            used.update(ids)
    return sorted(used)


def _embeddings(model: PreTrainedModel, keep: list[int], place: Mapping[int, int]) -> None:
    import torch

    old = cast("nn.Embedding", model.get_input_embeddings())
    padding = None if old.padding_idx is None else place[old.padding_idx]
    new = torch.nn.Embedding(len(keep), old.weight.shape[1], padding, dtype=old.weight.dtype)
    with torch.no_grad():
        new.weight.copy_(old.weight[torch.tensor(keep)])
    model.set_input_embeddings(new)
    model.config.vocab_size = len(keep)
    for name in ("pad_token_id", "bos_token_id", "eos_token_id"):
        id: int | None = getattr(model.config, name, None)
        if id is not None and id in place:
            setattr(model.config, name, place[id])


def _tokenizer(
    described: _Described, tokenizer: PreTrainedTokenizerBase, keep: list[int], place: Mapping[int, int]
) -> PreTrainedTokenizerBase:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    vocabulary = described["model"]["vocab"]
    described["model"]["vocab"] = [vocabulary[n] for n in keep]
    described["model"]["unk_id"] = place[described["model"]["unk_id"]]
    for token in described["added_tokens"]:
        token["id"] = place[token["id"]]
    for special in (described["post_processor"] or _PostProcessor()).get("special_tokens", {}).values():
        special["ids"] = [place[id] for id in special["ids"]]
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(described)),
        model_max_length=tokenizer.model_max_length,
        **{name: token for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)},
    )
