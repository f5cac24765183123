"""How much two texts have in common: ROUGE, chrF and BLEU, per row and for any weighting of rows.

A text is held against all references of its item: ROUGE and chrF take the best one, BLEU counts n-grams of any and the
nearest length, as sacrebleu does. chrF and BLEU of a corpus are not means of sentence scores: they come from n-gram
counts summed over sentences. `Counts` keeps the counts of each sentence, as sacrebleu extracts them; a bootstrap
resample is then one product of weights and counts. Both are in [0, 100] and equal sacrebleu's own figures; ROUGE is in
[0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluate.references import streams
from pipeline.stats.numbers import Floats, Metric, divide
from pipeline.text.scripts import WORD

#: sacrebleu's tokenizer for targets in this language; `13a` for others.
_TOKENIZERS = {"zh": "zh", "ja": "char", "ko": "char"}


@dataclass(frozen=True)
class Counts:
    """Counts of each sentence, shape (rows, counts), and the score of any sum of them."""

    values: Floats
    score: Callable[[Floats], Floats]

    @property
    def metric(self) -> Metric:
        """The corpus score."""
        return lambda weights: self.score(weights @ self.values)

    @property
    def each(self) -> Floats:
        """The score of every sentence by itself."""
        return self.score(self.values)


def words(text: str) -> list[str]:
    """Lower-case words, and CJK characters one by one. Example: 'Hi 你好!' -> ['hi', '你', '好']."""
    return WORD.findall(text.lower())


def normalised(text: str) -> str:
    """The text without case, spacing and punctuation: what exact match compares."""
    return " ".join(words(text))


def rouge(truths: Sequence[Sequence[str]], texts: Sequence[str], *kinds: str) -> list[Floats]:
    """F-measures of each text over `words`, of its best reference; one array for each of `kinds` (rouge1, rougeL)."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(kinds), tokenizer=_Tokenizer())
    found = [[scorer.score(truth, text) for truth in own] for own, text in zip(truths, texts, strict=True)]
    return [np.array([max(float(one[kind].fmeasure) for one in row) for row in found]) for kind in kinds]


def chrf(truths: Sequence[Sequence[str]], texts: Sequence[str]) -> Counts:
    """chrF2 over character 1- to 6-grams (Popović 2015), as sacrebleu computes it."""
    from sacrebleu.metrics.chrf import CHRF

    return Counts(_statistics(CHRF(), truths, texts), _chrf)


def bleu(truths: Sequence[Sequence[str]], texts: Sequence[str], language: str | None) -> Counts:
    """BLEU-4 with exponential smoothing, as sacrebleu computes it; tokenized for the language of the target."""
    from sacrebleu.metrics.bleu import BLEU

    return Counts(_statistics(BLEU(tokenize=bleu_tokenizer(language), force=True), truths, texts), _bleu)


def bleu_tokenizer(language: str | None) -> str:
    """The name sacrebleu gives to the tokenizer for targets in `language`."""
    return _TOKENIZERS.get(language or "", "13a")


class _Tokenizer:
    """The interface rouge_score asks for."""

    def tokenize(self, text: str) -> list[str]:
        """See `words`."""
        return words(text)


def _statistics(metric: object, truths: Sequence[Sequence[str]], texts: Sequence[str]) -> Floats:
    # The counts behind sacrebleu's own bootstrap; tests hold the scores against its public ones.
    return np.array(metric._extract_corpus_statistics(texts, streams(truths)), np.float64)  # type: ignore[attr-defined]


def _chrf(sums: Floats) -> Floats:
    said, true, match = sums[..., 0::3], sums[..., 1::3], sums[..., 2::3]
    counted = (said > 0) & (true > 0)
    orders = counted.sum(axis=-1).astype(np.float64)
    precision = divide((divide(match, said) * counted).sum(axis=-1), orders)
    recall = divide((divide(match, true) * counted).sum(axis=-1), orders)
    score = divide(100 * 5 * precision * recall, 4 * precision + recall)
    return np.where(true[..., 0] > 0, score, np.nan)


def _bleu(sums: Floats) -> Floats:
    said, true, correct, total = sums[..., 0], sums[..., 1], sums[..., 2:6], sums[..., 6:10]
    missed = (correct == 0) & (total > 0)
    smoothed = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), correct)
    precision = divide(smoothed, total)
    defined = (precision > 0).all(axis=-1) & (correct > 0).any(axis=-1)
    mean = np.exp(np.log(np.where(precision > 0, precision, 1.0)).mean(axis=-1))
    brevity = np.exp(np.minimum(0.0, 1 - divide(true, said, 1.0)))
    return np.where(true > 0, 100 * np.where(defined, brevity * mean, 0.0), np.nan)
