"""Chats as token ids with labels on the assistant's tokens only.

The chat template is rendered turn by turn, so it needs no generation markers. Two properties are checked
for every row: rendering more turns never changes what came before, and the tokens that the model sees when
it is asked to reply are exactly the tokens it was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.core.errors import shorten
from pipeline.core.record import Reject

#: Label of a token that carries no loss.
IGNORED = -100

Messages = Sequence[dict[str, str]]


def encode_chat(messages: Messages, tokenizer: Any, only_last: bool = False) -> tuple[list[int], list[int]]:
    """Token ids and labels. Every assistant turn is labelled up to and with its end-of-turn token.

    `only_last` labels the last turn alone. Rejects: control_token_in_text, template_refuses, template_rewrites_turns,
    prompt_is_no_prefix, no_assistant_tokens.
    """
    _refuse_control_tokens(messages, tokenizer)
    text = render(messages, tokenizer)
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, offsets = list(encoded["input_ids"]), encoded["offset_mapping"]
    labels = [IGNORED] * len(ids)
    for n, message in enumerate(messages):
        if message["role"] == "assistant" and (n == len(messages) - 1 or not only_last):
            start, end = _span(messages, n, text, tokenizer)
            inside = [i for i, (a, b) in enumerate(offsets) if a >= start and b <= end and b > a]
            _check_prefix(text[:start], ids, inside, tokenizer)
            for i in inside[: _length_with_end(ids, inside, tokenizer)]:
                labels[i] = ids[i]
    if all(label == IGNORED for label in labels):
        raise Reject("no_assistant_tokens", "the conversation has no assistant turn with text")
    return ids, labels


def as_turns(prompt: str | Messages) -> list[dict[str, str]]:
    """A prompt as one user turn; turns as they are."""
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [dict(turn) for turn in prompt]


def render(messages: Messages, tokenizer: Any, ask: bool = False) -> str:
    """The conversation as the model's own template writes it; `ask` opens the assistant's turn.

    Rejects: template_refuses (some know no system turn, or want user and assistant in strict turn).
    """
    from jinja2 import TemplateError

    turns = [{"role": m["role"], "content": m["content"]} for m in messages]
    try:
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=ask))
    except TemplateError as error:
        raise Reject("template_refuses", shorten(error, 200)) from None


def prompt_ids(messages: Messages, tokenizer: Any) -> list[int]:
    """The tokens that ask for a reply to `messages`."""
    return list(tokenizer(render(messages, tokenizer, ask=True), add_special_tokens=False)["input_ids"])


def _span(messages: Messages, n: int, text: str, tokenizer: Any) -> tuple[int, int]:
    """Where turn `n`'s reply and its end-of-turn stand in the rendered text."""
    prompt, through = render(messages[:n], tokenizer, ask=True), render(messages[: n + 1], tokenizer)
    if not (text.startswith(through) and through.startswith(prompt)):
        raise Reject("template_rewrites_turns", f"the chat template changes earlier text when turn {n + 1} follows")
    return len(prompt), len(through)


def _check_prefix(prompt: str, ids: list[int], inside: list[int], tokenizer: Any) -> None:
    asked = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    if not inside or asked != ids[: inside[0]]:
        raise Reject("prompt_is_no_prefix", "tokens join the prompt and the reply across their border")


def _length_with_end(ids: list[int], inside: list[int], tokenizer: Any) -> int:
    """How many tokens of a turn are learned: through its last end-of-turn token, else all."""
    ends = [k for k, i in enumerate(inside) if ids[i] == tokenizer.eos_token_id]
    return ends[-1] + 1 if ends else len(inside)


def _refuse_control_tokens(messages: Messages, tokenizer: Any) -> None:
    for n, message in enumerate(messages, 1):
        for token in tokenizer.all_special_tokens:
            if token in message["content"]:
                raise Reject("control_token_in_text", f"turn {n} holds the control token {token}")
