"""References that write nothing of their own: parts of the input. They cost nothing and are hard to beat."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pipeline.core.record import Record
from pipeline.modeling.prediction import Prediction
from pipeline.tasks.texts import target_text
from pipeline.text.scripts import HAN, UNSPACED

#: The end of a sentence; a full stop only before a space or Chinese ('3.5' goes on).
_SENTENCE = re.compile(rf"(?<=[。！？!?…])(?![。！？!?…”’」』)）])|(?<=\.)(?=\s|[{HAN}])|\n+")

#: A word with what follows it up to the next one; CJK characters one by one.
_WORD = re.compile(rf"\s*(?:[{UNSPACED}]|[^\s{UNSPACED}]+)")


def sentences(text: str) -> list[str]:
    """The sentences of a text, English or Chinese."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def lead(text: str, count: int) -> str:
    """The first `count` sentences."""
    return " ".join(sentences(text)[:count])


def first_words(text: str, count: int) -> str:
    """The first `count` words (characters in Chinese)."""
    return "".join(_WORD.findall(text)[:count]).strip()


def leads(train: Sequence[Record], test: Sequence[Record]) -> dict[str, list[Prediction]]:
    """The first sentence, the first three, and as many first words as a summary has on average in train."""
    lengths = [len(_WORD.findall(target_text(record.target))) for record in train]
    mean = round(sum(lengths) / len(lengths)) if lengths else 0
    texts = [str(record.fields["text"]) for record in test]
    found = {f"lead_{n}": [Prediction(lead(text, n)) for text in texts] for n in (1, 3)}
    return found | ({"lead_mean_length": [Prediction(first_words(text, mean)) for text in texts]} if mean else {})


def copies(train: Sequence[Record], test: Sequence[Record]) -> dict[str, list[Prediction]]:
    """The text itself, untranslated: names, numbers and punctuation already score."""
    return {"copy_source": [Prediction(str(record.fields["text"])) for record in test]}


#: Task type -> its baselines.
EXTRACTS: Mapping[str, Callable[[Sequence[Record], Sequence[Record]], dict[str, list[Prediction]]]] = {
    "summarization": leads,
    "translation": copies,
}
