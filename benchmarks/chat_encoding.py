"""Conversations made tokens and labels: turns a second, beside TRL's tokenisation in the same run.

    OMP_NUM_THREADS=1 python benchmarks/chat_encoding.py [conversations]

10,000 conversations of 6 turns (half English, half Chinese, 20 to 60 words a turn), one core, a byte-level BPE of 8,000
tokens trained on them. For each chat template of TRL that is named in TEMPLATES: `encode` of the chat head, as `train`
calls it, and TRL's own `_tokenize` with assistant_only_loss under the training template that TRL puts in that
template's place. Both do the same 500 conversations at a time in turn, so that what else runs on the machine meets both
alike. Prints turns a second of process time, and the learned tokens of each (TRL's training templates also learn the
line break behind the end of a turn, which no model has to write, and another empty think block).
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("RAYON_NUM_THREADS", "1")

from pipeline.core.settings import Task
from pipeline.modeling.heads import chat
from pipeline.modeling.training.recipe import Recipe

#: Asked with, and what TRL trains with in its place.
TEMPLATES = (("qwen2_5", "qwen2_5_training"), ("llama3", "llama3_training"), ("qwen3", "qwen3_training"))
TURNS, PART = 6, 500
_EN = ("the", "of", "to", "parcel", "order", "where", "when", "colour", "refund", "please", "page", "train", "shipped")
_ZH = ("我", "的", "快递", "订单", "什么", "时候", "可以", "退货", "请", "在", "页面", "点击", "申请", "会员", "地址")


def conversations(count: int) -> list[dict]:
    """Rows with `messages`: user and assistant in turn."""
    rng = random.Random(0)
    found = []
    for n in range(count):
        words, joint = (_EN, " ") if n % 2 else (_ZH, "")
        texts = [joint.join(rng.choices(words, k=rng.randint(20, 60))) + f" {rng.random():.4f}" for _ in range(TURNS)]
        roles = ("user", "assistant") * (TURNS // 2)
        found.append({"messages": [{"role": r, "content": t} for r, t in zip(roles, texts, strict=True)]})
    return found


def tokenizer_for(template: str, rows: list[dict]):
    """A byte-level BPE trained on the rows, with the control tokens of the template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    from tests.modeling.lm.toy_tokenizer import _TAG

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=8000, initial_alphabet=letters, show_progress=False)
    bpe.train_from_iterator((m["content"] for row in rows[:1000] for m in row["messages"]), trainer)
    names = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, **names)
    tokenizer.add_special_tokens({"additional_special_tokens": sorted(set(_TAG.findall(template)))})
    tokenizer.chat_template = template
    return tokenizer


def measure(asked: str, trained: str, rows: list[dict]) -> None:
    import trl
    from trl.trainer.sft_trainer import _tokenize

    folder = Path(trl.__file__).parent / "chat_templates"
    tokenizer = tokenizer_for((folder / f"{asked}.jinja").read_text("utf-8"), rows)
    training = (folder / f"{trained}.jinja").read_text("utf-8")
    task, recipe = Task(type="chat", languages=("en", "zh")), Recipe.model_validate({"max_length": 100_000})
    seconds, learned = {"ours": 0.0, "trl": 0.0}, {"ours": 0, "trl": 0}
    for start in range(0, len(rows), PART):
        part = rows[start : start + PART]
        began = time.process_time()
        notes = chat.encode(part, tokenizer, task, recipe).notes
        seconds["ours"] += time.process_time() - began
        counted = notes["reply_tokens"]
        assert isinstance(counted, int)
        learned["ours"] += counted
        began = time.process_time()
        for row in part:
            made = _tokenize(
                tokenizer, row["messages"], return_assistant_tokens_mask=True, tools=None, chat_template=training
            )
            learned["trl"] += sum(made["assistant_masks"])
        seconds["trl"] += time.process_time() - began
    turns = len(rows) * TURNS
    for name, spent in seconds.items():
        print(f"{asked:10} {name:5} {turns / spent:8,.0f} turns/s  {learned[name]:9,} learned tokens", flush=True)


if __name__ == "__main__":
    data = conversations(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    for pair in TEMPLATES:
        measure(*pair, data)
