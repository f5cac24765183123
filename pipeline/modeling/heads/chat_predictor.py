"""The predictor of the chat head: replies, and how likely the true ones are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.conversation import Conversation, Message, readable
from pipeline.core.record import Reject, Row, Target
from pipeline.core.settings import parse
from pipeline.modeling.batches import Example
from pipeline.modeling.lm import decoding
from pipeline.modeling.lm.chat_settings import PARTS, ChatSettings
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.collate import collate
from pipeline.modeling.lm.encoding import Encoder, encode_reply, prompt_ids
from pipeline.modeling.lm.replies import stop_ids
from pipeline.modeling.lm.reply_parser import ReplyParser
from pipeline.modeling.lm.rows import asked_and_reply
from pipeline.modeling.loading import load_saved
from pipeline.modeling.prediction import Prediction, WrittenReply


class Replier:
    """Replies to conversations. Reads: messages (or text, one user turn); response, where it is known."""

    def __init__(self, folder: Path, settings: Mapping[str, Target]) -> None:
        from transformers import AutoModelForCausalLM

        self.model, self.tokenizer = load_saved(AutoModelForCausalLM, folder)
        self.tokenizer.chat_template = settings.get("chat_template") or self.tokenizer.chat_template
        self.max_length = int(settings["max_length"])
        self.max_new_tokens = int(settings["max_new_tokens"])
        self.num_beams = int(settings.get("num_beams", 1))
        chat = parse(settings.get("chat") or {}, ChatSettings, "sft.json: chat")
        # Whatever carried loss in training: a reply is scored whole.
        self.template = ChatTemplate(self.tokenizer, chat.model_copy(update={"loss_on": PARTS}))
        self.encoder = Encoder(self.template)
        self.stops = stop_ids(self.template)
        self.parser = ReplyParser(self.template)

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One reply per row, in order; log_likelihood, tokens and part_losses where the true reply is known.

        It is the last assistant turn of `messages`, else `response`. `max_new_tokens` of a row shortens its reply. A
        row that the model's chat template refuses, prompt or true reply, gets no reply but the reason (`refused`).
        """
        found: list[Prediction | None] = [None] * len(rows)
        asked: list[_Asked] = []
        for n, row in enumerate(rows):
            try:
                asked.append(self._asked(n, row))
            except Reject as reject:
                found[n] = Prediction(None, refused=str(reject))
        prompts = [one.prompt for one in asked]
        written = decoding.write_ids(
            self.model, self.tokenizer, prompts, self.max_new_tokens, self.num_beams, self.stops
        )
        likely = decoding.token_losses(self.model, [one.example for one in asked], collate(self.tokenizer))
        for one, ids, losses in zip(asked, written, likely, strict=True):
            reply = self._reply(one, ids[: rows[one.row].get("max_new_tokens")])
            found[one.row] = _prediction(reply, one.example, losses)
        return [prediction for prediction in found if prediction is not None]

    def _asked(self, n: int, row: Row) -> _Asked:
        conversation, reply = asked_and_reply(row)
        # The end of an over-long prompt matters most: that is what the reply answers.
        prompt = prompt_ids(conversation, self.template)[-self.max_length :]
        return _Asked(n, conversation, prompt, self._example(conversation, reply))

    def _reply(self, asked: _Asked, ids: Sequence[int]) -> WrittenReply:
        message = self.parser.message(str(self.tokenizer.decode(list(ids))), asked.conversation.tools)
        return WrittenReply(message, len(asked.prompt), len(ids), bool(ids) and ids[-1] in self.stops)

    def likelihoods(self, rows: Sequence[Row], batch: int = decoding.BATCH) -> list[tuple[float | None, int]]:
        """Sum of the log probabilities of the true reply through its end of turn, and their number.

        (None, 0) for a row without a known reply, or one that the chat template refuses.
        """
        examples = [self._example_or_none(row) for row in rows]
        return decoding.likelihoods(self.model, examples, collate(self.tokenizer), batch)

    def _example_or_none(self, row: Row) -> Example | None:
        try:
            return self._example(*asked_and_reply(row))
        except Reject:
            return None

    def _example(self, conversation: Conversation, reply: Message | None) -> Example | None:
        if reply is None:
            return None
        whole = Conversation((*conversation.messages, reply), conversation.tools, conversation.template_arguments)
        encoded = encode_reply(whole, self.encoder)
        return {"input_ids": encoded.ids, "labels": encoded.labels, "parts": encoded.parts}


@dataclass(frozen=True)
class _Asked:
    """A row that is put to the model: its number, what is asked, and its true reply where that is known."""

    row: int
    conversation: Conversation
    prompt: list[int]
    example: Example | None


def _prediction(reply: WrittenReply, example: Example | None, losses: Sequence[float] | None) -> Prediction:
    text = readable(reply.message)
    if example is None or losses is None:
        return Prediction(text, reply=reply)
    parts: dict[str, tuple[float, int]] = {}
    place = 0
    for start, end, kind in example["parts"]:
        nats, tokens = parts.get(kind, (0.0, 0))
        parts[kind] = (nats + math.fsum(losses[place : place + end - start]), tokens + end - start)
        place += end - start
    total = -math.fsum(losses)
    return Prediction(text, log_likelihood=total, tokens=len(losses), reply=reply, part_losses=parts)
