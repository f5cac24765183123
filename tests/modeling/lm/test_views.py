"""Every chat template of trl x every shape of conversation: learned as it will be asked, or refused by name."""

import json
import re
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.core.conversation import Conversation, Message, Role
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.encoding import Encoder
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.views import learned_turns, views
from tests.modeling.lm.shapes import shapes
from tests.modeling.lm.toy_tokenizer import toy_tokenizer

_SPEC = find_spec("trl")
FOLDER = Path(_SPEC.origin).parent / "chat_templates" if _SPEC and _SPEC.origin else Path("trl is not installed")
TEMPLATES = sorted(path.stem for path in FOLDER.glob("*.jinja") if not path.stem.endswith("_training"))
LANGUAGES = ("en", "zh")
DATE = "2024-07-26"

#: What these templates want, said by hand: the code under test finds it out.
AS_TEXT, AS_PARTS = ("deepseek_r1_distill", "deepseekv3"), ("idefics3", "llava_next", "smolvlm")

needs_trl = pytest.mark.skipif(not TEMPLATES, reason="trl is not installed")


def source(name):
    """A template, its date written out: the oracle must not use the code under test."""
    text = (FOLDER / f"{name}.jinja").read_text("utf-8")
    dates = {"%d %b %Y": "26 Jul 2024", "%Y-%m-%d": DATE}
    return re.sub(r"""strftime_now\((["'])(.*?)\1\)""", lambda found: f'"{dates[found[2]]}"', text)


def as_openai(message, name):
    turn = {"role": message.role, "content": message.content}
    if name in AS_PARTS:
        turn["content"] = [{"type": "text", "text": message.content}]
    if message.reasoning:
        turn["reasoning_content"] = message.reasoning
    if message.tool_call_id:
        turn |= {"tool_call_id": message.tool_call_id, "name": "get_weather"}
    if message.tool_calls:
        calls = []
        for call in message.tool_calls:
            arguments = call.arguments if name in AS_TEXT else json.loads(call.arguments)
            calls.append({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}})
        turn["tool_calls"] = calls
    return turn


class Oracle:
    """What the template itself writes."""

    def __init__(self, name):
        self.name, self.tokenizer = name, toy_tokenizer(source(name))

    def text(self, conversation, end, ask, then=()):
        turns = [as_openai(message, self.name) for message in (*conversation.messages[:end], *then)]
        return self.tokenizer.apply_chat_template(
            turns,
            tools=list(conversation.tools) or None,
            tokenize=False,
            add_generation_prompt=ask,
            **dict(conversation.template_arguments),
        )

    def ids(self, text):
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def rule(self, conversation, turn, learned):
        """By which rule the reply is what inference gives after the prompt; None by none."""
        asked, written = self.text(conversation, turn, True), self.text(conversation, turn + 1, False)
        if written.startswith(asked + learned):
            return "as rendered"
        message, end = conversation.messages[turn], learned[learned.rindex("<") :]
        following = Message("tool", "x", tool_call_id="call00000") if message.tool_calls else Message("user", "x")
        said = message.content or json.loads(message.tool_calls[-1].arguments)["city"]
        after = self.text(conversation, turn + 1, False, [following]).rpartition(said)[2]
        if written == asked + learned.removesuffix(end) and end in after:
            return "ended by the next turn"
        if learned.startswith("</think>") and written.startswith(asked.rstrip() + learned):
            return "closes the block"
        reasoning, close, rest = learned.partition("\n</think>\n\n")
        outside = asked.removesuffix("<think>\n")
        if close and reasoning == conversation.messages[turn].reasoning and written.startswith(outside + rest):
            return "reasons in the block"
        return None


def spoken(encoded, turn):
    """The learned tokens of one reply, and where they begin."""
    start = encoded.starts[encoded.turns.index(turn)]
    end = start
    while end < len(encoded.labels) and encoded.labels[end] != IGNORED:
        end += 1
    return start, encoded.labels[start:end]


def check(name, conversation, settings=None):
    """Learn one conversation and hold every reply against the template; what became of each reply."""
    oracle = Oracle(name)
    encoder = Encoder(ChatTemplate(oracle.tokenizer, settings))
    (learned,) = encoder.encode([conversation])
    asked = learned_turns(conversation.messages, only_last=False)
    done = [turn for one in learned.encoded for turn in one.turns]
    assert sorted([*done, *(turn for turn, _ in learned.refused)]) == asked, "every reply once"
    outcome = {turn: reject.reason for turn, reject in learned.refused}
    for encoded in learned.encoded:
        for turn in encoded.turns:
            start, ids = spoken(encoded, turn)
            assert encoded.ids[:start] == oracle.ids(oracle.text(conversation, turn, True)), (
                "the prompt as it will be asked"
            )
            assert encoded.ids[start : start + len(ids)] == ids
            text = oracle.tokenizer.decode(ids)
            rule = oracle.rule(conversation, turn, text)
            assert rule, f"{name} turn {turn}: {text!r} is not what the template writes"
            assert oracle.tokenizer.decode(ids[-1:]) in oracle.tokenizer.get_added_vocab(), "something stops the model"
            holds_all(conversation.messages[turn], text)
            outcome[turn] = rule
        never_learned(conversation, encoded, oracle.tokenizer)
    return outcome


def holds_all(message, text):
    assert message.content in text
    assert message.reasoning in text
    for call in message.tool_calls:
        assert call.name in text
        assert all(value in text for value in json.loads(call.arguments).values())


def never_learned(conversation, encoded, tokenizer):
    """What people and tools said carries no loss."""
    text = tokenizer.decode([label for label in encoded.labels if label != IGNORED])
    for message in conversation.messages:
        if message.role != "assistant" or message.learn is False:
            assert message.content not in text


@needs_trl
@pytest.mark.parametrize("name", TEMPLATES)
def test_every_reply_is_learned_as_it_will_be_asked_or_refused_by_name(name):
    for language in LANGUAGES:
        for conversation in shapes(language).values():
            outcome = check(name, conversation)
            assert set(outcome.values()) <= {*REASONS, *RULES}


RULES = ("as rendered", "ended by the next turn", "closes the block", "reasons in the block")
REASONS = (
    "no_reasoning",
    "no_system_turn",
    "no_tool_calls",
    "no_tool_turn",
    "no_tools",
    "one_call_only",
    "opens_think_block",
    "thinking_is_off",
)


@needs_trl
def test_refusals_by_cause(capsys):
    """The table; figures of trl 1.16: a template that is new, or changed, moves them."""
    causes: Counter[str] = Counter()
    shown: dict[str, Counter[str]] = {}
    for name in TEMPLATES:
        found = Counter(
            what
            for lang in LANGUAGES
            for conversation in shapes(lang).values()
            for what in check(name, conversation).values()
        )
        shown[name] = found
        causes.update(found)
    with capsys.disabled():
        sys.stdout.write(f"\n{sum(causes.values())} replies under {len(TEMPLATES)} templates\n")
        for cause, count in causes.most_common():
            sys.stdout.write(f"{count:6}  {cause:24} {sum(cause in found for found in shown.values()):3} templates\n")
    learned = sum(causes[rule] for rule in RULES)
    assert learned / sum(causes.values()) > 0.7
    # Templates that hold everything: nothing is refused.
    for name in ("qwen3", "glm4moe", "muse_glimmer", "gemma4_v5", "nemotron_3_nano", "lfm2_2_5", "qwen3_8"):
        assert not set(shown[name]) - set(RULES), name
    assert set(shown["gemma"]) - set(RULES) == {"no_system_turn", "no_reasoning", "no_tools", "no_tool_turn"}
    assert set(shown["llama3_1"]) - set(RULES) == {"no_reasoning", "one_call_only"}
    assert set(shown["gptoss"]) - set(RULES) == {"one_call_only"}
    assert set(shown["deepseek_r1_distill"]) - set(RULES) == {"opens_think_block", "no_tools"}
    assert set(shown["qwen3_5_nothink"]) - set(RULES) == {"thinking_is_off"}


@needs_trl
@pytest.mark.parametrize(
    "name", ["qwen3", "qwen3_5_nothink", "qwen3_5_think", "nemotron_3_nano", "glm4moe", "gemma4_v5"]
)
@pytest.mark.parametrize("thinks", [True, False])
def test_arguments_of_the_template_belong_to_the_prompt(name, thinks):
    kinds = shapes("zh")
    conversation = kinds["thinking 2"] if thinks else kinds["3 turns"]
    outcome = check(name, Conversation(conversation.messages, conversation.tools, (("enable_thinking", thinks),)))
    assert set(outcome.values()) <= set(RULES)


@needs_trl
def test_history_that_is_rewritten_is_learned_in_as_many_views_as_prompts():
    def count(name, shape):
        return len(views(shapes("en")[shape], ChatTemplate(toy_tokenizer(source(name)))).views)

    assert [count(name, "3 turns") for name in ("qwen2_5", "llama3", "qwen3", "gptoss")] == [1, 1, 3, 3]
    assert [count(name, "thinking 2") for name in ("qwen3", "muse_glimmer", "glm4moe")] == [2, 1, 2]
    assert count("qwen3_5_think", "tool round") == 1, "within one answer, nothing is taken away"


@needs_trl
@pytest.mark.parametrize("name", [name for name in TEMPLATES if (FOLDER / f"{name}_training.jinja").is_file()])
def test_training_templates_of_trl_learn_the_same_words_and_the_same_end(name):
    """A second oracle: templates whose authors marked what is generated."""
    conversation = shapes("en")["1 turn"]
    tokenizer = toy_tokenizer(source(name))
    found = views(conversation, ChatTemplate(tokenizer))
    marked = tokenizer.apply_chat_template(
        [as_openai(message, name) for message in conversation.messages],
        chat_template=source(f"{name}_training"),
        return_assistant_tokens_mask=True,
        return_dict=True,
    )
    generated = tokenizer.decode(
        [id for id, is_reply in zip(marked["input_ids"], marked["assistant_masks"], strict=True) if is_reply]
    )
    if not found.views:
        assert [reject.reason for _, reject in found.refused] == ["opens_think_block"]
        return
    (view,) = found.views
    (span,) = view.spans
    ours = view.text[span.start : span.end]
    assert ours[ours.index("A noble gas.") :] in generated


def long_chat(turns):
    """Questions and answers."""
    roles: tuple[Role, Role] = ("user", "assistant")
    return Conversation(tuple(Message(roles[n % 2], f"word {n}") for n in range(turns)))


def long_task(turns):
    """One question, then thoughts, calls and results in turn."""
    call = shapes("en")["tool round"].messages[1].tool_calls
    rounds = [
        Message("assistant", reasoning=f"thought {n}", tool_calls=call) if n % 2 else Message("tool", f"result {n}")
        for n in range(1, turns - 1)
    ]
    return Conversation((Message("user", "weather?"), *rounds, Message("assistant", "It rains.", reasoning="so")))


@needs_trl
@pytest.mark.parametrize(
    ("name", "conversation"), [("qwen2_5", long_chat), ("gemma4_v5", long_chat), ("qwen3", long_task)]
)
def test_cost_is_linear_in_the_turns_where_history_stands(name, conversation, monkeypatch):
    """However many turns there are, the conversation is rendered as often."""
    template = ChatTemplate(toy_tokenizer(source(name)))
    rendered = []
    render = ChatTemplate.render

    def counted(self, *arguments, **named):
        rendered.append(1)
        return render(self, *arguments, **named)

    monkeypatch.setattr(ChatTemplate, "render", counted)
    counts = []
    for turns in (20, 200):
        rendered.clear()
        found = views(conversation(turns), template)
        assert (len(found.views), found.replies) == (1, turns // 2)
        counts.append(len(rendered))
    assert counts[0] == counts[1] <= 15


def test_long_conversations_are_learned_at_the_right_places():
    """Where only some replies were rendered by themselves: the places of all others."""
    template = ChatTemplate(toy_tokenizer(CHATML))
    (view,) = views(long_chat(40), template).views
    learned = [view.text[span.start : span.end] for span in view.spans]
    assert learned == [f"word {n}<|im_end|>" for n in range(1, 40, 2)]
    (view,) = views(long_task(40), template).views
    assert view.text[view.spans[7].start : view.spans[7].end].endswith("<|im_end|>")


CHATML = """{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content }}
{%- for c in m.tool_calls %}
<tool_call>{{ c.function.name }} {{ c.function.arguments | tojson }}</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


# ---------------------------------------------------------------------- shared cases: templates as of models in use


def case(name):
    folder = Path(__file__).parents[4] / "shared" / "cases" / "14"
    if not folder.is_dir():
        pytest.skip("shared/cases is not beside the project")
    return json.loads((folder / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain chatml", {}),
        ("empty think in the last reply, stripped from earlier ones", {}),
        ("generation prompt opens think", {"opens_think_block"}),
        ("system goes into the last user turn", {}),
        ("no system role", {"no_system_turn"}),
        ("no tool role", {"no_tool_turn"}),
    ],
)
def test_templates_that_treat_earlier_turns_otherwise(template, expected):
    text = case("templates")[template]
    tokenizer = toy_tokenizer(text, **({"eos_token": "</s>"} if "</s>" in text else {}))
    refused = set()
    for name, turns in case("talks").items():
        (learned,) = Encoder(ChatTemplate(tokenizer)).encode([Conversation(tuple(Message.of(turn) for turn in turns))])
        refused |= {reject.reason for _, reject in learned.refused}
        for encoded in learned.encoded:
            for turn in encoded.turns:
                asked = tokenizer.apply_chat_template(turns[:turn], tokenize=False, add_generation_prompt=True)
                start, ids = spoken(encoded, turn)
                assert tokenizer.decode(encoded.ids[:start]) == asked, name
                assert turns[turn]["content"].split("</think>")[-1].strip() in tokenizer.decode(ids)
        if not expected:
            assert learned.replies == sum(turn["role"] == "assistant" for turn in turns), name
    assert refused == set(expected)
