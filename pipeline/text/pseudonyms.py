"""Keys and names that hold personal data, replaced by a word that still tells one from another."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from pipeline.text.personal_data import KINDS, find

_DIGITS = 10  # of the hash, 40 bits: among 10,000 people two share one with a probability below 1 in 20,000

_NAMES_SOMEBODY = frozenset(kind for kind in KINDS if kind != "ip")  # a version looks like an IP address


def pseudonym(name: str, prefix: str, kinds: Collection[str] = _NAMES_SOMEBODY) -> str:
    """`prefix-` and a hash where `name` holds personal data of `kinds` (an address, a number); otherwise `name` itself.

    The same name gives the same word in every run and project, so that rows stay joined. Whoever has a list of
    candidate names can hash them too: it is a pseudonym, not anonymity.
    """
    if not any(kind in kinds for *_, kind in find(name)):
        return name
    return f"{prefix}-{hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]}"
