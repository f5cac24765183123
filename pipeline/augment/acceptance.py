"""Which augmented examples are accepted: the gate's checks, and the ablation of methods."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from pipeline.augment.ablation import search
from pipeline.augment.ablation.reply_trial import ReplyTrials
from pipeline.augment.ablation.trial import LabelTrials, Trials
from pipeline.augment.candidates import Candidate
from pipeline.augment.gate import checks
from pipeline.augment.gate.checks import Verdicts
from pipeline.augment.gate.class_balance import check_class_balance
from pipeline.augment.params import Params
from pipeline.augment.policy import Draw, MethodSettings, parents
from pipeline.augment.replies import has_reply
from pipeline.augment.text_features import TextFeatures
from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.modeling.features.unsupported_languages import unread_languages, unread_notes
from pipeline.modeling.models import TFIDF, Model, Models, revision
from pipeline.runtime.stage import Drop
from pipeline.stats.histogram import NOTES
from pipeline.tasks import task_type

log = logging.getLogger("pipeline")

UNMEASURED = (
    "no measurement without two classes, or replies and models.generator; set augment.keep: always to keep the examples"
)


class Acceptance:
    """`verdicts`: children the gate rejects. `unhelpful`: accepted children of methods that did not help.

    `gate` and `ablation` are notes for report.json.
    """

    def __init__(
        self,
        records: Sequence[Record],
        candidates: Sequence[Candidate],
        draws: Sequence[Draw],
        params: Params,
        task: Task,
        models: Models,
        methods: Mapping[str, MethodSettings],
    ) -> None:
        self._params, self._task, self._methods = params, task, methods
        self._kind = task_type(task)
        self._parents = parents(records)
        self.rejected: Verdicts = {}
        self.unhelpful: Verdicts = {}
        self.gate: dict[str, Any] = {"features": revision(models.encoder)}
        self.ablation: dict[str, Any] = {"keep": params.keep}
        if candidates:
            self._check(records, candidates, models)
            self._balance_classes(candidates, draws)
            self._run_ablation(records, self._passing(candidates), models)

    def _check(self, records: Sequence[Record], candidates: Sequence[Candidate], models: Models) -> None:
        settings, task = self._params.gate, self._task
        self.rejected |= checks.check_texts(candidates, task)
        # New against records first, so that no copy costs an embedding.
        self.rejected |= checks.check_near_duplicates(self._passing(candidates), records, task, settings.max_jaccard)
        passing = self._passing(candidates)
        classes = {self._kind.stratum(record) for record in self._parents}
        # None alone: the task has no classes. Beside others it is one more: records without any of several labels.
        self._has_classes = len(classes) > 1
        self._features = self._readable_features(records, passing, models.encoder)
        self._check_meaning(passing, models.encoder)
        if self._has_classes:
            self.rejected |= checks.check_labels(
                self._passing(candidates), self._parents, self._features, settings, task
            )
        else:
            self.gate["label_check"] = "skipped: it needs two classes in the train split"
        if models.generator is None or settings.max_perplexity_ratio is None:
            self.gate["fluency_check"] = "skipped: it needs models.generator and gate.max_perplexity_ratio"
        else:
            self.rejected |= checks.check_fluency(self._passing(candidates), models.generator, settings, task)

    def _readable_features(
        self, records: Sequence[Record], passing: Sequence[Candidate], encoder: Model
    ) -> TextFeatures:
        """Features of all texts by the encoder, or by TF-IDF where it does not read one of their languages."""
        texts, langs = [self._kind.main_text(record) for record in self._parents], [r.lang for r in self._parents]
        self._unread = unread_languages(texts, langs, encoder)
        if self._unread:
            self.gate |= unread_notes(self._unread, encoder)
            log.warning("augment   TF-IDF instead of the encoder: %s", self.gate["unread_remedy"])
        return TextFeatures(self._texts(records, passing), Model(name=TFIDF) if self._unread else encoder)

    def _check_meaning(self, passing: Sequence[Candidate], encoder: Model) -> None:
        """Of children in languages that the encoder reads by its vectors, of the others by TF-IDF."""
        read = [c for c in passing if c.parent.lang not in self._unread]
        by_encoder = self._features
        if self._unread:
            records = chain.from_iterable((c.parent, c.child) for c in read)
            by_encoder = TextFeatures(map(self._kind.augmentable, records), encoder)
        rest = [c for c in passing if c.parent.lang in self._unread]
        for some, features in ((read, by_encoder), (rest, self._features)):
            self.rejected |= checks.check_meaning(some, features, self._params.gate, self._task, self._methods)
            found = checks.meaning_histogram(some, features, self._params.gate, self._task)
            self.gate.setdefault(NOTES, {}).update(found)

    def _balance_classes(self, candidates: Sequence[Candidate], draws: Sequence[Draw]) -> None:
        """Last, since it counts what all other questions left."""
        tolerance = self._params.gate.class_balance_tolerance
        if self._has_classes and tolerance is not None:
            passing = self._passing(candidates)
            found, self.gate["class_balance"] = check_class_balance(
                passing, draws, self._parents, self._task, tolerance
            )
            self.rejected |= found

    def _passing(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        return [c for c in candidates if c.child.id not in self.rejected]

    def _texts(self, records: Sequence[Record], passing: Sequence[Candidate]) -> list[str]:
        """Every text that some question needs features of."""
        texts = [self._kind.augmentable(record) for c in passing for record in (c.parent, c.child)]
        if passing and self._has_classes:
            texts += [self._kind.main_text(record) for record in [*self._parents, *_dev(records)]]
            texts += [self._kind.main_text(c.child) for c in passing]
        return texts

    def _trials(self, labelled: Sequence[Record], models: Models) -> Trials | None:
        """Runs with classes, or with replies; None where the task has neither."""
        settings = self._params.ablation
        if self._has_classes:
            return LabelTrials(labelled, self._features, settings, self._task)
        if models.generator is not None and all(has_reply(record, self._task) for record in labelled):
            return ReplyTrials(labelled, models.generator, settings, self._task)
        return None

    def _run_ablation(self, records: Sequence[Record], accepted: Sequence[Candidate], models: Models) -> None:
        names = list(dict.fromkeys(c.method for c in accepted))
        if self._params.keep == "always" or not names:
            return
        trials = self._trials([*self._parents, *_dev(records)], models)
        if trials is None:
            self._not_measured(accepted, UNMEASURED)
            return
        choice = search.choose(accepted, trials, self._params.ablation)
        self.ablation |= choice.notes
        if choice.not_measured:
            self._not_measured(accepted, choice.not_measured)
            return
        for c in accepted:
            if c.child.id in choice.unhelpful:
                self.unhelpful[c.child.id] = Drop("did_not_help", choice.unhelpful[c.child.id])

    def _not_measured(self, accepted: Sequence[Candidate], why: str) -> None:
        self.ablation["not_measured"] = why
        self.unhelpful = {c.child.id: Drop("not_measured", why) for c in accepted}


def _dev(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.split == "dev" and record.target is not None]
