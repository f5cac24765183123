"""Dialects by name: ways in which conversations are written. A new one: write its module, add its line here."""

from __future__ import annotations

from pipeline.core.conversation import Conversation, JsonObject
from pipeline.core.registry import with_plugins
from pipeline.dialects import alpaca, anthropic, harmony, hermes, messages, ms_swift, openai, responses, sharegpt
from pipeline.dialects.dialect import Dialect, Places
from pipeline.dialects.limits import check, with_ids

_ALL = Places(names=True, learn=True, template_arguments=True, developer=True)
_TRL = Places(names=True, template_arguments=True, developer=True)
_OPENAI = Places(names=True, learn=True, developer=True, reasoning=False)
_RESPONSES = Places(developer=True, runs=False)
_SHAREGPT = Places(ids=False, late_system=False, runs=False, any_turns=False)
_ALPACA = Places(tools=False, reasoning=False, late_system=False, runs=False, any_order=False)
_HARMONY = Places(ids=False, developer=True, runs=False)
_SWIFT = Places(ids=False, learn=True, runs=False)

_OWN: dict[str, Dialect] = {
    "messages": Dialect(messages.read, messages.write, messages.COLUMNS, _ALL),
    "openai": Dialect(messages.read, openai.write, messages.COLUMNS, _OPENAI, needs_ids=True),
    "trl": Dialect(messages.read_prompt_completion, messages.write_trl, messages.COLUMNS, _TRL),
    "prompt_completion": Dialect(
        messages.read_prompt_completion, messages.write_prompt_completion, messages.COLUMNS, _TRL
    ),
    "responses": Dialect(responses.read, responses.write, responses.COLUMNS, _RESPONSES, needs_ids=True),
    "anthropic": Dialect(anthropic.read, anthropic.write, anthropic.COLUMNS, Places(late_system=False), needs_ids=True),
    "sharegpt": Dialect(sharegpt.read, sharegpt.write, sharegpt.COLUMNS, _SHAREGPT),
    "alpaca": Dialect(alpaca.read, alpaca.write, alpaca.COLUMNS, _ALPACA),
    "hermes": Dialect(hermes.read, hermes.write, hermes.COLUMNS, Places(ids=False)),
    "harmony": Dialect(harmony.read, harmony.write, harmony.COLUMNS, _HARMONY),
    "ms_swift": Dialect(ms_swift.read, ms_swift.write, ms_swift.COLUMNS, _SWIFT),
}

#: Ours, and those of installed packages.
DIALECTS = with_plugins(_OWN, "sft.dialects")


def written(conversation: Conversation, name: str) -> JsonObject:
    """The conversation in a dialect. Rejects: what `check` and the dialect's writer refuse."""
    dialect = DIALECTS[name]
    checked = check(conversation, dialect.places)
    return dialect.write(with_ids(checked) if dialect.needs_ids else checked)
