"""`models.encoder: {name: scratch}`: a small BERT with random weights and a vocabulary from the train split.

For projects that can reach no weights that know their language. A character of Chinese is one token; a frequent
word of other scripts is one, a rare one falls into its letters, so nothing that train shows is ever unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pipeline.text.scripts import CJK

if TYPE_CHECKING:
    from transformers import BertConfig, PreTrainedTokenizerBase

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
#: Words that occur this often become one token, the most frequent ones first. Guesses: not measured.
MIN_COUNT, MAX_WORDS = 3, 8000
#: A few million parameters: learns from some thousand examples within minutes on a CPU. A guess: not measured.
SIZE = {"hidden_size": 192, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 768}
MAX_POSITIONS = 512  # a guess: not measured

_WORD = re.compile(rf"[^\W{CJK}]+")


def vocabulary(texts: Iterable[str]) -> list[str]:
    """Special tokens, every character as a word's start and inside, frequent words; equal texts give equal lists."""
    words: Counter[str] = Counter()
    letters: set[str] = set()
    for text in texts:
        letters.update(text)
        words.update(word for word in _WORD.findall(text) if len(word) > 1)
    single = sorted(letter for letter in letters if not letter.isspace() and letter.isprintable())
    ranked = sorted((-count, word) for word, count in words.items() if count >= MIN_COUNT)[:MAX_WORDS]
    return [*SPECIAL, *single, *(f"##{letter}" for letter in single), *(word for _, word in ranked)]


def make_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerBase:
    """A fast tokenizer over `vocabulary(texts)`; letters keep their case and accents."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    ids = {token: n for n, token in enumerate(vocabulary(texts))}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=200))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=MAX_POSITIONS, **names)


def make_config(tokenizer: PreTrainedTokenizerBase, extra_layers: int = 0, **more: object) -> BertConfig:
    """The encoder's configuration; `extra_layers` are added on top."""
    from transformers import BertConfig

    settings: Any = {**SIZE, "num_hidden_layers": SIZE["num_hidden_layers"] + extra_layers, **more}
    return BertConfig(vocab_size=len(tokenizer), max_position_embeddings=MAX_POSITIONS, pad_token_id=0, **settings)
