"""The encoder with a fresh top for one task, from pretrained weights or from scratch."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from pipeline.core.errors import PipelineError, shorten
from pipeline.modeling.batches import Row
from pipeline.modeling.heads.contract import Start
from pipeline.modeling.load_errors import load_errors
from pipeline.modeling.loading import check_room, load_tokenizer
from pipeline.modeling.models import SCRATCH, TFIDF, Models, local_path, revision
from pipeline.modeling.training.recipe import Recipe
from pipeline.modeling.vocabulary import trim

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.models.auto.auto_factory import _BaseAutoModelClass

log = logging.getLogger("pipeline")

#: Columns of exported rows that hold text a model reads.
_TEXTS = ("text", "text_pair", "question", "context")


class Names(TypedDict):
    """The configuration entries for a label list."""

    id2label: dict[int, str]
    label2id: dict[str, int]


def start_encoder(
    kind: type[_BaseAutoModelClass],
    models: Models,
    rows: Sequence[Row],
    recipe: Recipe,
    what: str,
    mean_pooled: bool = False,
    **config: object,
) -> Start:
    """`kind.from_pretrained` of `models.encoder` (or a fresh small one) with `config` set, in float32.

    `what` names the use for errors. `mean_pooled` turns BERT's text vector into the mean of its tokens.
    """
    if models.encoder.name == TFIDF:
        raise PipelineError(
            "models.encoder: 'tfidf' has no weights to fine-tune.",
            "Name an encoder: a hub model, a folder or a package, or `scratch` for a small fresh one.",
        )
    if recipe.dropout is not None:
        config |= {"hidden_dropout_prob": recipe.dropout, "attention_probs_dropout_prob": recipe.dropout}
    if models.encoder.name == SCRATCH:
        start = _from_scratch(kind, rows, recipe, mean_pooled, config)
    else:
        start = _pretrained(kind, models, what, mean_pooled, config)
        if recipe.trim_vocabulary:
            tokenizer, counts = trim(start.model, start.tokenizer, _texts(rows))
            log.info(
                "train     vocabulary trimmed: %s of %s pieces", f"{counts['pieces']:,}", f"{counts['pieces_before']:,}"
            )
            start = Start(start.model, tokenizer, start.base)
    check_room(start.model.config, recipe.max_length, "models.encoder")
    if mean_pooled and start.model.config.model_type == "bert":
        from pipeline.modeling.heads.mean_pooling import add_pooling_layer

        add_pooling_layer(start.model)
    return start


def _from_scratch(
    kind: type[_BaseAutoModelClass], rows: Sequence[Row], recipe: Recipe, pooled: bool, config: Mapping[str, object]
) -> Start:
    from pipeline.modeling.heads.scratch import make_config, make_tokenizer

    if recipe.freeze != "none" or recipe.lora:
        raise PipelineError(
            "models.encoder: 'scratch' starts from random weights, which must all be trained.",
            "Set train.freeze to none and train.lora to null.",
        )
    tokenizer = make_tokenizer(_texts(rows))
    return Start(kind.from_config(make_config(tokenizer, int(pooled), **config)).float(), tokenizer, SCRATCH)


def _texts(rows: Sequence[Row]) -> Iterator[str]:
    return (str(row[name]) for row in rows for name in _TEXTS if row.get(name))


def _pretrained(
    kind: type[_BaseAutoModelClass], models: Models, what: str, pooled: bool, settings: Mapping[str, object]
) -> Start:
    from transformers import AutoConfig

    path = local_path(models.encoder, "models.encoder")
    try:
        config = AutoConfig.from_pretrained(path, **settings)
        # from_pretrained leaves out what the architecture has no default for.
        config.update({name: value for name, value in settings.items() if not hasattr(config, name)})
        config.num_hidden_layers += pooled and config.model_type == "bert"
        model = kind.from_pretrained(path, config=config, dtype="float32")
    except load_errors() as error:
        raise PipelineError(
            f"models.encoder: '{path}' cannot be fine-tuned as a {what}: {shorten(error, 200)}",
            "Name a folder that holds config.json, weights and tokenizer, or a hub model while online.",
        ) from None
    return Start(model, load_tokenizer(path, model.config.vocab_size, "models.encoder"), revision(models.encoder))


def names(labels: Sequence[str]) -> Names:
    """The configuration entries for a label list."""
    return {"id2label": dict(enumerate(labels)), "label2id": {label: n for n, label in enumerate(labels)}}


def label_names(model: PreTrainedModel) -> dict[int, str]:
    """Class number -> its label."""
    return {int(number): str(label) for number, label in (model.config.id2label or {}).items()}
