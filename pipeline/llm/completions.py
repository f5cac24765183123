"""Chat completions in OpenAI's form: what is asked of a model as a request's body, and what it gave as an answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import shorten
from pipeline.llm.question import Answer, Problem, Question
from pipeline.llm.usage import estimated_tokens, prompt_tokens

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion, ChatCompletionMessage
    from openai.types.chat.chat_completion import Choice

#: What the service says ended the answer -> what is wrong with it.
_PROBLEMS: dict[str, Problem] = {"content_filter": "refused", "length": "cut"}


def body_of(question: Question, model: str, with_schema: bool) -> dict[str, Any]:
    """The body of a request. `with_schema`: whoever answers is asked to hold the answer to the question's schema."""
    body: dict[str, Any] = {
        "model": model,
        "messages": question.messages(),
        "max_tokens": question.max_tokens,
        "temperature": question.temperature,
        "seed": question.seed,
    }
    if question.logprobs:
        body["logprobs"] = True
    if question.tools:
        body["tools"] = json.loads(question.tools)
    if question.schema and with_schema:
        schema = {"name": "answer", "strict": True, "schema": json.loads(question.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def answer_of(question: Question, reply: ChatCompletion) -> Answer:
    """The first choice as an answer. Raises ValueError for what is no chat completion at all."""
    try:
        choice = reply.choices[0]
        message = choice.message
        refusal = getattr(message, "refusal", None)
        text = message.content or ""
    except (AttributeError, IndexError, TypeError):
        raise ValueError("an answer in another form than chat completions (give the address up to /v1)") from None
    if not isinstance(text, str):
        raise ValueError("an answer whose content is no text")
    usage = getattr(reply, "usage", None)
    counted = usage is not None and isinstance(usage.completion_tokens, int)
    return Answer(
        text=text,
        problem="refused" if refusal else _PROBLEMS.get(choice.finish_reason, ""),
        detail=shorten(refusal, 200) if refusal else "",
        reasoning=_reasoning(message),
        logprob=_logprob(choice),
        prompt_tokens=usage.prompt_tokens if counted and usage else prompt_tokens(question),
        written_tokens=usage.completion_tokens if counted and usage else estimated_tokens(text),
        estimated=not counted,
        model=str(getattr(reply, "model", "") or ""),
        calls=_calls(message),
    )


def _calls(message: ChatCompletionMessage) -> str:
    """The calls of functions, as `Answer.calls` holds them; a call of another kind, or in no form at all, is none."""
    found = []
    for call in getattr(message, "tool_calls", None) or ():
        function = getattr(call, "function", None)
        if function is not None and isinstance(function.name, str):
            found.append({"id": str(call.id or ""), "name": function.name, "arguments": _text_of(function.arguments)})
    return json.dumps(found, ensure_ascii=False) if found else ""


def _text_of(arguments: object) -> str:
    return (arguments if isinstance(arguments, str) else json.dumps(arguments)) or "{}"


def _reasoning(message: ChatCompletionMessage) -> str:
    """What the model thought, under the names that vLLM and llama.cpp (reasoning_content) and others give it."""
    found = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    return found if isinstance(found, str) else ""


def _logprob(choice: Choice) -> float | None:
    """The sum of the tokens' log probabilities, where the service gives them."""
    tokens = getattr(getattr(choice, "logprobs", None), "content", None)
    return float(sum(token.logprob for token in tokens)) if tokens else None
