"""The head of each task type: the recipe it trains by, and the module that keeps the contract of a head."""

from __future__ import annotations

from pipeline.core.registry import Entry
from pipeline.modeling.heads import chat, classification, ner, qa, regression, text_to_text
from pipeline.modeling.heads.contract import Head
from pipeline.modeling.training.recipe import Recipe
from pipeline.tasks import TEXT_TO_TEXT

HEADS: dict[str, Entry[Recipe, Head]] = {
    "classification": Entry(Recipe, classification),
    "regression": Entry(Recipe, regression),
    "ner": Entry(Recipe, ner),
    "qa": Entry(Recipe, qa),
    "chat": Entry(Recipe, chat),
    **dict.fromkeys(TEXT_TO_TEXT, Entry(Recipe, text_to_text)),
}
