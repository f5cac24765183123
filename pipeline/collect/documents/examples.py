"""Examples written from chunks by a language model; what is not grounded in its chunk is refused, with the reason."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from pipeline.collect.documents.chunks import Chunk
from pipeline.collect.documents.grounding import check_quote, check_turn, says_the_same
from pipeline.collect.documents.prompts import EXAMPLES, SUPPORTED, language_of, shown, to_check, to_write
from pipeline.collect.documents.settings import Generation, Kind
from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject
from pipeline.llm.client import Engine, ask_all
from pipeline.llm.dry_run import Planned, in_words
from pipeline.llm.question import Answer, Question, schema_text
from pipeline.llm.structured import parse
from pipeline.text.normalise import normalised

log = logging.getLogger("pipeline")

#: Tokens of a reply that shows whether the model knows an answer without the chunk. A guess: not measured.
_SHORT_REPLY = 200


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, its answer, and the words of the chunk that support it."""

    question: str
    answer: str
    quote: str


@dataclass(frozen=True, slots=True)
class Example:
    """What was written from a chunk. `problem` says why it is refused ("" where it is kept), `detail` what was found.

    `known`: whether the model gives all the answers without the chunk too; None where nobody asked.
    """

    chunk: Chunk
    kind: Kind
    turns: tuple[Turn, ...] = field(default=())
    problem: str = ""
    detail: str = ""
    known: bool | None = None

    def refused(self, problem: str, detail: str = "") -> Example:
        """The example with what is wrong with it."""
        return replace(self, problem=problem, detail=detail)


def examples_of(chunks: Sequence[Chunk], engine: Engine, settings: Generation) -> list[Example]:
    """The examples of all chunks in their order, sound and refused ones; a chunk without any has one that says why.

    Problems: no_example (the model gave none that can be read), repeated_question, not_supported, and those of
    `check_turn` and `check_quote`. Raises PipelineError as the engine does.
    """
    found = _checked(list(_written(chunks, engine, settings)), settings)
    if settings.check_support:
        found = _supported(found, engine, settings)
    return _marked(found, engine, settings) if settings.check_known else found


def foretell(chunks: Sequence[Chunk], engine: Engine, settings: Generation, where: str) -> PipelineError:
    """What the first round would ask and cost, as the error that ends a dry run; checks ask about each turn again."""
    asked = [to_write(chunk, kind, settings) for chunk, kind in product(chunks, settings.kinds)]
    told = in_words({settings.endpoint.model: Planned(engine, asked)})
    each = settings.check_support + settings.check_known
    return PipelineError(
        f"{where}.generate.dry_run: nothing was asked. To write examples a run would ask at most: {told}; "
        f"to check them, {each} short questions more for each turn.",
        "Set dry_run: false to ask.",
    )


def _written(chunks: Sequence[Chunk], engine: Engine, settings: Generation) -> Iterator[Example]:
    pairs = list(product(chunks, settings.kinds))
    replies = ask_all(engine, [to_write(chunk, kind, settings) for chunk, kind in pairs])
    for (chunk, kind), reply in zip(pairs, replies, strict=True):
        blank = Example(chunk, kind)
        value, problem = _value(reply, EXAMPLES)
        if problem or not value["examples"]:
            yield blank.refused("no_example", problem or "the model wrote none")
            continue
        for one in value["examples"]:
            yield replace(blank, turns=tuple(map(_turn, one["turns"])))


def _turn(value: Mapping[str, object]) -> Turn:
    return Turn(*(str(value[name]).strip() for name in Turn.__slots__))


def _value(reply: Answer, schema: Mapping[str, Any]) -> tuple[Any, str]:
    """What an answer holds, and why it holds nothing ("" where it does)."""
    return (None, reply.problem) if reply.problem else parse(reply.text, schema_text(schema))


def _checked(examples: Sequence[Example], settings: Generation) -> list[Example]:
    """By rules alone. Of equal first questions about one document the first sound one stays."""
    seen: set[tuple[str, str]] = set()
    found = []
    for example in examples:
        if not example.problem:
            example = _by_rules(example, settings)
        if not example.problem and example.kind != "summary":
            key = (example.chunk.document, normalised(example.turns[0].question))
            if key in seen:
                example = example.refused("repeated_question", example.turns[0].question)
            seen.add(key)
        found.append(example)
    return found


def _by_rules(example: Example, settings: Generation) -> Example:
    said = ""
    for turn in example.turns:
        try:
            check_turn(
                f"{said}\n{turn.question}" if turn.question else "", turn.answer, turn.quote, example.chunk.text,
                settings.min_quote_letters, settings.max_new_words,
            )  # fmt: skip
            if example.kind != "summary":
                check_quote(f"{said}\n{turn.question}", turn.answer, turn.quote)
        except Reject as reject:
            return example.refused(reject.reason, reject.detail)
        said += f"\n{turn.question}"
    return example


def _turns(examples: Sequence[Example]) -> list[tuple[int, int]]:
    """(example, turn) of all sound examples."""
    return [(n, m) for n, one in enumerate(examples) if not one.problem for m in range(len(one.turns))]


def _supported(examples: Sequence[Example], engine: Engine, settings: Generation) -> list[Example]:
    found, places = list(examples), _turns(examples)
    asked = [_support(examples[n], examples[n].turns[m], settings) for n, m in places]
    for (n, m), reply in zip(places, ask_all(engine, asked), strict=True):
        value, problem = _value(reply, SUPPORTED)
        if problem or not value["supported"]:
            found[n] = found[n].refused("not_supported", problem or examples[n].turns[m].answer)
    return found


def _support(example: Example, turn: Turn, settings: Generation) -> Question:
    """A summary rests on its whole chunk, not on one quote."""
    quote = example.chunk.text if example.kind == "summary" else turn.quote
    return to_check(turn.question, turn.answer, quote, settings)


def _marked(examples: Sequence[Example], engine: Engine, settings: Generation) -> list[Example]:
    """Ask each question of examples that do not show their chunk, after the turns before it and nothing else."""
    found = list(examples)
    places = [(n, m) for n, m in _turns(examples) if examples[n].kind not in settings.with_passage]
    replies = ask_all(engine, [_without_chunk(examples[n].turns, m, settings) for n, m in places])
    for (n, m), reply in zip(places, replies, strict=True):
        turn = examples[n].turns[m]
        knows = reply.is_usable and says_the_same(reply.text, turn.answer, language_of(turn.answer))
        found[n] = replace(found[n], known=knows and found[n].known is not False)
    return found


def _without_chunk(turns: Sequence[Turn], number: int, settings: Generation) -> Question:
    said = [pair for turn in turns[:number] for pair in (("user", turn.question), ("assistant", turn.answer))]
    return Question((*said, ("user", turns[number].question)), max_tokens=_SHORT_REPLY, seed=settings.seed)


def messages_of(example: Example, settings: Generation) -> list[dict[str, str]]:
    """The example as a conversation; the chunk stands in the first question of kinds that show it, as data."""
    found = []
    for n, turn in enumerate(example.turns):
        shows = n == 0 and example.kind in settings.with_passage
        question = f"{turn.question}\n\n{shown(example.chunk)}" if shows else turn.question
        found += [{"role": "user", "content": question}, {"role": "assistant", "content": turn.answer}]
    return found
