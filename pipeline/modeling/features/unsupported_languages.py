"""Languages that an encoder cannot read: those whose texts are unknown tokens to it for the most part, or a good part.

An English vocabulary makes one and the same unknown token of most Chinese characters, so all that a model could say of
such texts is how long they are. Counted with the encoder's own tokenizer.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.modeling.models import TFIDF, Model, has_weights, local_path, revision

if TYPE_CHECKING:
    from pipeline.modeling.features.linear import Matrix

#: From this share of unknown tokens on a language counts as unread. A guess: not measured.
MOST_UNKNOWN = 0.2
#: Texts of a language that are counted, evenly spaced, and characters of each. A guess: not measured.
_TEXTS = 200
_CHARACTERS = 1000  # a guess: not measured

log = logging.getLogger("pipeline")

#: Entries of a report on what was not read.
Notes = dict[str, object]
Shares = Callable[[Sequence[str]], tuple[int, int]]


def unread_languages(texts: Sequence[str], langs: Sequence[str], model: Model) -> dict[str, float]:
    """Language -> share of unknown tokens, of the languages with more than 20 % of them; none for TF-IDF.

    `langs` are the texts' languages, one each. Raises PipelineError where the tokenizer cannot be loaded.
    """
    if not has_weights(model) or not texts:
        return {}
    of_language: defaultdict[str, list[str]] = defaultdict(list)
    for text, lang in zip(texts, langs, strict=True):
        of_language[lang].append(text)
    count = _counter(local_path(model, "models.encoder"))
    found = {}
    for lang, some in sorted(of_language.items()):
        unknown, tokens = count([text[:_CHARACTERS] for text in some[:: -(-len(some) // _TEXTS)]])
        if tokens and unknown / tokens > MOST_UNKNOWN:
            found[lang] = round(unknown / tokens, 3)
    return found


def unread_notes(shares: dict[str, float], model: Model) -> Notes:
    """Entries of a step's notes: what was not read, and the remedy; empty where all was."""
    if not shares:
        return {}
    told = ", ".join(f"{share:.0%} of the tokens in '{lang or 'unknown'}'" for lang, share in shares.items())
    remedy = (
        f"models.encoder ({revision(model)}) does not know {told}. Name an encoder for these languages, such as a "
        "multilingual e5 (docs/cleaning/unread_languages.md), or `name: tfidf`, which reads all."
    )
    return {"unread": dict(shares), "unread_remedy": remedy}


def read_rows(texts: Sequence[str], langs: Sequence[str], model: Model) -> tuple[list[int], Notes]:
    """Numbers of the texts in a language that the model reads; notes on the others (`unread_notes`, unread_records)."""
    shares = unread_languages(texts, langs, model)
    rows = [n for n, lang in enumerate(langs) if lang not in shares]
    notes = unread_notes(shares, model)
    return rows, {**notes, "unread_records": len(langs) - len(rows)} if notes else {}


def readable_model(texts: Sequence[str], langs: Sequence[str], model: Model) -> tuple[Model, Notes]:
    """The model, or TF-IDF where there is a language that it does not read; and notes on those."""
    notes = unread_notes(unread_languages(texts, langs, model), model)
    return (Model(name=TFIDF), {**notes, "read_by": TFIDF}) if notes else (model, {})


def readable_features(texts: Sequence[str], langs: Sequence[str], model: Model, who: str) -> tuple[Matrix, Notes]:
    """Features of the texts by the model, or by TF-IDF where there is a language that it does not read; and notes.

    Logs a warning then; `who` says who wanted them (`label  few-shot examples`).
    """
    from pipeline.modeling.features.encoder import features

    able, notes = readable_model(texts, langs, model)
    if notes:
        log.warning("%s: TF-IDF instead of the encoder. %s", who, notes["unread_remedy"])
    return features(texts, able), notes


def _counter(path: str) -> Shares:
    """What counts unknown tokens and all tokens of texts."""
    if (Path(path) / "tokenizer.json").is_file():
        return _fast_counter(str(Path(path) / "tokenizer.json"))
    from pipeline.modeling.features.encoder import load_encoder

    tokenizer = load_encoder(path)[0]

    def count(texts: Sequence[str]) -> tuple[int, int]:
        ids = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        return sum(row.count(tokenizer.unk_token_id) for row in ids), sum(map(len, ids))

    return count


def _fast_counter(file: str) -> Shares:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(file)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    unknown = {tokenizer.token_to_id(name) for name in ("[UNK]", "<unk>")} - {None}

    def count(texts: Sequence[str]) -> tuple[int, int]:
        encoded = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return sum(sum(token in unknown for token in one.ids) for one in encoded), sum(len(one.ids) for one in encoded)

    return count
