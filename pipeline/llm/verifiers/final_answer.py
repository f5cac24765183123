"""The final answer of a reply: what stands behind `####`, in a LaTeX box, behind 'the answer is' or 答案, else all."""

from __future__ import annotations

import re

_MARKED = (
    re.compile(r"####\s*(.+)"),
    re.compile(r"(?:final answer|the answer)\s*(?:is)?\s*[:：]?\s*(.+)", re.IGNORECASE),
    re.compile(r"(?:最终答案|答案)\s*(?:是|为)?\s*[:：]?\s*(.+)"),
)
_BOXED = "\\boxed{"


def final_answer(text: str) -> str:
    r"""The last marked answer of a text, without the mark; the whole text, stripped, where none is marked.

    Example: "2 and 2 make 4.\n#### 4" -> "4".
    """
    boxed = _boxed(text)
    if boxed is not None:
        return boxed
    for pattern in _MARKED:
        found = pattern.findall(text)
        if found:
            return str(found[-1]).strip().rstrip(".。").strip()
    return text.strip()


def _boxed(text: str) -> str | None:
    r"""What the last `\boxed{...}` holds, its braces balanced."""
    start = text.rfind(_BOXED)
    if start < 0:
        return None
    start += len(_BOXED)
    depth = 1
    for n in range(start, len(text)):
        depth += (text[n] == "{") - (text[n] == "}")
        if depth == 0:
            return text[start:n].strip()
    return None
