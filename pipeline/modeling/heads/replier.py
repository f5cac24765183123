"""The predictor of the chat head: greedy replies, and how likely the true ones are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.modeling.heads.chat import collate
from pipeline.modeling.heads.contract import Example
from pipeline.modeling.heads.masking import IGNORED, encode_chat, prompt_ids
from pipeline.modeling.heads.running import by_length, load_saved, outputs, padded
from pipeline.modeling.predictor import Prediction
from pipeline.record import Reject

_BATCH = 8


class Replier:
    """Replies to conversations. Reads: messages (or text, one user turn); response, where it is known."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        from transformers import AutoModelForCausalLM

        self.model, self.tokenizer = load_saved(AutoModelForCausalLM, folder)
        self.max_tokens = int(settings["max_tokens"])
        self.reply_tokens = int(settings["reply_tokens"])

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Prediction]:
        """One reply per row, in order; log_likelihood and tokens where the row has a `response`."""
        prompts = [conversation(row) for row in rows]
        replies = self._replies(prompts)
        likelihoods = self._likelihoods(rows, prompts)
        return [
            Prediction(reply, log_likelihood=total, tokens=tokens)
            for reply, (total, tokens) in zip(replies, likelihoods, strict=True)
        ]

    def _replies(self, prompts: Sequence[list[dict[str, str]]]) -> list[str]:
        import torch

        # The end of an over-long prompt matters most: that is what the reply answers.
        ids = [prompt_ids(prompt, self.tokenizer)[-self.max_tokens :] for prompt in prompts]
        replies = [""] * len(ids)
        for rows in by_length([len(i) for i in ids], _BATCH):
            batch = padded([ids[n] for n in rows], self.tokenizer, side="left").items()
            with torch.inference_mode():
                found = self.model.generate(
                    **{name: tensor.to(self.model.device) for name, tensor in batch},
                    max_new_tokens=self.reply_tokens,
                    do_sample=False,
                    pad_token_id=self.tokenizer.pad_token_id or self.tokenizer.eos_token_id,
                    eos_token_id=self.tokenizer.eos_token_id,
                )
            new = found[:, max(len(ids[n]) for n in rows) :]
            for n, text in zip(rows, self.tokenizer.batch_decode(new, skip_special_tokens=True), strict=True):
                replies[n] = text.strip()
        return replies

    def _likelihoods(
        self, rows: Sequence[Mapping[str, Any]], prompts: Sequence[list[dict[str, str]]]
    ) -> list[tuple[float | None, int]]:
        """Sum of the log probabilities of the true reply and its end-of-turn token, and their number."""
        import torch

        known: dict[int, Example] = {}
        for n, row in enumerate(rows):
            if row.get("response"):
                full = [*prompts[n], {"role": "assistant", "content": str(row["response"])}]
                known[n] = self._example(full, row)
        found: list[tuple[float | None, int]] = [(None, 0)] * len(rows)
        numbers = list(known)
        for picked, logits, labels in outputs(self.model, list(known.values()), collate(self.tokenizer), _BATCH):
            losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2).float(), labels, reduction="none")
            for n, loss, label in zip(picked, losses, labels, strict=True):
                found[numbers[n]] = (-float(loss.double().sum()), int((label != IGNORED).sum()))
        return found

    def _example(self, messages: list[dict[str, str]], row: Mapping[str, Any]) -> Example:
        try:
            ids, labels = encode_chat(messages, self.tokenizer, only_last=True)
        except Reject as reject:
            raise PipelineError(f"record {row.get('id', '?')}: {reject}", "Remove it from the dataset.") from None
        return {"input_ids": ids, "labels": labels}


def conversation(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """The turns to reply to: `messages` without the known reply, or `text` as one user turn."""
    if row.get("messages"):
        turns = [{"role": m["role"], "content": m["content"]} for m in row["messages"]]
        return turns[:-1] if turns[-1]["role"] == "assistant" else turns
    return [{"role": "user", "content": str(row["text"])}]
