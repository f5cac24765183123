"""Do replies fit their own prompts? Told from frozen embeddings, against the same replies in any other order.

A small model that is trained on replies to other prompts still learns length and style from them, so its loss does not
tell such a source. Embeddings do: a prompt is nearer to its own reply than to others of its source. That share is 1/2
where replies are shuffled, by construction: the permutation control. It is the ranking form of what contrastive
estimates of mutual information bound (van den Oord et al. 2018, https://arxiv.org/abs/1807.03748).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.json_types import JsonObject
from pipeline.modeling.features.dense import dense_features
from pipeline.modeling.models import Model, has_weights
from pipeline.stats.bootstrap import Estimate, summarise
from pipeline.stats.numbers import Floats, rounded
from pipeline.text.normalise import normalised
from pipeline.text.scripts import CJK
from pipeline.value.dialogues import Dialogue
from pipeline.value.params import Params

#: Letters of a prompt (its end) and of a reply that are compared; an encoder reads no more. A guess: not measured.
_LETTERS = 1000
#: A reply of fewer letters (a Chinese one counts as two), or that more than so many dialogues of a source share, is a
#: label or a number, and says nothing of its prompt by itself. Guesses: not measured.
_SHORTEST, _MOST_ALIKE = 8, 2
#: Fewer dialogues to compare with tell nothing of one, fewer measured ones nothing of a group. A guess: not measured.
_FEWEST = 10
#: Where prompts of other groups fit less than so far above chance, the encoder cannot tell here.
#: A guess, checked with benchmarks/value_replies.py.
_TELLS = 0.2
#: A group harms where less than this share of what others have is left of its fit.
#: A guess, checked with benchmarks/value_replies.py.
_LEFT = 0.5
CHANCE = 0.5
_CJK_LETTER = re.compile(f"[{CJK}]")


@dataclass(frozen=True)
class Fit:
    """How far the replies of a group fit their prompts.

    `share`: of the other replies of a dialogue's source and language, those further from its prompt than its own;
    chance is 1/2. `others`: the same of dialogues of these languages outside the group. `less`: the share's distance
    from chance less half of that of the others; confidently below 0 the replies do not fit. None where the others
    cannot tell.
    """

    rows: int
    share: Estimate
    others: float | None = None
    less: Estimate | None = None

    def as_dict(self) -> JsonObject:
        """For report.json; `unrelated` is about the share of replies that belong to no prompt or to another one."""
        found: JsonObject = {"rows": self.rows, **self.share.as_dict(), "chance": CHANCE}
        if self.others is None:
            return found
        left = (self.share.value - CHANCE) / (self.others - CHANCE)
        return {**found, "others": rounded(self.others), "unrelated": rounded(min(1.0, max(0.0, 1 - left)))}


def fit_of_dialogues(dialogues: Sequence[Dialogue], encoder: Model) -> dict[Dialogue, float]:
    """Each dialogue's share of other replies of its source and language that are further from its prompt than its own.

    Left out are dialogues with a short or a frequent reply, and those with fewer than 10 others to compare with: others
    have another prompt and another reply. Without pretrained weights replies in another script than their prompt's
    (translations) are left out too: TF-IDF sees spelling.
    """
    able = _with_own_replies(dict.fromkeys(dialogues))
    if not has_weights(encoder):
        able = list(filter(_is_of_one_script, able))
    if not able:
        return {}
    texts = [text for dialogue in able for text in _sides(dialogue)]
    rows = dense_features(texts, encoder, len(texts))
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for n, dialogue in enumerate(able):
        blocks[dialogue.of.get("source", ""), dialogue.lang].append(n)
    found: dict[Dialogue, float] = {}
    for some in blocks.values():
        places = np.array(some)
        cosines = rows[2 * places] @ rows[2 * places + 1].T
        found |= _ranks([able[n] for n in some], cosines)
    return found


def _is_of_one_script(dialogue: Dialogue) -> bool:
    return len({bool(_CJK_LETTER.search(text)) for text in _sides(dialogue)}) == 1


def _ranks(dialogues: Sequence[Dialogue], cosines: Floats) -> dict[Dialogue, float]:
    """Each dialogue's share of other replies that are further from its prompt; `cosines`: (prompts, replies)."""
    sides = [tuple(map(normalised, _sides(dialogue))) for dialogue in dialogues]
    found: dict[Dialogue, float] = {}
    for n, dialogue in enumerate(dialogues):
        others = [m for m, side in enumerate(sides) if side[0] != sides[n][0] and side[1] != sides[n][1]]
        if len(others) >= _FEWEST:
            own, rest = cosines[n, n], cosines[n, others]
            found[dialogue] = float((rest < own).mean() + (rest == own).mean() / 2)
    return found


def fit_of_group(fits: Mapping[Dialogue, float], is_in: Callable[[Dialogue], bool], params: Params) -> Fit | None:
    """The fit of a group's dialogues; None where fewer than 10 were measured."""
    own = [(dialogue, value) for dialogue, value in fits.items() if is_in(dialogue)]
    if len(own) < _FEWEST:
        return None
    langs = {dialogue.lang for dialogue, _ in own}
    others = [value for dialogue, value in fits.items() if not is_in(dialogue) and dialogue.lang in langs]
    rng = np.random.default_rng(params.seed)
    mine = np.array([value for _, value in own])
    draws = _means(mine, params.resamples, rng)
    share = summarise(float(mine.mean()), draws, params.confidence_level)
    mean = float(np.mean(others)) if len(others) >= _FEWEST else CHANCE
    if mean - CHANCE < _TELLS:
        return Fit(len(own), share)
    beside = _means(np.array(others), params.resamples, rng)
    less = summarise(
        mine.mean() - CHANCE - _LEFT * (mean - CHANCE),
        draws - CHANCE - _LEFT * (beside - CHANCE),
        params.confidence_level,
    )
    return Fit(len(own), share, mean, less)


def _means(values: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """The mean of each bootstrap resample."""
    drawn: Floats = values[rng.integers(0, len(values), (resamples, len(values)))].mean(axis=1)
    return drawn


def _with_own_replies(dialogues: Mapping[Dialogue, None]) -> list[Dialogue]:
    """The dialogues whose reply is long enough to be told from others, and no label that many have."""
    keys = {dialogue: (dialogue.of.get("source", ""), normalised(_sides(dialogue)[1])) for dialogue in dialogues}
    counts = Counter(keys.values())
    return [dialogue for dialogue, key in keys.items() if _letters(key[1]) >= _SHORTEST and counts[key] <= _MOST_ALIKE]


def _letters(text: str) -> int:
    return len(text) + len(_CJK_LETTER.findall(text))


def _sides(dialogue: Dialogue) -> tuple[str, str]:
    """The end of what was said before the reply, without system turns, and the reply."""
    said = "\n".join(text for role, text in dialogue.messages[:-1] if role not in ("system", "developer"))
    return said[-_LETTERS:], dialogue.messages[-1][1][:_LETTERS]
