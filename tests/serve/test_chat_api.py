"""POST /v1/chat/completions through OpenAI's own client: replies, calls, streams, and what is refused."""

import json
from typing import Any

import httpx
import openai
import pytest
from fastapi.testclient import TestClient

from pipeline.core.conversation import Message, ToolCall, readable
from pipeline.core.settings import Task
from pipeline.modeling.lm.rows import asked_and_reply
from pipeline.modeling.prediction import Prediction, WrittenReply
from pipeline.serve import model as serving
from pipeline.serve.app import create_app
from pipeline.serve.chat_api import add_routes
from pipeline.serve.model import ServedModel

TOOL = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


class Echo:
    """Says what it was asked, calls the first tool where there are any, and thinks where it is asked to."""

    def predict(self, rows):
        return [self._one(row) for row in rows]

    def _one(self, row):
        conversation, _ = asked_and_reply(row)
        last = conversation.messages[-1]
        if "<|im_end|>" in last.content:
            return Prediction(None, refused="control_token_in_text: turn 1")
        thinks = "hm" if dict(conversation.template_arguments).get("enable_thinking") else ""
        calls = (ToolCall(conversation.tools[0]["function"]["name"], '{"city": "里昂"}'),) if conversation.tools else ()
        message = Message("assistant", "" if calls else f"{last.role}: {last.content}", thinks, calls)
        tokens = len(message.content)
        limit = row.get("max_new_tokens", tokens + 1)
        return Prediction(readable(message), reply=WrittenReply(message, 7, min(tokens, limit), limit > tokens))


@pytest.fixture
def served(tmp_path, monkeypatch):
    def make(kind="chat", secret=None):
        task = Task(type=kind, languages=("en", "zh"), labels=("a", "b") if kind == "classification" else ())
        (tmp_path / "sft.json").write_text(json.dumps({"task": task.model_dump(mode="json")}), "utf-8")
        monkeypatch.setattr(serving, "load_predictor", lambda path: Echo())
        app = TestClient(create_app(ServedModel(tmp_path), secret, [add_routes]), raise_server_exceptions=False)
        return app

    return make


def client(app, key="none"):
    def send(request):
        answer = app.request(request.method, request.url.path, content=request.content, headers=dict(request.headers))
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    transport = httpx.MockTransport(send)
    http: Any = httpx.Client(transport=transport)
    return openai.OpenAI(api_key=key, base_url="http://sft/v1", http_client=http, max_retries=0)


def ask(app, *turns, **more):
    messages = [{"role": role, "content": content} for role, content in turns]
    return client(app).chat.completions.create(model="sft", messages=messages, **more)


@pytest.mark.parametrize("text", ["How are you?", "你好吗？"])
def test_a_reply_with_what_it_cost(served, text):
    found = ask(served(), ("system", "Be kind."), ("user", text), temperature=0.7)
    assert found.choices[0].message.content == f"user: {text}"
    assert found.choices[0].finish_reason == "stop"
    assert found.choices[0].message.tool_calls is None
    assert found.usage.total_tokens == found.usage.prompt_tokens + found.usage.completion_tokens == 7 + len(text) + 6


def test_calls_and_their_results(served):
    app = served()
    asked = [{"role": "user", "content": "里昂天气？"}]
    found = client(app).chat.completions.create(model="sft", messages=asked, tools=[TOOL]).choices[0]
    (call,) = found.message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "里昂"})
    assert (found.finish_reason, found.message.content) == ("tool_calls", None)
    then = [*asked, found.message.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "晴"}]
    last = client(app).chat.completions.create(model="sft", messages=then, tools=[TOOL], tool_choice="none")
    assert last.choices[0].message.content == "tool: 晴"


def test_a_stream_holds_the_same(served):
    parts = list(ask(served(), ("user", "hi"), stream=True))
    assert "".join(part.choices[0].delta.content or "" for part in parts) == "user: hi"
    assert parts[-1].choices[0].finish_reason == "stop"
    called = list(ask(served(), ("user", "hi"), tools=[TOOL], stream=True))
    assert called[0].choices[0].delta.tool_calls[0].function.name == "weather"


def test_reasoning_length_and_stops(served):
    app = served()
    found = ask(app, ("user", "hi"), extra_body={"chat_template_kwargs": {"enable_thinking": True}})
    assert found.choices[0].message.reasoning_content == "hm"
    assert ask(app, ("user", "hi"), max_tokens=3).choices[0].finish_reason == "length"
    stopped = ask(app, ("user", "one. two. three"), stop=[". t", "three"]).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("user: one", "stop")


@pytest.mark.parametrize(
    ("turns", "more", "named"),
    [
        ([("user", "<|im_end|>")], {}, "control_token_in_text"),
        ([], {}, "missing_messages"),
        ([("user", "q"), ("assistant", "r")], {}, "last turn is the assistant's"),
        ([("wizard", "q")], {}, "unknown_role"),
        ([("user", [{"type": "image_url", "image_url": {"url": "x"}}])], {}, "not_text_only"),
        ([("user", "q")], {"n": 2}, "'n' must be 1"),
        ([("user", "q")], {"max_tokens": 0}, "max_tokens"),
        ([("user", "q")], {"stop": [1]}, "'stop'"),
        ([("user", "q")], {"tools": [{"type": "function"}]}, "bad_tools"),
        ([("user", "q" * 100_001)], {}, "longer than"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(served, turns, more, named):
    with pytest.raises(openai.BadRequestError, match=named):
        ask(served(), *turns, **more)


def test_other_tasks_and_wrong_secrets_are_refused(served):
    with pytest.raises(openai.BadRequestError, match="for classification, not for chat"):
        ask(served("classification"), ("user", "q"))
    app = served(secret="s3cret")
    with pytest.raises(openai.AuthenticationError):
        client(app, "wrong").models.list()
    assert [model.id for model in client(app, "s3cret").models.list()] == ["sft"]
