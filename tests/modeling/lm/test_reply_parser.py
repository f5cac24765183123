"""What a template writes for a reply is read back as that reply, for every chat template of trl."""

import json

import pytest

from pipeline.core.conversation import Conversation, Message, ToolCall
from pipeline.core.record import Reject
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.replies import reply
from pipeline.modeling.lm.reply_parser import ReplyParser
from tests.modeling.lm.shapes import TOOLS
from tests.modeling.lm.test_views import TEMPLATES, needs_trl, source
from tests.modeling.lm.toy_tokenizer import toy_tokenizer

USER = Message("user", "巴黎天气怎么样？")
PARIS, ROME = (
    ToolCall("get_weather", json.dumps({"city": city}, ensure_ascii=False)) for city in ("巴黎 <b>", "Rome, Italy")
)
REPLIES = {
    "text": Message("assistant", "It is clear.\n\n- 晴"),
    "reasoning": Message("assistant", "It is clear.", "Look out of the window.\n看看窗外。"),
    "call": Message("assistant", tool_calls=(PARIS,)),
    "two calls": Message("assistant", tool_calls=(PARIS, ROME)),
    "text and call": Message("assistant", "I look it up.", tool_calls=(PARIS,)),
    "all": Message("assistant", "I look it up.", "They ask for Paris.", (PARIS, ROME)),
}
#: What is not read, by hand: calls that are written neither as JSON nor in tags; texts that gpt-oss puts into another
#: channel when a call follows.
_CALLS = {"call", "two calls", "text and call", "all"}
_OTHER_FORMS = ("diffusion_gemma", "gemma4", "lfm2_2_5", "lfm2_v2", "muse_glimmer")
UNREAD = {name: _CALLS for name in TEMPLATES if name.startswith(_OTHER_FORMS)} | {"gptoss": {"text and call"}}


def written(template, message):
    found = reply(template.turns(Conversation((USER, message), TOOLS)), 1, template)
    return found.text.removesuffix(found.end), found.text


def plain(message):
    calls = tuple((call.name, json.loads(call.arguments)) for call in message.tool_calls)
    return message.content.strip(), message.reasoning.strip(), calls


@needs_trl
@pytest.mark.parametrize("name", TEMPLATES)
def test_what_the_template_writes_is_read_back(name):
    template = ChatTemplate(toy_tokenizer(source(name)))
    parser = ReplyParser(template)
    wrong = {}
    for shape, message in REPLIES.items():
        try:
            text, whole = written(template, message)
        except Reject:
            continue  # the template has no form for it, see test_views
        for one in (text, whole):
            if plain(parser.message(one, TOOLS)) != plain(message):
                wrong[shape] = (one, parser.message(one, TOOLS))
    assert set(wrong) <= UNREAD.get(name, set()), wrong


def test_most_templates_are_read_whole():
    assert len(TEMPLATES) - len(UNREAD) >= 0.7 * len(TEMPLATES)


@needs_trl
def test_what_is_badly_written_stays_as_it_is():
    parser = ReplyParser(ChatTemplate(toy_tokenizer(source("qwen3"))))
    cut = parser.message('<tool_call>\n{"name": "get_weather", "arguments": {"city": "Ly')
    assert cut.tool_calls == (ToolCall("get_weather", '{"city": "Ly'),)
    bad = parser.message('好的。<tool_call>{"name":"f","arguments":{city: 1}}\n</tool_call><|im_end|>')
    assert (bad.content, bad.tool_calls) == ("好的。", (ToolCall("f", "{city: 1}"),))
    assert parser.message("<think>\nnever closed").content == "<think>\nnever closed"
    assert parser.message("") == Message("assistant")
    spaced = parser.message(' <think> ten </think>Neon.\n\n<tool_call>{"name": "f", "arguments": {}} </tool_call>')
    assert spaced == Message("assistant", "Neon.", "ten", (ToolCall("f", "{}"),))


@needs_trl
def test_schemas_tell_texts_from_numbers():
    parser = ReplyParser(ChatTemplate(toy_tokenizer(source("glm4moe"))))
    text = "<tool_call>f\n<arg_key>id</arg_key>\n<arg_value>3</arg_value>\n</tool_call>"
    kinds = {"type": "function", "function": {"name": "f", "parameters": {"properties": {"id": {"type": "string"}}}}}
    assert parser.message(text).tool_calls[0].arguments == '{"id": 3}'
    assert parser.message(text, [kinds]).tool_calls[0].arguments == '{"id": "3"}'
