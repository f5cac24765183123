from typing import Any

import numpy as np
import pytest
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

from pipeline.evaluate.metrics import overlap
from pipeline.evaluate.metrics.overlap import rouge, words
from tests.evaluate.texts import CHINESE


def alone(truths):
    """One reference a row."""
    return [[truth] for truth in truths]


def test_of_several_references_the_best_counts_as_in_sacrebleu():
    texts = ["the cat is on the mat", "a good day for all", "我爱南京"]
    truths = [["the dog", "the cat is on the mat", "a cat"], ["good day to all"], ["我爱北京", "我爱南京市"]]
    streams: Any = [[own[n] if n < len(own) else None for own in truths] for n in range(3)]
    every = np.ones((1, 3))
    assert overlap.chrf(truths, texts).metric(every)[0] == pytest.approx(sacrebleu.corpus_chrf(texts, streams).score)
    assert overlap.bleu(truths, texts, "en").metric(every)[0] == pytest.approx(
        sacrebleu.corpus_bleu(texts, streams).score
    )
    (found,) = rouge(truths, texts, "rougeL")
    (worse,) = rouge([[own[0]] for own in truths], texts, "rougeL")
    assert found[0] == 1.0 > worse[0]
    assert found[1] == worse[1]
    assert found[2] > worse[2]


def test_rouge_l_of_chinese_counts_characters():
    # longest common subsequence 我 爱 京: precision 3/4, recall 3/5
    (found,) = rouge([["我很爱北京"]], ["我爱南京"], "rougeL")
    assert found == pytest.approx([2 * 0.75 * 0.6 / 1.35])
    assert words("Hi 你好,GPT-4!") == ["hi", "你", "好", "gpt", "4"]


ENGLISH = (
    ["the cat sat on the mat", "a good day for all of us", "hello", "one two three four five six"],
    ["the cat is on the mat", "a good day for all", "goodbye then", "six five four three two one"],
)


NOTHING_SHARED = (["the cat sat on the mat"] * 3, ["zzz yyy xxx www vvv"] * 3)


@pytest.mark.parametrize(
    ("pair", "language", "tokenizer"), [(ENGLISH, "en", "13a"), (CHINESE, "zh", "zh"), (NOTHING_SHARED, "en", "13a")]
)
def test_chrf_and_bleu_are_sacrebleu_s_for_any_resample(pair, language, tokenizer):
    truths, texts = pair
    rng = np.random.default_rng(3)
    weights = np.stack([np.ones(len(truths)), *rng.integers(0, 4, (30, len(truths)))])
    ours = {
        "chrf": overlap.chrf(alone(truths), texts).metric,
        "bleu": overlap.bleu(alone(truths), texts, language).metric,
    }
    chrf, bleu = ours["chrf"](weights), ours["bleu"](weights)
    for n, row in enumerate(weights.astype(int)):
        drawn = [k for k, count in enumerate(row) for _ in range(count)]
        a, b = [texts[k] for k in drawn], [[truths[k] for k in drawn]]
        if drawn:
            assert chrf[n] == pytest.approx(sacrebleu.corpus_chrf(a, b).score, abs=1e-9)
            assert bleu[n] == pytest.approx(sacrebleu.corpus_bleu(a, b, tokenize=tokenizer).score, abs=1e-9)


def test_short_and_empty_texts_have_a_defined_score():
    truths, texts = ["好", "yes", "a b c d e"], ["好", "", "a b"]
    for n in range(3):
        one = np.eye(3)[[n]]
        expected = sacrebleu.corpus_bleu([texts[n]], [[truths[n]]], tokenize="zh").score
        assert overlap.bleu(alone(truths), texts, "zh").metric(one)[0] == pytest.approx(expected)
        expected = sacrebleu.corpus_chrf([texts[n]], [[truths[n]]]).score
        assert overlap.chrf(alone(truths), texts).metric(one)[0] == pytest.approx(expected)
    assert np.isnan(overlap.bleu(alone(truths), texts, "zh").metric(np.zeros((1, 3)))[0]), "nothing drawn, no figure"


def test_rouge_is_rouge_score_s_and_counts_chinese_characters():
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"])
    one, two, longest = overlap.rouge(alone(ENGLISH[0]), ENGLISH[1], "rouge1", "rouge2", "rougeL")
    for n, (truth, text) in enumerate(zip(*ENGLISH, strict=True)):
        expected = scorer.score(truth, text)
        assert (one[n], two[n], longest[n]) == pytest.approx(
            tuple(expected[kind].fmeasure for kind in ("rouge1", "rouge2", "rougeL"))
        )
    one, two = overlap.rouge([["我爱北京"]], ["我爱南京"], "rouge1", "rouge2")
    assert (one[0], two[0]) == pytest.approx((3 / 4, 1 / 3))
