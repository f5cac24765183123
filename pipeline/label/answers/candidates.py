"""Answers that teachers wrote to one prompt each: asked, read, and looked over for what is no answer at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.conversation import Conversation, Message, ToolCall, canonical, exported, loaded
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.dialects.hermes import calls_taken_out
from pipeline.dialects.thoughts import thought_taken_out
from pipeline.label.answers.settings import Answers
from pipeline.llm.client import Engine, ask_all
from pipeline.llm.question import Answer, Question, samples
from pipeline.modeling.lm.prompt_and_reply import asked
from pipeline.text import replies

#: From these scores on (text/replies.py) a text is a refusal, or one phrase over and over.
#: The second as in the step replies (benchmarks/replies.py), the first a guess.
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
    """All samples of every prompt, one record's after the other's. The prompt is conversation and tools alone."""
    found: list[Question] = []
    for record in records:
        conversation = asked(record, task)
        messages = conversation.messages
        if settings.system and messages[0].role not in ("system", "developer"):
            messages = (Message("system", settings.system), *messages)
        turns = tuple((message.role, message.content) for message in messages)
        beside = tuple(map(_beside, messages))
        tools = canonical(conversation.tools) if conversation.tools else ""
        question = Question(
            turns, settings.max_tokens, settings.temperature, tools=tools, beside=beside if any(beside) else ()
        )
        found += samples(question, settings.samples)
    return found


def _beside(message: Message) -> str:
    """Calls and what they gave, as a message has them besides its text."""
    keys = ("tool_calls", "tool_call_id", "name") if message.role == "tool" or message.tool_calls else ()
    found = {name: value for name, value in exported(message).items() if name in keys}
    return canonical(found) if found else ""


def write_answers(
    teachers: Mapping[str, Engine], records: Sequence[Record], task: Task, settings: Answers
) -> list[Candidate]:
    """Every teacher's answers to every record, one record's after the other's, teachers in the order of params."""
    sent = questions(records, task, settings)
    answers = {name: ask_all(engine, sent) for name, engine in teachers.items()}
    found = []
    for n, record in enumerate(records):
        conversation = asked(record, task)
        for name in teachers:
            own = answers[name][n * settings.samples : (n + 1) * settings.samples]
            found += [_read(record, conversation, name, answer) for answer in own]
    return found


def _read(record: Record, conversation: Conversation, teacher: str, answer: Answer) -> Candidate:
    calls = tuple(_call(**one) for one in json.loads(answer.calls or "[]"))
    message = Message("assistant", answer.text.strip(), answer.reasoning.strip(), calls)
    if not message.reasoning:
        message = thought_taken_out(message)
        message = replace(message, content=message.content.strip(), reasoning=message.reasoning.strip())
    if conversation.tools and not calls:
        message = calls_taken_out(message)
    if not answer.is_usable:
        return Candidate(record, teacher, message, answer.problem, answer.detail)
    return Candidate(record, teacher, message, _no_answer(conversation, message))


def _call(id: str, name: str, arguments: str) -> ToolCall:
    """Arguments that are no JSON object stay as they were written, for the verifier."""
    read = loaded(arguments)
    return ToolCall(name, arguments if isinstance(read, str) else canonical(read), id)


def _no_answer(conversation: Conversation, message: Message) -> str:
    prompt = "\n".join(message.content for message in conversation.messages if message.role != "assistant")
    text = message.content
    if not message.tool_calls and (replies.empty(text) >= 1 or replies.placeholder(text) >= 1):
        return "empty"
    if replies.refusal(text) >= _REFUSES:
        return "refused"
    return "endless" if replies.loop(prompt, text) >= _LOOPS else ""
