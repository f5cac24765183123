"""Text to text by a causal language model: an instruction as the user's turn, the target as its reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.record import Reject, Target
from pipeline.core.settings import Task
from pipeline.modeling.batches import Example, Examples, Row
from pipeline.modeling.lm import decoding
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.encoding import Encoded, Encoder, encode_reply, prompt_ids
from pipeline.modeling.lm.instructions import cut_to_fit, filled, instruction, settings_for_writing
from pipeline.modeling.lm.rows import of_messages
from pipeline.modeling.prediction import Prediction
from pipeline.modeling.training.recipe import Recipe

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def encode(rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, task: Task, recipe: Recipe) -> Examples:
    """Ids and labels; only the target and its end-of-turn token carry loss.

    A text that is too long loses its end, the target never. Reasons: those of `Encoder.encode`, over_long
    (with over_long: drop), target_too_long.
    """
    encoder = Encoder(ChatTemplate(tokenizer, recipe.chat))

    def one(row: Row) -> tuple[Example, bool]:
        text, target = str(row["text"]), str(row["target"])
        template = instruction(row, task, recipe.instructions, False)

        def encoded(text: str) -> Encoded:
            return encode_reply(of_messages(_conversation(template, text, target)), encoder)

        found = encoded(text)
        is_long = len(found.ids) > recipe.max_length
        if is_long:
            if recipe.over_long == "drop":
                raise Reject("over_long", f"{len(found.ids)} tokens")
            found = encoded(cut_to_fit(text, lambda part: len(encoded(part).ids), recipe.max_length))
        return {"input_ids": found.ids, "labels": found.labels}, is_long

    return decoding.gather(rows, one, "texts")


class PromptedWriter:
    """Writes the target of a text. Reads: text; lang and target, where they are known."""

    def __init__(self, folder: Path, settings: Mapping[str, Target]) -> None:
        from pipeline.modeling.heads.chat_predictor import Replier

        self.task, self.instructions = settings_for_writing(settings)
        self.replier = Replier(folder, settings)
        #: Instruction and text leave room for the reply; they never get less than half.
        self.room = max(self.replier.max_length - self.replier.max_new_tokens, self.replier.max_length // 2)

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One text per row, in order; log_likelihood and tokens where the row has a `target`."""
        return self.replier.predict([self._as_chat(row) for row in rows])

    def likelihoods(self, rows: Sequence[Row], batch: int = decoding.BATCH) -> list[tuple[float | None, int]]:
        """See `Replier.likelihoods`."""
        return self.replier.likelihoods([self._as_chat(row) for row in rows], batch)

    def _as_chat(self, row: Row) -> dict[str, object]:
        template = instruction(row, self.task, self.instructions, plain=False)

        def length(text: str) -> int:
            return len(prompt_ids(of_messages(_conversation(template, text)), self.replier.template))

        try:
            text = cut_to_fit(str(row["text"]), length, self.room)
        except Reject:
            text = ""  # the instruction alone is over the limit: the model is asked all the same
        return {"id": row.get("id"), "messages": _conversation(template, text), "response": row.get("target")}


def _conversation(template: str, text: str, target: str | None = None) -> list[dict[str, str]]:
    asked = [{"role": "user", "content": filled(template, text)}]
    return asked if target is None else [*asked, {"role": "assistant", "content": target}]
