"""Text to vectors: mean-pooled encoder embeddings, cached per text; or TF-IDF over character n-grams."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa

from pipeline.core.cache import cached
from pipeline.core.errors import PipelineError, shorten
from pipeline.modeling.device import Placement, halving, placement, to_model
from pipeline.modeling.features.parallel import in_threads
from pipeline.modeling.load_errors import load_errors
from pipeline.modeling.models import Model, has_weights, identity, local_path
from pipeline.modeling.prefixes import for_passages, prefix_mark, with_prefix
from pipeline.runtime.engine import load_engine
from pipeline.runtime.parts import parts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfTransformer
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: Longer texts are cut for embedding: the mean over 256 tokens says what a text is about. A guess: not measured.
MAX_TOKENS = 256

#: Every batch has this many rows, and a length that its texts alone decide: matrix products of another shape may add
#: up in another order, so a text's vector would hang, in its last bits, on what else was new to the cache.
#: A guess: not measured.
_BATCH = 8
_STEP = 4  # a guess: not measured

# `_LOCAL`, `_PART`: guesses: not measured.
_LOCAL, _PART = 2048, 512  # texts that are computed before any is kept; that an engine sends to a worker at once

Result = TypeVar("Result")


def features(texts: Sequence[str], model: Model, known: int | None = None) -> NDArray[np.float32] | csr_matrix:
    """One row per text for a linear model: embeddings, or sparse TF-IDF for models without weights.

    TF-IDF weights are fitted on `texts` themselves (the first `known` of them, where given), so pass all
    texts of one question at once.
    """
    return embed(texts, model) if has_weights(model) else tfidf(texts, known)


def embed(
    texts: Sequence[str], model: Model, max_tokens: int = MAX_TOKENS, passages: bool = False
) -> NDArray[np.float32]:
    """Mean-pooled, L2-normalised last hidden states, shape (len(texts), hidden size).

    `passages` are what questions look for: e5 has a prefix of its own for them (prefixes.py).
    Rows come from the per-record cache; only new texts load torch and the model, wherever `engine` in params.yaml has
    its workers: each keeps the model, and computes as this machine does (`placement`).
    """
    if not texts:
        return np.zeros((0, 0), np.float32)
    engine, place = load_engine(), placement(embeds=True)
    work = partial(_embedded, model=model, max_tokens=max_tokens, place=place, passages=passages)
    size, at_once = (_LOCAL, _LOCAL) if engine.kind == "local" else (_PART, _PART * engine.window)

    def on_demand(batch: list[str]) -> list[bytes]:
        parts = parts_of(pa.table({"text": pa.array(batch, pa.large_string())}), size)
        return [vector for part in engine.map_parts(work, parts) for vector in part]

    version = f"{identity(model)} mean {max_tokens}{place.mark}{prefix_mark(model)}{' passage:' if passages else ''}"
    try:
        rows = cached("embedding", version, texts, on_demand, at_once)
    finally:
        _embedder.cache_clear()
    return np.frombuffer(b"".join(rows), np.float32).reshape(len(texts), -1)


def tfidf(texts: Sequence[str], known: int | None = None) -> csr_matrix:
    """TF-IDF over character 1- to 4-grams hashed into 2**18 columns: no word boundaries needed.

    Weights are those of the first `known` texts, or of all.
    """
    weights, matrix = fitted_tfidf(texts[:known])
    if known is None or known >= len(texts):
        return matrix
    from scipy.sparse import vstack

    return vstack([matrix, weights.transform(_gram_counts(texts[known:]))], "csr")


def fitted_tfidf(texts: Sequence[str]) -> tuple[TfidfTransformer, csr_matrix]:
    """The weights of these texts (which `transform` what `gram_counts` gives for others), and their `tfidf`."""
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = _gram_counts(texts)
    weights = TfidfTransformer(sublinear_tf=True).fit(counts)
    return weights, weights.transform(counts)


def _gram_counts(texts: Sequence[str]) -> csr_matrix:
    """Counts of each text's n-grams, made wherever `engine` in params.yaml has its workers."""
    engine = load_engine()
    parts = parts_of(pa.table({"text": pa.array(texts, pa.large_string())}), engine.rows) if len(texts) else iter(())
    found = list(engine.map_parts(_counted, parts))
    if not found:
        return gram_counts([])
    from scipy.sparse import vstack

    return vstack(found, "csr")


def _counted(part: pa.Table) -> csr_matrix:
    return gram_counts(part["text"].to_pylist())


def gram_counts(texts: Sequence[str]) -> csr_matrix:
    """Counts of each text's character 1- to 4-grams, hashed into 2**18 columns, made in this process."""
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), n_features=2**18, alternate_sign=False, norm=None, dtype=np.float32
    ).transform(texts)


def occupied(matrix: NDArray[np.float32] | csr_matrix) -> NDArray[np.float32] | csr_matrix:
    """The columns that any row uses, for sparse matrices: models on few texts train many times faster, equally well."""
    return matrix if isinstance(matrix, np.ndarray) else matrix[:, np.unique(matrix.indices)]


def load_encoder(path: str, where: str = "models.encoder") -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Tokenizer and bare encoder from a hub name or folder, in evaluation mode."""
    from transformers import AutoModel, AutoTokenizer

    try:
        return with_prefix(AutoTokenizer.from_pretrained(path), path), AutoModel.from_pretrained(path).eval()
    except load_errors() as error:
        raise PipelineError(
            f"{where}: '{path}' could not be loaded: {shorten(error, 200)}",
            "Name a folder that holds config.json and weights, or a hub model while online.",
        ) from None


def _embedded(part: pa.Table, model: Model, max_tokens: int, place: Placement, passages: bool = False) -> list[bytes]:
    """The vectors of the part's texts."""
    return _embedder(local_path(model, "models.encoder"), max_tokens, place, passages)(part["text"].to_pylist())


@lru_cache(maxsize=1)
def _embedder(
    path: str, max_tokens: int, place: Placement, passages: bool = False
) -> Callable[[list[str]], list[bytes]]:
    """Kept in the process that computes until all is done: to load a model takes as long as hundreds of texts."""
    import torch

    tokenizer, model = load_encoder(path)
    tokenizer = for_passages(tokenizer) if passages else tokenizer
    model = place.put(model)

    def forward(ids: list[list[int]], length: int) -> list[bytes]:
        filled = tokenizer.pad({"input_ids": ids}, padding="max_length", max_length=length, return_tensors="pt")
        batch = to_model(filled, model)
        with torch.inference_mode():
            hidden = model(**batch).last_hidden_state.float()  # (batch, tokens, hidden)
        mask = batch["attention_mask"].unsqueeze(-1)
        mean = (hidden * mask).sum(1) / mask.sum(1)  # (batch, hidden)
        vectors = torch.nn.functional.normalize(mean, dim=1).cpu()
        return [vector.numpy().tobytes() for vector in vectors]

    def embed_texts(texts: list[str]) -> list[bytes]:
        return batched(tokenizer(texts, truncation=True, max_length=max_tokens)["input_ids"], forward, place)

    return embed_texts


def batched(
    ids: Sequence[list[int]], forward: Callable[[list[list[int]], int], Sequence[Result]], place: Placement
) -> list[Result]:
    """`forward` on token ids in batches of one size and few lengths, the longest first; results in the order of `ids`.

    `forward` gets the ids of a batch and the length to pad them to. On an accelerator batches come one by one, of
    as many rows as make up its tokens.
    """

    def run(batch: tuple[list[int], int]) -> Sequence[Result]:
        rows = [ids[n] for n in batch[0]]
        if place.is_processor:
            return forward([*rows, *[rows[0]] * (_BATCH - len(rows))], batch[1])
        return [one for _, part in halving(lambda some: forward(list(some), batch[1]), rows) for one in part]

    batches = list(_batches([len(row) for row in ids], place))
    found_in = in_threads(run, batches) if place.is_processor else map(run, batches)
    found: dict[int, Result] = {}
    for (rows, _), part in zip(batches, found_in, strict=True):
        found |= zip(rows, part, strict=False)
    return [found[n] for n in range(len(ids))]


def _batches(lengths: Sequence[int], place: Placement) -> Iterator[tuple[list[int], int]]:
    """Rows of about one length, and the length to pad them to; the longest first."""
    alike: defaultdict[int, list[int]] = defaultdict(list)
    for n, length in enumerate(lengths):
        alike[-(-length // _STEP) * _STEP].append(n)
    for length, rows in sorted(alike.items(), reverse=True):
        size = place.rows(length, _BATCH)
        yield from ((rows[start : start + size], length) for start in range(0, len(rows), size))
