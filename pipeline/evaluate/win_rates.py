"""How often the model's replies beat the references, by judges that are measured like annotators.

Each pair is asked in both orders. How a judge leans and how often it is right is measured on gold questions: a train
record's own reply against another one's, and pairs that people compared. Its raw rate stands beside the rate with its
errors taken out (llm/judges/win_rate.py); a judge that gold questions do not tell from a coin has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import Field

from pipeline.core.conversation import Message
from pipeline.core.errors import PipelineError
from pipeline.core.json_types import Json, JsonObject
from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.llm.client import Engine
from pipeline.llm.dry_run import dry_run, planned
from pipeline.llm.judges.bias import Judged, JudgeModel, Lean, better_of, length_bias, position_bias
from pipeline.llm.judges.gold import GoldPair, as_judged, between_judges, on_gold, planted, read_people, with_people
from pipeline.llm.judges.judge import Comparison, Pair, compare, comparison_questions
from pipeline.llm.judges.panel import Judging
from pipeline.llm.judges.win_rate import raw_win_rate, win_rate
from pipeline.modeling.lm.local_engine import open_model
from pipeline.modeling.lm.prompt_and_reply import asked, reply_of
from pipeline.modeling.models import Models
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import Estimate
from pipeline.stats.numbers import rounded
from pipeline.tasks import has_free_answers

_WHERE = "params.yaml: evaluate.judge"


class Judge(Judging):
    """Judges that compare the model's replies with the references, for tasks whose target is a free text."""

    rows: int = Field(default=200, ge=1)  # test rows that are compared, drawn by id; a guess: not measured
    # `gold_rows` is a guess: not measured.
    gold_rows: int = Field(default=100, ge=0)  # train rows whose own reply is held against another one's
    people: str | None = None  # a file of pairs that people compared (docs/language_models.md)


def win_rates(
    test: Sequence[Record],
    predictions: Sequence[Prediction],
    train: Sequence[Record],
    task: Task,
    settings: Judge,
    models: Models,
) -> JsonObject:
    """For report.json: each judge's win rates, leanings, gold questions, agreement with people, and cost; the panel's.

    Raises PipelineError for tasks whose target is no free text, and as the engines do.
    """
    if not has_free_answers(task):
        raise PipelineError(f"{_WHERE}: the targets of task '{task.type}' are no free texts.", "Remove this section.")
    drawn = sorted(zip(test, predictions, strict=True), key=lambda row: share("evaluate.judge", row[0].id))
    pairs = [_pair(record, prediction, task) for record, prediction in drawn[: settings.rows]]
    gold = planted(_planted(train, task), settings.gold_rows)
    gold += read_people(Path(settings.people)) if settings.people else []
    engines = {name: open_model(one, models, f"{_WHERE}.judges.{name}") for name, one in settings.judges.items()}
    if settings.dry_run:
        sent = comparison_questions([*pairs, *(one.pair for one in gold)], settings.rubric)
        return dry_run("evaluate.judge.dry_run", planned(engines, sent))
    found = {name: _Asked(engine, pairs, gold, settings) for name, engine in engines.items()}
    notes: dict[str, Json] = {"pairs": len(pairs), "gold": len(gold)}
    notes["judges"] = {name: one.notes() for name, one in found.items()}
    if len(found) > 1:
        notes["alpha"] = between_judges([[c.choice for c in one.mine] for one in found.values()])
    notes["panel"] = _panel(list(found.values()))
    return notes


def flat_win_rate(notes: JsonObject | None) -> dict[str, float]:
    """The panel's win rate with the ends of its interval, for metrics.json; empty where there is none."""
    panel = (notes or {}).get("panel")
    rate = panel.get("win_rate") if isinstance(panel, Mapping) else None
    names = {"win_rate": "value", "win_rate_low": "low", "win_rate_high": "high"}
    return {name: float(str(rate[end])) for name, end in names.items()} if isinstance(rate, Mapping) else {}


def _pair(record: Record, prediction: Prediction, task: Task) -> Pair:
    """The model's reply first, the reference second."""
    reply = prediction.reply.message if prediction.reply else Message("assistant", str(prediction.value or ""))
    return Pair(asked(record, task), reply, reply_of(record.target), record.lang)


def _planted(train: Sequence[Record], task: Task) -> list[tuple[str, Pair]]:
    """Each train record's own reply, and that of the next one in its language."""
    found = []
    for lang in sorted({record.lang for record in train}):
        rows = [record for record in train if record.lang == lang and record.target is not None]
        for record, other in zip(rows, [*rows[1:], *rows[:1]], strict=True):
            found.append((record.id, Pair(asked(record, task), reply_of(record.target), reply_of(other.target), lang)))
    return found


class _Asked:
    """What one judge said of the pairs and of the gold questions."""

    def __init__(self, engine: Engine, pairs: Sequence[Pair], gold: Sequence[GoldPair], settings: Judge) -> None:
        said = compare(engine, [*pairs, *(one.pair for one in gold)], settings.rubric)
        self.mine: Sequence[Comparison] = said[: len(pairs)]
        self._gold, self._said_of_gold = gold, said[len(pairs) :]
        self._usage = engine.usage
        self.judged = [as_judged(c, pair) for c, pair in zip(self.mine, pairs, strict=True)]
        self.known = [as_judged(c, one.pair, one.better) for c, one in zip(self._said_of_gold, gold, strict=True)]

    def notes(self) -> JsonObject:
        """Everything report.json says about the judge."""
        choices = Counter(c.choice or "unreadable" for c in self.mine)
        both = [c for c in self.mine if c.as_given and c.swapped]
        return {
            "win_rate_raw": _as_dict(raw_win_rate(self.judged)),
            "win_rate": _as_dict(win_rate(self.judged, self.known)),
            "wins": choices["first"],
            "ties": choices["tie"],
            "losses": choices["second"],
            "unreadable": choices["unreadable"],
            "same_in_both_orders": rounded(sum(c.as_given == c.swapped for c in both) / len(both)) if both else None,
            "position_bias": _lean(position_bias([*self.judged, *self.known])),
            "length_bias": _lean(length_bias(self.known)),
            "gold": on_gold(self._gold, self._said_of_gold),
            "people": with_people(self._gold, self._said_of_gold),
            "usage": self._usage.as_notes(),
        }


def _panel(judges: Sequence[_Asked]) -> JsonObject:
    """The win rate by all judges together, each counted by its own rates on gold questions (Dawid and Skene).

    Their common choice is then corrected by its own errors on gold questions, as a single judge's is: on each half of
    them with rates from the other half, since rates fit the answers that they were taken from too well.
    """
    models = [JudgeModel.fit(one.known) for one in judges]
    mine = [_together(rows, models) for rows in zip(*(one.judged for one in judges), strict=True)]
    known = _crosswise(judges)
    # Judges of whom none is told from a coin are no better together.
    tells = any(win_rate(one.judged, one.known) for one in judges)
    return {
        "win_rate_raw": _as_dict(raw_win_rate(mine)),
        "win_rate": _as_dict(win_rate(mine, known) if tells else None),
    }


def _crosswise(judges: Sequence[_Asked]) -> list[Judged]:
    """What the judges say together on each half of the gold questions, by their rates on the other half."""
    halves = [[JudgeModel.fit(one.known[n::2]) for one in judges] for n in (0, 1)]
    rows = enumerate(zip(*(one.known for one in judges), strict=True))
    return [_together(said, halves[1 - n % 2]) for n, said in rows]


def _together(rows: Sequence[Judged], models: Sequence[JudgeModel]) -> Judged:
    """One pair as the panel sees it; unreadable where no judge could be read."""
    read = any(row.comparison.choice for row in rows)
    choice = better_of(models, rows)[0] if read else None
    return Judged(Comparison(choice, choice), rows[0].longer, rows[0].better)


def _as_dict(found: Estimate | None) -> dict[str, float] | None:
    return None if found is None else found.as_dict()


def _lean(found: Lean | None) -> dict[str, float] | None:
    return None if found is None else {"value": found.value, "low": found.low, "high": found.high}
