"""Settings of the stage `label`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, field_validator, model_validator

from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Settings
from pipeline.label.answers.settings import Answers
from pipeline.label.language_model.settings import LlmPrelabel

Share = Annotated[float, Field(ge=0, le=1)]

#: Who can decide a label.
KINDS = ("human", "crowd", "source", "model")


class Crowd(Settings):
    """Several people's votes on one record, and people's annotations that disagree."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "count_source": "count_source_label",
        "accept_at": "min_posterior",
        "review_below": "review_posterior",
    }

    # a name in aggregation/METHODS (the default has the best mean over 18 public vote sets), or best_on_gold
    method: str = "dawid_skene"
    count_source_label: bool = True  # the label a voted record came with is one more vote, weighed like the others
    min_posterior: Share = 0.5  # posterior below which the votes decide nothing; a choice: more likely right than wrong
    # `review_posterior` is a guess: not measured.
    review_posterior: Share = 0.8  # votes below it are accepted but queued; people who disagree need it to decide


class Prelabel(Settings):
    """What a model may label by itself."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "accept_precision": "min_precision",
        "accept_at": "confidence_threshold",
        "accept_floor": "min_confidence",
    }

    # a name in prelabel.PREDICTORS: linear for classes, tagger for spans, llm for any task; null: none
    method: str | None = "linear"
    llm: LlmPrelabel | None = None  # method llm: which model is asked, and what it is told
    min_precision: Share = 0.95  # precision that auto-accepted labels must reach, out of sample; the bar is a choice
    confidence_threshold: Share | None = None  # confidence to accept at; null: lowest that reaches min_precision
    # `min_confidence` is a guess: not measured.
    min_confidence: Share = 0.8  # no answer below it is accepted, however good the average: unlike texts show so
    # `folds`: five or ten are the usual compromise of bias, variance and cost (Hastie, Tibshirani and Friedman 2009,
    # The Elements of Statistical Learning, 7.10).
    folds: Annotated[int, Field(ge=2)] = 5  # for out-of-sample predictions
    # `train_rows` is a guess: not measured.
    train_rows: Annotated[int, Field(ge=100)] = 20_000  # most rows the head is fitted on; more gains little


class Curve(Settings):
    """The simulation of how many labels people would have to give (label/active_learning_curve.py)."""

    # `rows` is a guess: not measured.
    rows: Annotated[int, Field(ge=0)] = (
        4000  # labelled train records it is run on, fewer for many classes: 5 CPU s; 0: off
    )


class Agreement(Settings):
    """What the agreement report holds."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "weak_below": "min_kappa",
        "accept_all_at": "accepts_all_share",
        "min_gold": "min_gold_questions",
        "gold_below": "min_gold_accuracy",
        "min_blind": "min_hidden_prelabels",
        "list_at_most": "max_listed",
    }

    # `resamples`: the least for intervals by percentiles (Efron and Tibshirani 1993, An Introduction to the Bootstrap).
    resamples: Annotated[int, Field(ge=100)] = 1000  # bootstrap draws behind the 95 % interval of alpha
    min_kappa: float = 0.2  # chance-corrected agreement with the consensus; Landis & Koch 1977: 'slight'
    min_votes: Annotated[int, Field(ge=1)] = 10  # with fewer votes no annotator is assessed; a guess: not measured
    # `accepts_all_share` is a guess: not measured.
    accepts_all_share: Share = 0.97  # share of accepted pre-labels from which a person is said to just accept
    # `min_gold_questions` is a guess: not measured.
    min_gold_questions: Annotated[int, Field(ge=1)] = 5  # with fewer gold questions no annotator is assessed
    # `min_gold_accuracy` is a guess: not measured.
    min_gold_accuracy: Share = 0.6  # a lone answer of somebody with fewer gold questions right decides nothing
    # `min_hidden_prelabels` is a guess: not measured.
    min_hidden_prelabels: Annotated[int, Field(ge=1)] = (
        20  # fewer records without a pre-label cannot tell whether people follow it
    )
    max_listed: Annotated[int, Field(ge=1)] = 50  # annotators and pairs written to report.json; a guess: not measured


class Audit(Settings):
    """The random sample of train labels that people check (label/audit.py)."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "complete": "min_answered_share",
    }

    records: Annotated[int, Field(ge=0)] = 0  # drawn, and queued as `audit`; 200 tell a share to some 4 points; 0: off
    # `min_answered_share` is a guess: not measured.
    min_answered_share: Annotated[float, Field(ge=0.5, le=1)] = (
        0.9  # share answered before anything is estimated from them
    )


class FirstSplits(Settings):
    """Dev and test of a project in which no record came with a label (label/first_splits.py)."""

    # labelled by people or votes before any are drawn, fewer judge nothing; until then all wait (0: all go to train)
    min_records: Annotated[int, Field(ge=0)] = 50  # a guess: not measured
    # `test` is a guess: not measured.
    test: Annotated[float, Field(ge=0, lt=0.5)] = 0.2  # share of the groups; only where people vouch for the label
    dev: Annotated[float, Field(ge=0, lt=0.5)] = 0.1  # share of the groups; a guess: not measured
    test_annotators: Annotated[int, Field(ge=1)] = 2  # people who must give a test label alike; 1: one is enough


class Queue(Settings):
    """How much each reason counts in the priority of a queued record (0 to 1; see docs/labelling.md)."""

    RENAMED: ClassVar[Mapping[str, str]] = {"doubtful": "label_error"}

    unlabelled: Share = 0.8  # times how unsure the pre-label is; a guess: not measured
    label_error: Share = 0.9  # times how sure `clean` is that the label is wrong; a guess: not measured
    crowd: Share = 0.9  # times how unsure the votes leave the label; a guess: not measured
    disagreement: Share = 1.0  # times how unsure the annotators leave the label; a guess: not measured
    text_changed: Share = 0.7  # a person labelled an earlier text of this record; a guess: not measured
    # `second_answer` is a guess: not measured.
    second_answer: Share = 0.9  # one person labelled it, it was drawn for test, and nobody vouches for it yet


class Params(Settings):
    """Section `label`."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "curve": "active_learning_curve",
    }

    precedence: tuple[str, ...] = KINDS  # first that has an answer decides; leave one out to ignore it
    half_words: bool = False  # may people's spans begin or end inside a word? else they go back to the annotator
    utf16_offsets: bool = False  # exports in data/annotations count offsets in UTF-16 units (an emoji is two)
    relabel_test: bool = False  # may people and votes change labels that the test split came with?
    # chat: mean of people's ratings of a reply below which it goes, of every criterion or by its name; null: none goes
    min_rating: float | dict[str, float] | None = None
    crowd: Crowd = Crowd()
    prelabel: Prelabel = Prelabel()
    answers: Answers = Answers()
    active_learning_curve: Curve = Curve()
    agreement: Agreement = Agreement()
    audit: Audit = Audit()
    first_splits: FirstSplits = FirstSplits()
    queue: Queue = Queue()

    @field_validator("precedence")
    @classmethod
    def _known_kinds(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in KINDS]
        if unknown:
            raise ValueError(f"unknown name '{unknown[0]}'. {did_you_mean(unknown[0], KINDS)}")
        if not names or len(set(names)) != len(names):
            raise ValueError("name each of human, crowd, source, model at most once, and at least one")
        return names

    @model_validator(mode="after")
    def _teachers_count(self) -> Params:
        if self.answers.teachers and self.answers.accept != "none" and "model" not in self.precedence:
            raise ValueError(
                "precedence leaves out model, so no answer of answers.teachers would count: "
                "name model in it, or set answers.accept: none (answers are drafts for people)"
            )
        return self
