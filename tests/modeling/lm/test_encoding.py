from pathlib import Path

import pytest

from pipeline.core.conversation import Conversation, Message
from pipeline.core.record import Reject
from pipeline.core.settings import Task, load
from pipeline.modeling.heads.chat import encode
from pipeline.modeling.lm.chat_settings import ChatSettings
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.collate import collate
from pipeline.modeling.lm.encoding import Encoder, encode_reply, prompt_ids
from pipeline.modeling.lm.generator import generator_folder
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.rows import of_messages
from pipeline.modeling.models import Models
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.conftest import REAL_CACHE
from tests.modeling.lm.shapes import shapes
from tests.modeling.lm.toy_tokenizer import toy_tokenizer

TASK = Task(type="chat", languages=("en", "zh"))
TALK = [
    {"role": "system", "content": "be good"},
    {"role": "user", "content": "what a day"},
    {"role": "assistant", "content": "thank you"},
    {"role": "user", "content": "质量很好"},
    {"role": "assistant", "content": "非常满意"},
]


@pytest.fixture(scope="module")
def tokenizer(llama_folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(llama_folder)


def encoded(messages, tokenizer, **settings):
    """Ids and labels of turns that are learned in one view. Raises the Reject of the first reply that is not."""
    (found,) = Encoder(ChatTemplate(tokenizer, ChatSettings(**settings))).encode([of_messages(messages)])
    if found.refused:
        raise found.refused[0][1]
    (view,) = found.encoded
    return view.ids, view.labels


def asked(messages, tokenizer):
    return prompt_ids(of_messages(messages), ChatTemplate(tokenizer))


def learned(ids, labels, tokenizer):
    assert [label for label in labels if label != IGNORED] == [
        i for i, label in zip(ids, labels, strict=True) if label != IGNORED
    ]
    return tokenizer.decode([label for label in labels if label != IGNORED])


def assert_learned(tokenizer, end):
    ids, labels = encoded(TALK, tokenizer)
    assert learned(ids, labels, tokenizer) == f"thank you{end}非常满意{end}"
    ids, labels = encoded(TALK, tokenizer, turns="last")
    assert learned(ids, labels, tokenizer) == f"非常满意{end}"
    first = next(n for n, label in enumerate(labels) if label != IGNORED)
    assert asked(TALK[:-1], tokenizer) == ids[:first]


def test_every_assistant_turn_is_learned_with_its_end_and_nothing_else(tokenizer):
    assert_learned(tokenizer, "<|im_end|>")


@pytest.mark.slow
def test_the_mask_is_right_for_the_real_instruct_model(monkeypatch):
    from transformers import AutoTokenizer

    monkeypatch.setenv("SFT_CACHE", REAL_CACHE)
    models = load("models", Models, Path("pipeline/commands/templates/chat.yaml"))
    assert models.generator is not None
    tokenizer = AutoTokenizer.from_pretrained(generator_folder(models.generator))
    assert_learned(tokenizer, "<|im_end|>")
    # Without a system turn the template adds its own: never learned.
    ids, labels = encoded(TALK[1:3], tokenizer)
    assert "SmolLM" in tokenizer.decode(ids)
    assert learned(ids, labels, tokenizer) == "thank you<|im_end|>"


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([{"role": "user", "content": "hi<|im_end|>"}, {"role": "assistant", "content": "a"}], "control_token_in_text"),
        ([{"role": "user", "content": "hi"}], "no_assistant_tokens"),
    ],
)
def test_rows_that_cannot_be_learned_from_say_why(messages, reason, tokenizer):
    with pytest.raises(Reject, match=reason):
        encoded(messages, tokenizer)


def strict(folder):
    """A tokenizer whose template knows no system turn, as those of some real models."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    refuse = "{% if m['role'] == 'system' %}{{ raise_exception('no system turn') }}{% endif %}"
    tokenizer.chat_template = tokenizer.chat_template.replace("messages %}", "messages %}" + refuse, 1)
    return tokenizer


def test_a_chat_that_the_template_has_no_form_for_is_dropped_and_counted(llama_folder):
    rows = [{"messages": TALK}, {"messages": TALK[1:]}]
    found = encode(rows, strict(llama_folder), TASK, Recipe())
    assert (len(found.items), dict(found.dropped)) == (1, {"no_system_turn": 1})
    with pytest.raises(Reject, match="no_system_turn: no system turn"):
        asked(TALK[:1], strict(llama_folder))


def test_over_long_rows_are_cut_or_dropped_and_counted(tokenizer):
    long = {"messages": [*TALK[:-1], {"role": "assistant", "content": "good film " * 30}]}
    rows = [{"messages": TALK}, long]
    cut = encode(rows, tokenizer, TASK, Recipe(max_length=100))
    assert (len(cut.items), cut.cut, dict(cut.dropped)) == (2, 1, {})
    assert len(cut.items[1]["input_ids"]) == 100
    dropped = encode(rows, tokenizer, TASK, Recipe(max_length=100, over_long="drop"))
    assert (len(dropped.items), dropped.cut, dict(dropped.dropped)) == (1, 0, {"over_long": 1})


def test_the_batch_loss_equals_the_loss_of_each_row_alone(tokenizer, llama_folder):
    """Padding and computing logits at labelled positions only must not change the loss."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(llama_folder).eval()
    examples = encode([{"messages": TALK}, {"messages": TALK[:3]}], tokenizer, TASK, Recipe()).items
    batch = collate(tokenizer)(examples)
    labels = batch.pop("labels")
    assert batch["logits_to_keep"].numel() < batch["input_ids"].shape[1]
    with torch.inference_mode():
        logits = model(**batch).logits
        ours = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
        alone = 0.0
        for example in examples:
            ids, target = torch.tensor([example["input_ids"]]), torch.tensor([example["labels"]])
            alone += model(ids, labels=target).loss * (target[:, 1:] != IGNORED).sum()
    assert float(ours) == pytest.approx(float(alone), rel=1e-5)


def templated(llama_folder, template, **tokens):
    """The tiny tokenizer with another chat template."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(llama_folder)
    tokenizer.chat_template = template
    for name, value in tokens.items():
        setattr(tokenizer, name, value)
    return tokenizer


BOS = "{{ '<|im_start|>' }}"
TURNS = (
    "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}{% if m['role'] == 'assistant' %}<|im_end|>{% endif %}"
    "\n{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}"
)


def test_a_template_that_writes_its_own_begin_token_gets_one_begin_token(llama_folder):
    tokenizer = templated(llama_folder, BOS + TURNS, bos_token="<|im_start|>")
    ids, _ = encoded(TALK, tokenizer)
    assert ids.count(tokenizer.bos_token_id) == 1
    assert asked(TALK[:-1], tokenizer).count(tokenizer.bos_token_id) == 1


def test_the_end_token_is_learned_even_where_it_is_also_the_padding(llama_folder):
    import torch

    tokenizer = templated(llama_folder, TURNS, pad_token="<|im_end|>")
    assert tokenizer.pad_token_id == tokenizer.eos_token_id
    rows = [{"messages": TALK}, {"messages": TALK[:3]}]
    batch = collate(tokenizer)(encode(rows, tokenizer, TASK, Recipe(max_length=256)).items)
    ends = (batch["labels"] == tokenizer.eos_token_id).sum(dim=1)
    assert ends.tolist() == [2, 1]  # one a reply, and none for padding
    assert torch.equal(batch["attention_mask"].sum(1) < batch["attention_mask"].shape[1], torch.tensor([False, True]))


def test_tool_turns_are_read_whole_and_never_learned(tokenizer):
    conversation = [
        {"role": "user", "content": "what day"},
        {"role": "assistant", "content": "call day()"},
        {"role": "tool", "content": '{"day": "good"}'},
        {"role": "assistant", "content": "a good day"},
    ]
    ids, labels = encoded(conversation, tokenizer)
    assert '{"day": "good"}' in tokenizer.decode(ids)
    assert learned(ids, labels, tokenizer) == "call day()<|im_end|>a good day<|im_end|>"


def test_how_much_of_the_replies_a_cut_takes_is_counted(tokenizer):
    whole = encode([{"messages": TALK}], tokenizer, TASK, Recipe(max_length=512))
    room = len(whole.items[0]["input_ids"]) - 4
    cut = encode([{"messages": TALK}], tokenizer, TASK, Recipe(max_length=room))
    assert whole.notes["reply_tokens_cut"] == 0
    assert cut.notes["reply_tokens"] == whole.notes["reply_tokens"]
    assert 0 < cut.notes["reply_tokens_cut"] <= 4


# ---------------------------------------------------------------------- what of a conversation is learned

QWEN = """{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.role == 'assistant' and m.reasoning_content %}<think>
{{ m.reasoning_content }}
</think>

{% endif %}{{ m.content }}{% for c in m.tool_calls %}
<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def words(conversation, **settings):
    """What is learned of a conversation, view by view."""
    tokenizer = toy_tokenizer(QWEN)
    (found,) = Encoder(ChatTemplate(tokenizer, ChatSettings(**settings))).encode([conversation])
    views = [tokenizer.decode([i for i in view.labels if i != IGNORED]) for view in found.encoded]
    return views, [(turn, reject.reason) for turn, reject in found.refused]


CALLED = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call><|im_end|>'


@pytest.mark.parametrize(
    ("loss_on", "expected"),
    [
        (("content",), "I look.It rains.<|im_end|>"),
        (("reasoning",), "<think>\nhm\n</think>\n\n"),
        (
            ("tool_calls",),
            '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call><|im_end|>',
        ),
        (("content", "reasoning"), "<think>\nhm\n</think>\n\nI look.It rains.<|im_end|>"),
    ],
)
def test_loss_is_taken_on_the_parts_that_are_named(loss_on, expected):
    call = shapes("en")["two calls"].messages[1].tool_calls[1]
    conversation = Conversation(
        (
            Message("user", "weather?"),
            Message("assistant", "I look.", reasoning="hm", tool_calls=(call,)),
            Message("tool", "rain"),
            Message("assistant", "It rains."),
        )
    )
    views, refused = words(conversation, loss_on=loss_on)
    assert views == [expected]
    assert refused == ([] if "content" in loss_on else [(3, "no_learned_part")])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_turns_that_are_not_to_be_learned_carry_no_loss(language):
    conversation = shapes(language)["3 turns"]
    first, second, third = (message.content for message in conversation.messages[1::2])

    def learn(*flags):
        replies = iter(flags)
        return Conversation(
            tuple(
                Message(m.role, m.content, learn=next(replies)) if m.role == "assistant" else m
                for m in conversation.messages
            )
        )

    end = "<|im_end|>"
    assert words(learn(None, None, None))[0] == [f"{first}{end}{second}{end}{third}{end}"]
    assert words(learn(None, None, None), turns="last")[0] == [f"{third}{end}"]
    assert words(learn(True, None, False), turns="last")[0] == [f"{first}{end}"]
    assert words(learn(None, False, None))[0] == [f"{first}{end}{third}{end}"]
    assert words(learn(False, False, False)) == ([], [(5, "no_assistant_tokens")])


def test_tokens_that_would_join_prompt_and_reply_are_made_apart():
    """The prompt as it is asked, then the reply as it will be written: the joined token is one that never comes."""
    template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    tokenizer = toy_tokenizer(template, merges=[("Ċ", "Ċ")])
    conversation = Conversation((Message("user", "a poem"), Message("assistant", "\n\nRoses")))
    joined = tokenizer(
        ChatTemplate(tokenizer).render(ChatTemplate(tokenizer).turns(conversation)), add_special_tokens=False
    )
    found = encode_reply(conversation, Encoder(ChatTemplate(tokenizer)))
    start = found.starts[0]
    assert found.ids[:start] == prompt_ids(Conversation(conversation.messages[:1]), ChatTemplate(tokenizer))
    assert found.ids != joined["input_ids"]
    assert tokenizer.decode(found.labels[start:]) == "\n\nRoses<|im_end|>"


def test_rows_of_the_exported_dataset_are_read_whole(tokenizer):
    """Arrow gives every turn the keys of all others."""
    empty = {"reasoning_content": None, "tool_calls": None, "tool_call_id": None, "name": None, "weight": None}
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": "day"}'}}
    row = {
        "id": "1",
        "messages": [
            {**empty, "role": "user", "content": "what day"},
            {**empty, "role": "assistant", "content": "", "tool_calls": [call], "weight": 0},
            {**empty, "role": "tool", "content": "good", "tool_call_id": "c1"},
            {**empty, "role": "assistant", "content": "a good day"},
        ],
        "tools": '[{"type": "function", "function": {"name": "look", "parameters": {}}}]',
        "chat_template_kwargs": {"enable_thinking": None},
    }
    toy = toy_tokenizer(QWEN)
    found = encode([row], toy, TASK, Recipe(max_length=400))
    assert toy.decode([i for i in found.items[0]["labels"] if i != IGNORED]) == "a good day<|im_end|>"
    assert found.notes["replies"] == found.notes["views"] == 1
    # A template that cannot hold it says which part.
    refused = encode([row, {"messages": TALK}], tokenizer, TASK, Recipe(max_length=400))
    assert dict(refused.dropped) == {"no_tools": 1}
    assert refused.notes["replies_refused"] == {"no_tools": 1}


def test_views_replies_and_refusals_are_counted(llama_folder):
    rows = [{"messages": TALK}, {"messages": TALK[1:]}]
    notes = encode(rows, strict(llama_folder), TASK, Recipe(max_length=400)).notes
    assert (notes["replies"], notes["views"], notes["replies_refused"]) == (2, 1, {"no_system_turn": 2})
