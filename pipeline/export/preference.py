"""Form `preference`: pairs of replies, for DPO and its kin: what people corrected or chose, and what judges scored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.annotation.annotations import Annotation
from pipeline.annotation.candidates import Candidate
from pipeline.annotation.reply_ratings import preferred_of
from pipeline.core.conversation import Conversation, JsonObject, Message, canonical, to_conversation
from pipeline.core.record import Reject, Row
from pipeline.core.settings import Task
from pipeline.dialects.messages import write_prompt_completion
from pipeline.export.written_counts import Account
from pipeline.text.pseudonyms import pseudonym


@dataclass(frozen=True)
class Pair:
    """Two replies to one prompt. `by` chose between them; the scores are there where a score decided."""

    chosen: Message
    rejected: Message
    by: str
    score_chosen: float | None = None
    score_rejected: float | None = None


@dataclass(frozen=True)
class Pairs:
    """What pairs are made of, beside the records: record id -> judged candidates, and what people compared.

    `margin` is how far apart the scores of a pair must be, at least.
    """

    candidates: Mapping[str, Sequence[Candidate]] = field(default_factory=dict)
    margin: float = 0.0
    compared: Mapping[str, Sequence[Pair]] = field(default_factory=dict)

    def write(self, rows: Iterable[Row], task: Task, account: Account) -> Iterator[str]:
        """`{"id", "prompt": [turns], "chosen": [turn], "rejected": [turn], "tools", "by"}`, one pair a line.

        Reads rows of records.parquet: id, fields, target, labels_by, history. A record gives each pair of replies that
        people compared, a person's reply over the one that it had before, and the best-scored candidate over the worst.
        """
        for row in rows:
            account.met.add(str(row["id"]))
            for pair in self._of(row):
                try:
                    line = _line(row, pair)
                except Reject as reject:
                    account.refused.append((str(row["id"]), reject))
                    continue
                account.rows += 1
                account.columns |= line.keys()
                yield canonical(line) + "\n"

    def _of(self, row: Row) -> Iterator[Pair]:
        id = str(row["id"])
        found = (*self.compared.get(id, ()), corrected(row), judged(self.candidates.get(id, ()), self.margin))
        seen: set[tuple[object, ...]] = set()
        for pair in found:
            if pair is not None and _said(pair.chosen) != _said(pair.rejected) and _key(pair) not in seen:
                seen.add(_key(pair))
                yield pair


def corrected(row: Row) -> Pair | None:
    """The reply that a person gave over the one that the record had before; None where nobody corrected it."""
    rejected = _before(row)
    by = (row["labels_by"] or {}).get("who", "")
    if rejected is None or row["target"] is None or not by.startswith(("human:", "crowd:")):
        return None
    return Pair(Message.of(row["target"]), rejected, by)


def judged(candidates: Sequence[Candidate], margin: float) -> Pair | None:
    """The candidate with the best score over the one with the worst; of equal ones the first.

    None where fewer than two are judged, or their scores are equal or no further apart than `margin`.
    """
    scored = [(one.value, one) for one in candidates if one.value is not None]
    if not scored:
        return None
    (high, best), (low, worst) = max(scored, key=lambda one: one[0]), min(scored, key=lambda one: one[0])
    if high <= low or high - low < margin:
        return None
    return Pair(best.message(), worst.message(), best.judged_by or "score", high, low)


def compared(found: Iterable[Annotation]) -> dict[str, list[Pair]]:
    """Record id -> the pairs that people chose between in Label Studio; of one person's several answers the latest.

    People who are known by an address are named by a pseudonym, as `label` names them.
    """
    latest: dict[tuple[str, str], Annotation] = {}
    for annotation in sorted(found, key=lambda one: one.created_at):
        latest[annotation.record_id, annotation.annotator] = annotation
    pairs: dict[str, list[Pair]] = {}
    for annotation in latest.values():
        for one in preferred_of(annotation.more):
            who = f"human:{pseudonym(annotation.annotator, 'annotator')}"
            pair = Pair(Message.of(one.chosen), Message.of(one.rejected), who)
            pairs.setdefault(annotation.record_id, []).append(pair)
    return pairs


def _said(reply: Message) -> tuple[object, ...]:
    return reply.content, reply.tool_calls


def _key(pair: Pair) -> tuple[object, ...]:
    return *_said(pair.chosen), *_said(pair.rejected)


def _line(row: Row, pair: Pair) -> JsonObject:
    conversation = to_conversation(row["fields"])
    good, bad = (
        write_prompt_completion(
            Conversation((*conversation.messages, reply), conversation.tools, conversation.template_arguments)
        )
        for reply in (pair.chosen, pair.rejected)
    )
    beside = {name: value for name, value in good.items() if name not in ("prompt", "completion")}
    scores = {"score_chosen": pair.score_chosen, "score_rejected": pair.score_rejected}
    return {
        "id": row["id"],
        "prompt": good["prompt"],
        "chosen": good["completion"],
        "rejected": bad["completion"],
        **beside,
        "by": pair.by,
        **{name: score for name, score in scores.items() if score is not None},
    }


def _before(row: Row) -> Message | None:
    """The reply as it was when people first changed it."""
    for change in row["history"] or ():
        if change["step"] == "label" and change["field"] == "target":
            value = json.loads(change["before"])
            return None if value is None else Message.of(value)
    return None
