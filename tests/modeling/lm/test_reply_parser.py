"""What a template writes for a reply is read back as that reply, for every chat template of trl and some others."""

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
VALUES = {
    "s": 'it\'s "q" <b>, }',
    "n": -3.5,
    "i": 7,
    "t": True,
    "z": None,
    "l": [1, "甲", {"k": False}],
    "o": {"a b": "c"},
}
MANY = ToolCall("f_x", json.dumps(VALUES, ensure_ascii=False))
REPLIES = {
    "text": Message("assistant", "It is clear.\n\n- 晴"),
    "reasoning": Message("assistant", "It is clear.", "Look out of the window.\n看看窗外。"),
    "call": Message("assistant", tool_calls=(PARIS,)),
    "two calls": Message("assistant", tool_calls=(PARIS, ROME)),
    "text and call": Message("assistant", "I look it up.", tool_calls=(PARIS,)),
    "reasoning and call": Message("assistant", "", "They ask for Paris.\n想。", (PARIS,)),
    "all": Message("assistant", "I look it up.", "They ask for Paris.", (PARIS, ROME)),
    "values of all types": Message("assistant", tool_calls=(MANY,)),
    "no arguments": Message("assistant", tool_calls=(ToolCall("f_x"), PARIS)),
}
#: gpt-oss puts a text that stands before a call into the channel of its reasoning: they cannot be told apart.
UNREAD = {"gptoss": {"text and call"}}


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


@needs_trl
def test_a_text_before_a_call_of_gpt_oss_is_its_reasoning():
    template = ChatTemplate(toy_tokenizer(source("gptoss")))
    found = ReplyParser(template).message(written(template, REPLIES["text and call"])[1], TOOLS)
    assert (found.content, found.reasoning) == ("", "I look it up.")


#: How models beyond trl's templates write the calls of a message `m`.
_ARGUMENTS = "c.function.arguments | tojson"
OTHERS = {
    "Mistral": "{% if m.tool_calls %}[TOOL_CALLS] [{% for c in m.tool_calls %}"
    f'{{"name": "{{{{ c.function.name }}}}", "arguments": {{{{ {_ARGUMENTS} }}}}, "id": "{{{{ c.id }}}}"}}'
    "{% if not loop.last %}, {% endif %}{% endfor %}]{% endif %}",
    "Mistral, named": "{% for c in m.tool_calls or [] %}[TOOL_CALLS]{{ c.function.name }}[ARGS]{{ %s }}{% endfor %}",
    "DeepSeek V3": "{% if m.tool_calls %}<｜tool▁calls▁begin｜>{% for c in m.tool_calls %}"
    "{% if not loop.first %}\n{% endif %}"
    "<｜tool▁call▁begin｜>function<｜tool▁sep｜>{{ c.function.name }}\n```json\n{{ %s }}\n```<｜tool▁call▁end｜>"
    "{% endfor %}<｜tool▁calls▁end｜>{% endif %}",
    "DeepSeek V3.1": "{% if m.tool_calls %}<｜tool▁calls▁begin｜>{% for c in m.tool_calls %}<｜tool▁call▁begin｜>"
    "{{ c.function.name }}<｜tool▁sep｜>{{ %s }}<｜tool▁call▁end｜>{% endfor %}<｜tool▁calls▁end｜>{% endif %}",
    "Kimi K2": "{% if m.tool_calls %}<|tool_calls_section_begin|>{% for c in m.tool_calls %}"
    "<|tool_call_begin|>functions.{{ c.function.name }}:{{ loop.index0 }}<|tool_call_argument_begin|>{{ %s }}"
    "<|tool_call_end|>{% endfor %}"
    "<|tool_calls_section_end|>{% endif %}",
    "MiniMax M2": "{% if m.tool_calls %}\n<minimax:tool_call>\n{% for c in m.tool_calls %}"
    '<invoke name="{{ c.function.name }}">\n{% for k, v in c.function.arguments.items() %}'
    '<parameter name="{{ k }}">{{ v if v is string else v | tojson }}'
    "</parameter>\n{% endfor %}</invoke>\n{% endfor %}</minimax:tool_call>{% endif %}",
    "Llama, Python": "{% if m.tool_calls %}[{% for c in m.tool_calls %}{{ c.function.name }}("
    "{% for k, v in c.function.arguments.items() %}{{ k }}={{ v | tojson }}{% if not loop.last %}, {% endif %}"
    "{% endfor %}){% if not loop.last %}, {% endif %}{% endfor %}]{% endif %}",
}


@pytest.mark.parametrize("name", OTHERS)
def test_calls_of_other_models_are_read(name):
    form = OTHERS[name].replace("%s", _ARGUMENTS)
    text = (
        "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}"
        "<|start|>{{ m.role }}<|sep|>{{ m.content }}"
        + form
        + "<|eot|>{% endfor %}{% if add_generation_prompt %}<|start|>assistant<|sep|>{% endif %}"
    )
    template = ChatTemplate(toy_tokenizer(text))
    parser = ReplyParser(template)
    for shape in ("text", "call", "two calls", "text and call", "values of all types", "no arguments"):
        written_out, _ = written(template, REPLIES[shape])
        assert plain(parser.message(written_out, TOOLS)) == plain(REPLIES[shape]), (shape, written_out)
    if name != "Llama, Python":  # whose calls are the whole reply, or none
        assert_keeps_what_stands_behind_calls(template)


def assert_keeps_what_stands_behind_calls(template):
    """A text that a model writes behind its calls is part of the reply."""
    for shape in ("call", "two calls"):
        try:
            written_out, _ = written(template, REPLIES[shape])
        except Reject:
            continue
        found = ReplyParser(template).message(f"{written_out.rstrip()}\n我查一下。Back soon.", TOOLS)
        assert plain(found) == ("我查一下。Back soon.", "", plain(REPLIES[shape])[2]), (shape, written_out)


@needs_trl
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_text_behind_the_calls_of_a_template_is_kept(name):
    assert_keeps_what_stands_behind_calls(ChatTemplate(toy_tokenizer(source(name))))


@needs_trl
def test_texts_before_between_and_behind_calls_are_kept_and_further_keys_of_a_call_are_no_text():
    parser = ReplyParser(ChatTemplate(toy_tokenizer(source("qwen3"))))
    one = '<tool_call>\n{"name": "f", "arguments": {}, "id": "x1"}\n</tool_call>'
    found = parser.message(f"First.{one}然后{one}<|im_end|>")
    assert (found.content, len(found.tool_calls)) == ("First.\n然后", 2)


@needs_trl
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lfm2_v2", "<|tool_call_start|>[open(" + "(" * 300 + "<|tool_call_end|>"),
        ("lfm2_v2", "<|tool_call_start|>[f(__import__('os').system('ls'))]<|tool_call_end|>"),
        ("lfm2_v2", "<|tool_call_start|>[]<|tool_call_end|>"),
        ("gemma4", "<|tool_call>call:f{a:<tool_call|>"),
        ("gemma4", "<|tool_call>say hello<tool_call|>"),
        ("muse_glimmer", "<atem:function_calls>\nnothing</atem:function_calls>"),
    ],
)
def test_calls_that_cannot_be_read_stay_in_the_text(name, text):
    found = ReplyParser(ChatTemplate(toy_tokenizer(source(name)))).message(f"好的。{text}")
    assert found.tool_calls == ()
    assert found.content.startswith("好的。")
    assert len(found.content) > len("好的。")


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
