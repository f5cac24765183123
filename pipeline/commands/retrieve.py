"""`sft retrieve`: questions with the passages or triples that may answer them, as rows of a qa or chat project.

Open-domain questions come without a context, those on a knowledge base with triples. Both become what the task types
know already: the nearest passages are the context, and an answer that stands in it is marked there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.commands.json_output import add_json, write_as_json
from pipeline.commands.text_files import json_lines, read_passages
from pipeline.core.errors import PipelineError
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Answer, content_id
from pipeline.core.settings import load
from pipeline.modeling.models import Models
from pipeline.text.scripts import HAN_LETTER

#: What a chat model is asked, by script.
_ASK = {
    "en": "Answer the question from these passages alone.\n\n{context}\n\nQuestion: {question}",
    "zh": "请只根据以下材料回答问题。\n\n{context}\n\n问题：{question}",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Works in a project: `models.encoder` of its params.yaml finds the passages."""
    parser.add_argument("questions", type=Path, help="JSON Lines: question, answer (a text, several, or none), id")
    parser.add_argument(
        "knowledge",
        type=Path,
        help="passages: .txt (a blank line between two) or .jsonl (text); triples: .tsv of three columns, "
        "or .jsonl (subject, predicate, object)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="the file to write, JSON Lines, such as data/raw/qa.jsonl"
    )
    parser.add_argument("--passages", type=int, default=3, help="how many a question gets (3)")
    parser.add_argument("--form", choices=("qa", "chat"), default="qa", help="context and answers (qa), or messages")
    add_json(parser, "the counts")


def run(arguments: argparse.Namespace) -> None:
    """Write the rows; print how many questions there were, and of how many the answer was found."""
    if arguments.passages < 1:
        raise PipelineError(f"--passages: {arguments.passages} is too few.", "Give a question one passage or more.")
    asked = list(_questions(arguments.questions))
    passages = list(dict.fromkeys(read_passages(arguments.knowledge)))
    if not passages:
        raise PipelineError(f"{arguments.knowledge}: no passage in it.", "Each line, or paragraph, is one.")
    made = list(retrieved(asked, passages, load("models", Models), arguments.passages))
    form = _as_chat if arguments.form == "chat" else _as_qa
    with arguments.out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(form(row), ensure_ascii=False) + "\n" for row in made)
    counts = {
        "questions": len(made),
        "passages": len(passages),
        "with_answer": sum(bool(row.given) for row in made),
        "answer_retrieved": sum(bool(row.answers) for row in made),
    }
    if arguments.json:
        write_as_json(counts)
    else:
        text = "{questions:,} questions, {passages:,} passages; the answer was found for {answer_retrieved:,} of"
        sys.stdout.write((text + " {with_answer:,}.\n").format(**counts))


@dataclass(frozen=True)
class Retrieved:
    """A question with what was found for it."""

    id: str
    question: str
    context: str  # the nearest passages, a blank line between two
    given: tuple[str, ...]  # the answers as they came, each once

    @property
    def answers(self) -> list[Answer]:
        """The answers that stand in the context, at their first place there."""
        return [{"start": self.context.index(text), "text": text} for text in self.given if text in self.context]


def retrieved(asked: Sequence[JsonObject], passages: Sequence[str], models: Models, most: int) -> Iterator[Retrieved]:
    """Each question with its `most` nearest passages."""
    from pipeline.modeling.features.retrieval import nearest_passages

    questions = [str(one["question"]) for one in asked]
    found = nearest_passages(questions, passages, models.encoder, most) if questions else []
    for one, question, numbers in zip(asked, questions, found, strict=True):
        id = str(one.get("id") or content_id("question", question))
        yield Retrieved(id, question, "\n\n".join(passages[n] for n in numbers), _given(one.get("answer")))


def _as_qa(row: Retrieved) -> JsonObject:
    """A row of a qa project. `answers` is empty where the passages hold none, and null where none was given."""
    answers: list[JsonObject] = [{"start": one["start"], "text": one["text"]} for one in row.answers]
    return {"id": row.id, "context": row.context, "question": row.question, "answers": answers if row.given else None}


def _as_chat(row: Retrieved) -> JsonObject:
    """A row of a chat project: passages and question are the prompt, the first answer is the reply."""
    ask = _ASK["zh" if HAN_LETTER.search(row.question) else "en"].format(context=row.context, question=row.question)
    reply = [{"role": "assistant", "content": row.given[0]}] if row.given else []
    return {"id": row.id, "messages": [{"role": "user", "content": ask}, *reply]}


def _given(answer: object) -> tuple[str, ...]:
    """The answers that are texts, each once."""
    several = answer if isinstance(answer, list) else [answer]
    return tuple(dict.fromkeys(text.strip() for text in several if isinstance(text, str) and text.strip()))


def _questions(path: Path) -> Iterator[JsonObject]:
    for number, row in json_lines(path):
        if not str(row.get("question") or "").strip():
            raise PipelineError(f"{path}, line {number}: no `question`.", "Each line needs one, and may have `answer`.")
        yield row
