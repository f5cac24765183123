"""Format `dialogues`: YAML with a list `conversations` of lists of turns, as chatterbot-corpus has it.

Turns alternate: user, assistant, user, ... They arrive in the column `messages`; `categories`
holds the file's. Scalars stay text: an answer `Yes` or `007` is no truth value or number.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.collect.formats.text_lines import whole_text
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.core.errors import PipelineError, shorten

_ROLES = ("user", "assistant")


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One row a conversation, numbered by the line it starts on. Bad rows: not_a_dialogue, one_turn_only."""
    text = whole_text(path, options, where)
    top = _compose(text, where)
    categories = "+".join(_scalars(top.get("categories")) or [])
    for node in top["conversations"].value:
        number = node.start_mark.line + 1
        turns = _scalars(node)
        if turns is None:
            raw = text[node.start_mark.index : node.end_mark.index]
            yield BadRow(number, "not_a_dialogue", "expected a list of texts (quote a text with ': ')", excerpt(raw))
        elif len(turns) < 2:
            yield BadRow(number, "one_turn_only", "a dialogue needs two turns", excerpt(turns))
        else:
            messages = [{"role": _ROLES[n % 2], "content": turn} for n, turn in enumerate(turns)]
            yield Row(number, {"messages": messages, "categories": categories})


def _place(error: Exception) -> str:
    """The line of an error of YAML, where it knows it."""
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}" if mark else ""


def _compose(text: str, where: str) -> dict[str, Any]:
    """The nodes of the top mapping by key; they know their lines."""
    import yaml

    try:
        # The nodes of the base loader are plain strings, whatever they look like.
        node = yaml.compose(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except RecursionError:
        raise PipelineError(f"{where}: not YAML of a dialogue: nested too deeply.", "Flatten the file.") from None
    except yaml.YAMLError as error:
        raise PipelineError(f"{where}{_place(error)}: not YAML: {shorten(error, 200)}", "Fix that line.") from None
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    top = {key.value: value for key, value in pairs if isinstance(key.value, str)}
    if not isinstance(top.get("conversations"), yaml.SequenceNode):
        raise PipelineError(f"{where}: no list called 'conversations'.", f"It holds: {', '.join(top) or 'no mapping'}.")
    return top


def _scalars(node: Any) -> list[str] | None:
    """The texts of a sequence node; None where it is none or holds something else than texts."""
    if node is None or not isinstance(node.value, list):
        return None
    parts = node.value
    return [part.value for part in parts] if all(isinstance(getattr(p, "value", None), str) for p in parts) else None
