"""Language models that write text: answers of a causal model, translations of a seq2seq model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.conversation import Conversation, JsonObject, Message
from pipeline.core.errors import PipelineError
from pipeline.core.progress import counted
from pipeline.core.record import Reject
from pipeline.modeling.device import halving, placement, to_model
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.encoder_decoder import load_encoder_decoder
from pipeline.modeling.lm.encoding import prompt_ids
from pipeline.modeling.lm.generator import load_generator
from pipeline.modeling.lm.reply_parser import ReplyParser
from pipeline.modeling.lm.rows import Messages, as_turns, of_messages
from pipeline.modeling.models import Model, local_path

if TYPE_CHECKING:
    from torch import Generator, Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    _Loaded = tuple[PreTrainedTokenizerBase, PreTrainedModel]

_WHERE = "models.generator"

#: Prompts answered together. Fewer are filled up to it, so that every batch has one shape: on CPUs an answer then does
#: not depend on its neighbours (tests/modeling/lm/test_generation.py holds the model to it). A guess: not measured.
_BATCH = 8
#: Prompts are padded to a multiple of so many tokens; the same reason. A guess: not measured.
_WIDTH = 32
#: Share of the probability that sampling draws from (Holtzman et al. 2019, https://arxiv.org/abs/1904.09751).
_TOP_P = 0.95


@dataclass(frozen=True)
class Answer:
    """What a model wrote. `ended`: it stopped by itself. `too_long`: the prompt is beyond its window; no text.

    `logprob` is the sum over the written tokens, the one that ends it included, in nats at temperature 1. `raw` is the
    text with its control tokens. `refused`: why the chat template has no place for the conversation.
    """

    text: str
    ended: bool
    too_long: bool = False
    prompt_tokens: int = 0
    written_tokens: int = 0
    logprob: float = 0.0
    raw: str = ""
    refused: str = ""


class CausalLM:
    """A causal language model that answers prompts in batches, loaded on first use."""

    def __init__(self, model: Model) -> None:
        check_path(local_path(model, _WHERE), _WHERE)
        self._model = model
        self._loaded: _Loaded | None = None

    def answers(
        self,
        prompts: Sequence[str | Messages | Conversation],
        seeds: Sequence[str],
        temperature: float,
        max_tokens: int,
    ) -> list[Answer]:
        """An answer to each prompt: a conversation with its tools, turns, or a text as one user turn.

        Sampled with its seed (hex); greedy at 0.
        """
        tokenizer, model = self._loaded = self._loaded or _placed(load_generator(self._model))
        room = _window(model) - max_tokens
        ids: list[list[int]] = []
        results: list[Answer] = []
        for prompt in prompts:
            one = _ids_or_why(prompt, tokenizer)
            ids.append(one if isinstance(one, list) else [])
            refused = one if isinstance(one, str) else ""
            results.append(Answer("", False, too_long=len(ids[-1]) > room, refused=refused))
        shapes: dict[int, list[int]] = defaultdict(list)
        for n, one in enumerate(ids):
            if not results[n].too_long and not results[n].refused:
                shapes[-(-len(one) // _WIDTH) * _WIDTH].append(n)
        for width, rows in sorted(shapes.items()):
            size = placement().rows(width + max_tokens, _BATCH)

            def write(part: Sequence[int], width: int = width) -> list[Answer]:
                some, drawn = [ids[n] for n in part], [seeds[n] for n in part]
                return _write(model, tokenizer, some, width, drawn, temperature, max_tokens)

            for start in range(0, len(rows), size):
                for part, written in halving(write, rows[start : start + size]):
                    for n, answer in zip(part, written, strict=True):
                        results[n] = answer
        return results

    def message(self, raw: str, tools: Sequence[JsonObject]) -> Message:
        """What was written to a conversation, taken apart: reasoning, text and calls, by the model's own template."""
        tokenizer, _ = self._loaded = self._loaded or _placed(load_generator(self._model))
        return ReplyParser(ChatTemplate(tokenizer)).message(raw, tuple(tools))


def _ids_or_why(prompt: str | Messages | Conversation, tokenizer: PreTrainedTokenizerBase) -> list[int] | str:
    """The tokens that ask for an answer, or why the template refuses a conversation."""
    if not isinstance(prompt, Conversation):
        return _prompt_ids(prompt, tokenizer)
    template = ChatTemplate(tokenizer)
    try:
        ids = prompt_ids(prompt, template)
        if prompt.tools and ids == prompt_ids(replace(prompt, tools=()), template):
            return "the model's chat template has no place for tools"
    except Reject as reject:
        return str(reject)
    return ids


def _placed(loaded: _Loaded) -> _Loaded:
    """A tokenizer, and its model where this machine computes."""
    tokenizer, model = loaded
    return tokenizer, placement().put(model)


def _prompt_ids(prompt: str | Messages, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens that ask for an answer. Control tokens within the texts are left out: they would end turns."""
    template = ChatTemplate(tokenizer)
    texts = [template.special.sub("", str(turn["content"])) for turn in as_turns(prompt)]
    turns = [{**turn, "content": text} for turn, text in zip(as_turns(prompt), texts, strict=True)]
    try:
        return prompt_ids(of_messages(turns), template)
    except Reject:  # templates that know no system turn: what it says goes before the user's words
        return prompt_ids(of_messages(as_turns("\n\n".join(texts))), template)


def _left_padded(values: list[int], width: int, fill: int) -> list[int]:
    return [fill] * (width - len(values)) + values


def _write(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: list[list[int]],
    width: int,
    seeds: Sequence[str],
    temperature: float,
    max_tokens: int,
) -> list[Answer]:
    """Answers to prompts, left-padded to `width` tokens; on a processor the shape in every step is (_BATCH, tokens)."""
    import numpy as np
    import torch
    from transformers import DynamicCache

    pad, stops = _pad(tokenizer), _stops(model, tokenizer)
    device = model.device
    filled = prompts + [prompts[0]] * (_BATCH - len(prompts) if device.type == "cpu" else 0)
    ids = torch.tensor([_left_padded(one, width, pad) for one in filled], device=device)
    mask = torch.tensor([_left_padded([1] * len(one), width, 0) for one in filled], device=device)
    draws = [torch.Generator().manual_seed(int(seed[:8], 16)) for seed in seeds]
    written: list[list[int]] = [[] for _ in prompts]
    logprobs = [0.0] * len(prompts)
    ended = [False] * len(prompts)
    cache = DynamicCache()
    with torch.inference_mode():
        for _ in range(max_tokens):
            places = (mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
            logits = (
                model(input_ids=ids, attention_mask=mask, position_ids=places, past_key_values=cache, logits_to_keep=1)
                .logits[:, -1]
                .float()
                .cpu()
            )
            likely = logits.log_softmax(-1)
            tokens = [pad] * len(prompts)
            for n in np.flatnonzero(np.logical_not(ended)).tolist():
                tokens[n] = token = _draw(logits[n], temperature, draws[n])
                logprobs[n] += float(likely[n, token])
                ended[n] = token in stops
                written[n].append(token)
            if all(ended):
                break
            ids = torch.tensor([[token] for token in tokens + tokens[:1] * (len(filled) - len(prompts))], device=device)
            mask = torch.cat([mask, mask.new_ones(len(filled), 1)], dim=1)
    return [
        Answer(
            str(tokenizer.decode(ids[: len(ids) - done], skip_special_tokens=True)),  # but for the token that ends it
            done,
            prompt_tokens=len(asked),
            written_tokens=len(ids),
            logprob=round(logprob, 4),
            raw=str(tokenizer.decode(ids)),
        )
        for asked, ids, done, logprob in zip(prompts, written, ended, logprobs, strict=True)
    ]


def _draw(logits: Tensor, temperature: float, generator: Generator) -> int:
    """One token of a row of logits: the likeliest, or drawn from the likeliest ones that make up `_TOP_P`."""
    import torch

    if not temperature:
        return int(logits.argmax())
    ranked = (logits / temperature).softmax(-1).sort(descending=True, stable=True)
    reach = ranked.values.cumsum(-1)
    kept = int((reach - ranked.values < _TOP_P).sum())
    point = torch.rand((), generator=generator) * reach[kept - 1]
    return int(ranked.indices[min(int((reach < point).sum()), kept - 1)])


def _stops(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Tokens that end an answer, by the tokenizer and by the model's own settings."""
    own = model.generation_config.eos_token_id
    return {tokenizer.eos_token_id, *(own if isinstance(own, list) else [own])} - {None}


def _pad(tokenizer: PreTrainedTokenizerBase) -> int:
    return int(next((i for i in (tokenizer.pad_token_id, tokenizer.eos_token_id) if i is not None), 0))


class Seq2Seq:
    """A translation model, loaded on first use."""

    def __init__(self, path: str, where: str = "augment.methods.back_translation") -> None:
        check_path(path, where)
        self._path = path
        self._where = where
        self._loaded: _Loaded | None = None

    def translate(self, texts: list[str], batch: int = 16, max_tokens: int = 256) -> list[str]:
        """One translation per text, greedy. Texts of like length share a batch.

        A text longer than the model's window gives an empty translation: half a text would have lost half its meaning.
        """
        import torch

        if not texts:
            return []
        tokenizer, model = self._loaded = self._loaded or _placed(load_encoder_decoder(self._path, self._where))
        writer: Any = model  # `generate` is typed for the library's own subclasses only
        window = min(max_tokens, _window(model))
        lengths = list(map(len, tokenizer(texts)["input_ids"]))
        order = sorted((n for n in range(len(texts)) if lengths[n] <= window), key=lambda n: (lengths[n], texts[n]))
        found: defaultdict[int, str] = defaultdict(str)

        def write(part: Sequence[int]) -> list[str]:
            inputs = tokenizer([texts[n] for n in part], padding=True, return_tensors="pt")
            inputs.pop("token_type_ids", None)
            with torch.inference_mode():
                tokens = writer.generate(
                    **to_model(inputs, model), max_new_tokens=max_tokens, num_beams=1, do_sample=False
                )
            return list(tokenizer.batch_decode(tokens, skip_special_tokens=True))

        parts = [order[start : start + batch] for start in range(0, len(order), batch)]
        for rows in counted(parts, "texts written", len(order)):
            for part, written in halving(write, rows):
                found |= zip(part, written, strict=True)
        return list(map(found.__getitem__, range(len(texts))))


def _window(model: PreTrainedModel) -> int:
    return int(getattr(model.config, "max_position_embeddings", None) or 2048)


def check_path(path: str, where: str) -> None:
    """A path that looks like a folder must exist; anything else may be a hub name. Raises PipelineError."""
    if (path.startswith((".", "/", "~")) or path.count("/") > 1) and not Path(path).exists():
        raise PipelineError(f"{where}: '{path}' is not there.", "Name a model folder, or a hub model while online.")
