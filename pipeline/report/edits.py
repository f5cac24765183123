"""An edit as pieces that a reader can see: what stayed, what went, what came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from pipeline.text.scripts import UNSPACED

Pieces = list[list[str]]  # ["same" | "gone" | "new", text]

_CONTEXT = 40  # a guess: not measured
#: What stands for personal data, and what the page shows of them: nothing, so that a masked edit has two sides.
_MASK = re.compile(r"\[[A-Z]+(?:_[A-Z]+)*_\d+\]")
_HIDDEN = "█████"


def edit(before: str, after: str, limit: int) -> Pieces:
    """The way from `before` to `after`, word by word (Chinese: character by character), around the first change.

    Control characters are shown as visible symbols, so that an edit of white space can be seen.
    """
    if before == after and (place := _MASK.search(after)):
        return _masked(after, max(0, place.start() - _CONTEXT), limit)
    start = 0 if before == after else _common(before, after)
    from_here = max(0, start - _CONTEXT)
    old, new = _words(before[from_here : from_here + limit]), _words(after[from_here : from_here + limit])
    pieces: Pieces = [["same", "…"]] if from_here else []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(["same", "".join(old[a:b])])
            continue
        pieces += [
            [name, _visible(part)] for name, part in (("gone", "".join(old[a:b])), ("new", "".join(new[c:d]))) if part
        ]
    cut = max(len(before), len(after)) > from_here + limit
    return [*pieces, ["same", "…"]] if cut else pieces


def _masked(text: str, start: int, limit: int) -> Pieces:
    """A text in which what was masked is not told: each place shows that something went, and the mask that came."""
    pieces: Pieces = [["same", "…"]] if start else []
    part = text[start : start + limit]
    last = 0
    for found in _MASK.finditer(part):
        pieces += [["same", part[last : found.start()]]] if found.start() > last else []
        pieces += [["gone", _HIDDEN], ["new", found[0]]]
        last = found.end()
    pieces += [["same", part[last:]]] if last < len(part) else []
    return [*pieces, ["same", "…"]] if len(text) > start + limit else pieces


def changed_texts(before: str, after: str) -> tuple[str, str]:
    """The two strings that differ first between two JSON values (a text, or messages with many)."""
    old, new = list(_texts(json.loads(before))), list(_texts(json.loads(after)))
    pairs = zip(old, new, strict=False)
    return next(((a, b) for a, b in pairs if a != b), ("\n".join(old), "\n".join(new)))


def sides(before: str, after: str) -> tuple[str, str]:
    """Two JSON values as people read them; of conversations, the texts that differ first."""
    if '"role":' in before and '"role":' in after:
        return changed_texts(before, after)
    return _plain(before), _plain(after)


def _plain(text: str) -> str:
    value = json.loads(text)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _texts(value[key])
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value is not None:
        yield str(value)


def _common(before: str, after: str) -> int:
    pairs = zip(before, after, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(before), len(after)))


def _words(text: str) -> list[str]:
    return re.findall(rf"[^\W{UNSPACED}]+|\s|.", text, re.DOTALL)


def _visible(text: str) -> str:
    shown = text.replace("\r", "␍").replace("\n", "⏎").replace("\t", "⇥").replace("\xa0", "⍽")
    if shown.isspace():
        return "␣" * len(shown)
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)
