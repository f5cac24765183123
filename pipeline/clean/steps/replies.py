"""Quality of replies: refusals, `as a language model`, placeholders, empty and cut replies, loops, echoes.

Sets a score from 0 to 1 for each kind (`reply_refusal`, `reply_cut`, ...; pipeline/text/replies.py). What reaches the
threshold of its kind goes, with the score's name as reason. Reasons: reply_refusal, reply_speaks_as_model,
reply_placeholder, reply_empty, reply_cut, reply_loop, reply_echo, reply_unseen, reply_other_language.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated

import pyarrow as pa
from pydantic import Field

from pipeline.clean.score_histograms import from_scores
from pipeline.clean.step import Context, Ledger, rows_of, with_scores
from pipeline.core.conversation import Message
from pipeline.core.record import Record
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Drop, Outcome, drop_rows, keep_all
from pipeline.tasks import has_free_answers
from pipeline.text import replies

#: Drop from this score on; null never drops.
Threshold = Annotated[float | None, Field(gt=0, le=1)]


class Replies(Settings):
    """Section `clean.replies`: from which score on a reply's record goes. By default only what nobody would keep."""

    empty: Threshold = 1.0  # nothing but white space, dots and dashes; measured by benchmarks/replies.py
    placeholder: Threshold = 1.0  # `<no output>`, `TODO`, 暂无, and nothing else; measured by benchmarks/replies.py
    loop: Threshold = 0.8  # share of the reply that repeats what it said; measured by benchmarks/replies.py
    echo: Threshold = 0.95  # share of the reply that is the prompt again; measured by benchmarks/replies.py
    refusal: Threshold = None  # 1: a short reply that opens with a refusal; .6: one that goes on after it
    speaks_as_model: Threshold = None  # 1: `as an AI`, 作为语言模型; .5: where the prompt asked about it
    cut: Threshold = None  # 1: an open code fence, an end that waits for more; .4: prose without an end mark
    unseen: Threshold = None  # 1: a picture, file or page that no text holds; .5: named by the way
    other_language: Threshold = None  # from .99: not the language of the prompt, which does not account for it


def filter_replies(table: pa.Table, settings: Replies, context: Context) -> Outcome:
    """Score every reply; drop what reaches a threshold, but for test and benchmark sources. Notes: found, by kind.

    Tasks whose answers are no free texts are left as they are, and so are replies that hold calls.
    """
    if not has_free_answers(context.task):
        return keep_all(table)
    outcome = context.by_part(table, partial(_filter, settings=settings, task=context.task))
    return from_scores(outcome, {f"reply_{name}": {name: at} for name, at in settings if at is not None})


def _filter(part: pa.Table, ledger: Ledger, settings: Replies, task: Task) -> Outcome:
    found: dict[str, dict[int, float]] = {}
    drops: dict[int, Drop] = {}
    for row in rows_of(part, task):
        scores = _scores(row.record, task)
        for name, score in scores.items():
            found.setdefault(name, {})[row.number] = score
            ledger.counts["found"][name] += score >= _WORTH_COUNTING
        over = next((name for name, score in scores.items() if score >= (getattr(settings, name) or 2)), "")
        if over and not row.is_held_out:
            drops[row.number] = Drop(f"reply_{over}", f"{scores[over]:.2f}")
    for name, values in found.items():
        part = with_scores(part, f"reply_{name}", values)
    return drop_rows(part, "replies", drops)


_WORTH_COUNTING = 0.5  # a guess: not measured


def _scores(record: Record, task: Task) -> Mapping[str, float]:
    """Kind -> score, in the order of the settings; empty where there is no reply to look at."""
    asked, reply = _texts(record)
    if reply is None:
        return {}
    prompt = "\n".join(asked)
    found = {
        "empty": replies.empty(reply),
        "placeholder": replies.placeholder(reply),
        "loop": replies.loop(prompt, reply),
        "echo": replies.echo(asked, reply),
        "refusal": replies.refusal(reply),
        "speaks_as_model": replies.speaks_as_model(prompt, reply),
        "cut": replies.cut(reply),
    }
    if task.type == "chat":
        found["unseen"] = replies.unseen(prompt, reply)
        found["other_language"] = replies.other_language(prompt, reply, task.languages)
    return found


def _texts(record: Record) -> tuple[list[str], str | None]:
    if record.target is None:
        return [], None
    if isinstance(record.target, str):
        return [str(record.fields["text"])], record.target
    message = Message.of(record.target)
    turns = [turn["content"] for turn in record.fields["messages"] if turn["role"] != "assistant"]
    return turns, None if message.tool_calls else message.content
