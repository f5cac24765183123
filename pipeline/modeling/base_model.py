"""The language model as it was before fine-tuning: how likely does it find the true texts?"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

from pipeline.core.cache import cached
from pipeline.core.record import Row, Target, as_json
from pipeline.modeling.models import Model, Models, identity, local_path, revision
from pipeline.modeling.prediction import Prediction

#: Rows -> predictions that carry log_likelihood and tokens, and no text.
BasePredict = Callable[[Sequence[Row]], list[Prediction]]


class _Scorer(Protocol):
    """A language model's predictor, of which only this is asked."""

    def likelihoods(self, rows: Sequence[Row], batch: int) -> list[tuple[float | None, int]]:
        """Log likelihood (None: too long) and tokens of each row's true text."""


#: What likelihoods depend on, beside model and row.
_SETTINGS = ("task", "max_length", "max_new_tokens", "instructions", "chat")


def load_base_model(folder: Path, models: Models) -> BasePredict | None:
    """For the model that `train` wrote to `folder`; None where it did not come from a language model of `models`.

    Results are cached. Rows are scored one at a time, so that none depends on its neighbours.
    """
    settings = json.loads((folder / "sft.json").read_text("utf-8"))
    base = next(
        (m for m in (models.seq2seq, models.generator) if m and revision(m) == settings.get("base_model")), None
    )
    if base is None:
        return None
    version = as_json([identity(base), base.sha256, {name: settings.get(name) for name in _SETTINGS}])

    def likelihoods(rows: Sequence[Row]) -> list[Prediction]:
        loaded: list[_Scorer] = []

        def compute(batch: list[str]) -> list[bytes]:
            if not loaded:
                loaded.append(_load(base, base is models.seq2seq, settings))
            found = loaded[0].likelihoods([json.loads(row) for row in batch], batch=1)
            return [struct.pack("<di", math.nan if total is None else total, tokens) for total, tokens in found]

        results = cached("evaluate.untuned", version, [as_json(_without_id(row)) for row in rows], compute, batch=16)
        pairs = (struct.unpack("<di", result) for result in results)
        return [Prediction(None, log_likelihood=total if tokens else None, tokens=tokens) for total, tokens in pairs]

    return likelihoods


def _load(base: Model, is_seq2seq: bool, settings: Mapping[str, Target]) -> _Scorer:
    from pipeline.modeling.heads import HEADS
    from pipeline.modeling.lm.generator import generator_folder
    from pipeline.modeling.lm.templates import template_text

    path = local_path(base, "models.seq2seq") if is_seq2seq else generator_folder(base)
    if base.chat_template:  # the trained model's tokenizer holds it, that of the base model does not
        template = template_text(base.chat_template, "models.generator.chat_template")
        settings = {**settings, "chat_template": template}
    return cast("_Scorer", HEADS[settings["task"]["type"]].function.load(Path(path), settings))


def _without_id(row: Row) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "id"}
