from pathlib import Path

import pytest

from pipeline.core.record import Reject
from pipeline.core.settings import Task, load
from pipeline.modeling.heads.chat import encode
from pipeline.modeling.lm.collate import collate
from pipeline.modeling.lm.generator import generator_folder
from pipeline.modeling.lm.masking import IGNORED, encode_chat, prompt_ids
from pipeline.modeling.models import Models
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.conftest import REAL_CACHE

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


def learned(ids, labels, tokenizer):
    assert [label for label in labels if label != IGNORED] == [
        i for i, label in zip(ids, labels, strict=True) if label != IGNORED
    ]
    return tokenizer.decode([label for label in labels if label != IGNORED])


def check_talk(tokenizer, end):
    ids, labels = encode_chat(TALK, tokenizer)
    assert learned(ids, labels, tokenizer) == f"thank you{end}非常满意{end}"
    ids, labels = encode_chat(TALK, tokenizer, only_last=True)
    assert learned(ids, labels, tokenizer) == f"非常满意{end}"
    first = next(n for n, label in enumerate(labels) if label != IGNORED)
    assert prompt_ids(TALK[:-1], tokenizer) == ids[:first]


def test_every_assistant_turn_is_learned_with_its_end_and_nothing_else(tokenizer):
    check_talk(tokenizer, "<|im_end|>")


@pytest.mark.slow
def test_the_mask_is_right_for_the_real_instruct_model(monkeypatch):
    from transformers import AutoTokenizer

    monkeypatch.setenv("SFT_CACHE", REAL_CACHE)
    models = load("models", Models, Path("pipeline/commands/templates/chat.yaml"))
    tokenizer = AutoTokenizer.from_pretrained(generator_folder(models.generator))
    check_talk(tokenizer, "<|im_end|>")
    # Without a system turn the template adds its own: never learned.
    ids, labels = encode_chat(TALK[1:3], tokenizer)
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
        encode_chat(messages, tokenizer)


def test_a_template_that_rewrites_earlier_turns_is_refused(llama_folder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(llama_folder)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['role'] }}{% if loop.last %}{{ m['content'] }}{% endif %}{% endfor %}"
    )
    with pytest.raises(Reject, match="template_rewrites_turns"):
        encode_chat(TALK, tokenizer)


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
    assert (len(found.items), dict(found.dropped)) == (1, {"template_refuses": 1})
    with pytest.raises(Reject, match="template_refuses: no system turn"):
        prompt_ids(TALK[:1], strict(llama_folder))


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
    ids, _ = encode_chat(TALK, tokenizer)
    assert ids.count(tokenizer.bos_token_id) == 1
    assert prompt_ids(TALK[:-1], tokenizer).count(tokenizer.bos_token_id) == 1


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
    talk = [
        {"role": "user", "content": "what day"},
        {"role": "assistant", "content": "call day()"},
        {"role": "tool", "content": '{"day": "good"}'},
        {"role": "assistant", "content": "a good day"},
    ]
    ids, labels = encode_chat(talk, tokenizer)
    assert '{"day": "good"}' in tokenizer.decode(ids)
    assert learned(ids, labels, tokenizer) == "call day()<|im_end|>a good day<|im_end|>"


def test_how_much_of_the_replies_a_cut_takes_is_counted(tokenizer):
    whole = encode([{"messages": TALK}], tokenizer, TASK, Recipe(max_length=512))
    room = len(whole.items[0]["input_ids"]) - 4
    cut = encode([{"messages": TALK}], tokenizer, TASK, Recipe(max_length=room))
    assert whole.notes["reply_tokens_cut"] == 0
    assert cut.notes["reply_tokens"] == whole.notes["reply_tokens"]
    assert 0 < cut.notes["reply_tokens_cut"] <= 4
