"""Answers that teachers wrote to one prompt each: asked, read, and looked over for what is no answer at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.conversation import Conversation, Message, exported
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.dialects.hermes import thought_taken_out
from pipeline.label.answers.settings import Answers
from pipeline.llm.ask import Engine, ask_all
from pipeline.llm.question import Answer, Question, samples
from pipeline.modeling.lm.asked import asked
from pipeline.text import replies

#: From these scores on (text/replies.py) a text is a refusal, or one phrase over and over.
_REFUSES, _LOOPS = 1.0, 0.8


@dataclass(frozen=True)
class Candidate:
    """One answer of one teacher. `problem`: why it is none, or which verifier it fails; `detail` says more.

    `grades` are the judges' mean grades by criterion and `grade` their mean; None where no judge could be read.
    """

    record: Record
    teacher: str
    reply: Message
    problem: str = ""
    detail: str = ""
    grade: float | None = None
    grades: Mapping[str, float] | None = None

    @property
    def is_sound(self) -> bool:
        """Whether it is an answer that no verifier refuses."""
        return not self.problem

    def as_line(self, settings: Answers) -> JsonObject:
        """The candidate as a line of `candidates.jsonl` (docs/language_models.md)."""
        scores, by = self._scores(settings)
        return {
            "record_id": self.record.id,
            "reply": exported(self.reply),
            "by": f"model:{self.teacher}",
            "judged_by": by,
            "scores": scores,
        }

    def _scores(self, settings: Answers) -> tuple[dict[str, float], str]:
        """Scores and who gave them: judges' grades; 0 for what is no answer, 1 for what all verifiers let pass."""
        if self.grades:
            return dict(self.grades), f"judge:{'+'.join(settings.judge.judges if settings.judge else ())}"
        if not self.is_sound:
            return {"sound": 0.0}, f"verifier:{self.problem.removeprefix('fails_')}"
        if settings.verifiers and settings.judge is None:
            return {"sound": 1.0}, f"verifier:{'+'.join(settings.verifiers)}"
        return {}, ""


def questions(records: Sequence[Record], task: Task, settings: Answers) -> list[Question]:
    """All samples of every prompt, one record's after the other's. The prompt is the conversation and nothing else."""
    found: list[Question] = []
    for record in records:
        turns = tuple((message.role, message.content) for message in asked(record, task).messages)
        if settings.system and turns[0][0] not in ("system", "developer"):
            turns = (("system", settings.system), *turns)
        question = Question(turns, settings.max_tokens, settings.temperature)
        found += samples(question, settings.samples)
    return found


def unaskable(record: Record, task: Task) -> str:
    """Why no teacher can be asked: its prompt holds more than roles and texts. "" where one can."""
    talk = asked(record, task)
    if talk.tools:
        return "has_tools"
    return "has_calls" if any(m.tool_calls or m.role == "tool" for m in talk.messages) else ""


def write_answers(
    teachers: Mapping[str, Engine], records: Sequence[Record], task: Task, settings: Answers
) -> list[Candidate]:
    """Every teacher's answers to every record, one record's after the other's, teachers in the order of params."""
    sent = questions(records, task, settings)
    answers = {name: ask_all(engine, sent) for name, engine in teachers.items()}
    found = []
    for n, record in enumerate(records):
        talk = asked(record, task)
        for name in teachers:
            own = answers[name][n * settings.samples : (n + 1) * settings.samples]
            found += [_read(record, talk, name, answer) for answer in own]
    return found


def _read(record: Record, talk: Conversation, teacher: str, answer: Answer) -> Candidate:
    message = Message("assistant", answer.text.strip(), answer.reasoning.strip())
    if not message.reasoning:
        message = thought_taken_out(message)
        message = replace(message, content=message.content.strip(), reasoning=message.reasoning.strip())
    if not answer.is_usable:
        return Candidate(record, teacher, message, answer.problem, answer.detail)
    problem = _no_answer(talk, message.content)
    return Candidate(record, teacher, message, problem)


def _no_answer(talk: Conversation, text: str) -> str:
    prompt = "\n".join(message.content for message in talk.messages if message.role != "assistant")
    if replies.empty(text) >= 1 or replies.placeholder(text) >= 1:
        return "empty"
    if replies.refusal(text) >= _REFUSES:
        return "refused"
    return "endless" if replies.loop(prompt, text) >= _LOOPS else ""
