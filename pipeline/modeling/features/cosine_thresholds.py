"""What a cosine of two embeddings means, by encoder: the same share of pairs lies above each of a row's thresholds.

Measured on 3,600 pairs of English texts (Banking77 questions, AG News: one word left out, two swapped, a fifth left
out, shuffled, halved, another text of the class, a stranger). MiniLM's thresholds are those that its own tests chose;
e5's are those with equal shares of pairs below (strangers lie at .72 to .86, MiniLM's at -.08 to .39). Chinese reviews
under e5: strangers .86 to .92, a fifth of the characters left out .94 to 1.
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline.modeling.models import Model


class Cosines(NamedTuple):
    """Thresholds on the cosine of two mean-pooled embeddings."""

    meaning: float  # below it two texts mean something else
    unchanged: float  # above it the second one says nothing new
    alike: float  # from it on two texts are too much alike to train on both
    same: float  # semantic duplicates: from it on one of two survives
    similar: float  # semantic duplicates: from it on two share a split


MINILM = Cosines(meaning=0.75, unchanged=0.995, alike=0.9, same=0.97, similar=0.93)  # a guess: not measured
# `E5`: measured against MINILM: docs/training.md.
E5 = Cosines(meaning=0.93, unchanged=0.9985, alike=0.97, same=0.99, similar=0.98)


def lies_high(model: Model) -> bool:
    """Whether the model's cosines all lie near 1, as those of the e5 family do: its vectors share a large part."""
    return "e5-" in model.name.lower().rstrip("/").rpartition("/")[2]


def cosines(model: Model) -> Cosines:
    """Those of the model's kin: all of the e5 family lie high; others are taken for sentence encoders like MiniLM."""
    return E5 if lies_high(model) else MINILM
