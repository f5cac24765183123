"""Task type -> its head. Adding one: write the module, add its line here."""

from __future__ import annotations

from pipeline.modeling.heads import chat, classification, ner, qa, regression, text_to_text
from pipeline.modeling.heads.contract import Head

HEADS: dict[str, Head] = {
    "classification": classification,
    "regression": regression,
    "ner": ner,
    "qa": qa,
    "chat": chat,
    "translation": text_to_text,
    "summarization": text_to_text,
}
