"""A tokenizer of bytes that knows the control tokens of a chat template: enough to try any template with."""

import re

#: What looks like a token of its own in the text of a template.
_TAG = re.compile(
    r"<\|[^<>|{}'\" \n]+\|>|<\|[a-z_\"]+>|<[a-z_]+\|>|<｜[^<>{}'\"\n]+｜>|\[gMASK\]"
    r"|</?(?:think|tool_call|tool_response|tools|start_of_turn|end_of_turn|end_of_utterance|s|image|sop)>"
)
#: Tags that are tokens of their own, but may stand in texts.
_PLAIN = re.compile(r"</?(think|tool_call|tool_response|tools)>")


def toy_tokenizer(template, merges=(), **tokens):
    """A byte-level tokenizer; `merges` joins pairs of bytes, as `("Ċ", "Ċ")`."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(pair) for pair in merges)]
    bpe = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=list(merges)))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    names = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", **tokens}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, **names)
    tags = sorted(set(_TAG.findall(template)) - set(names.values()))
    tokenizer.add_special_tokens({"additional_special_tokens": [tag for tag in tags if not _PLAIN.fullmatch(tag)]})
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in tags if _PLAIN.fullmatch(tag)])
    tokenizer.chat_template = template
    return tokenizer
