"""The predictor of the chat head: replies, and how likely the true ones are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.record import Reject
from pipeline.modeling.batches import Example
from pipeline.modeling.lm import writing
from pipeline.modeling.lm.collate import collate
from pipeline.modeling.lm.masking import encode_chat, prompt_ids
from pipeline.modeling.loading import load_saved
from pipeline.modeling.prediction import Prediction


class Replier:
    """Replies to conversations. Reads: messages (or text, one user turn); response, where it is known."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        from transformers import AutoModelForCausalLM

        self.model, self.tokenizer = load_saved(AutoModelForCausalLM, folder)
        self.max_length = int(settings["max_length"])
        self.max_new_tokens = int(settings["max_new_tokens"])
        self.num_beams = int(settings.get("num_beams", 1))

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Prediction]:
        """One reply per row, in order; log_likelihood and tokens where the row has a `response`.

        A row that the model's chat template refuses, prompt or true reply, gets no reply but the reason (`refused`).
        """
        found: list[Prediction | None] = [None] * len(rows)
        asked: list[int] = []
        prompts: list[list[int]] = []
        examples: list[Example | None] = []
        for n, row in enumerate(rows):
            try:
                # The end of an over-long prompt matters most: that is what the reply answers.
                prompt = prompt_ids(conversation(row), self.tokenizer)[-self.max_length :]
                examples.append(self._example(row))
            except Reject as reject:
                found[n] = Prediction(None, refused=str(reject))
                continue
            prompts.append(prompt)
            asked.append(n)
        replies = writing.write(self.model, self.tokenizer, prompts, self.max_new_tokens, self.num_beams)
        likely = writing.likelihoods(self.model, examples, collate(self.tokenizer))
        for n, reply, (total, tokens) in zip(asked, replies, likely, strict=True):
            found[n] = Prediction(reply, log_likelihood=total, tokens=tokens)
        return [prediction for prediction in found if prediction is not None]

    def likelihoods(
        self, rows: Sequence[Mapping[str, Any]], batch: int = writing.BATCH
    ) -> list[tuple[float | None, int]]:
        """Sum of the log probabilities of the true reply and its end-of-turn token, and their number.

        (None, 0) for a row without a `response`, or one that the chat template refuses.
        """
        return writing.likelihoods(
            self.model, [self._example_or_none(row) for row in rows], collate(self.tokenizer), batch
        )

    def _example_or_none(self, row: Mapping[str, Any]) -> Example | None:
        try:
            return self._example(row)
        except Reject:
            return None

    def _example(self, row: Mapping[str, Any]) -> Example | None:
        if not row.get("response"):
            return None
        messages = [*conversation(row), {"role": "assistant", "content": str(row["response"])}]
        ids, labels = encode_chat(messages, self.tokenizer, only_last=True)
        return {"input_ids": ids, "labels": labels}


def conversation(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """The turns to reply to: `messages` without the known reply, or `text` as one user turn."""
    if row.get("messages"):
        turns = [{"role": m["role"], "content": m["content"]} for m in row["messages"]]
        return turns[:-1] if turns[-1]["role"] == "assistant" else turns
    return [{"role": "user", "content": str(row["text"])}]
