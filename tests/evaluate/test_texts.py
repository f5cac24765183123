"""Translation and summarization: metrics against sacrebleu and rouge_score, references, the whole stage."""

import numpy as np
import pytest
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.evaluate.extractive_baselines import copies, first_words, lead, leads, sentences
from pipeline.evaluate.metrics import overlap, summarization, translation
from pipeline.evaluate.params import Params
from pipeline.evaluate.run import evaluate
from pipeline.modeling.prediction import Prediction
from pipeline.runtime.store import read_json
from pipeline.stats.bootstrap import estimate

PARAMS = Params(resamples=200, robustness_rows=2, base_model_rows=3)
SUMMARIES = Task(type="summarization", languages=("en", "zh"))
ENGLISH = (
    ["the cat sat on the mat", "a good day for all of us", "hello", "one two three four five six"],
    ["the cat is on the mat", "a good day for all", "goodbye then", "six five four three two one"],
)
CHINESE = (
    ["今天天气很好，我们去公园。", "我爱北京天安门", "质量很好", "他把欧文扔进坑里。"],
    ["今天天气不错，我们去公园", "我爱北京的天安门", "太差了", "他把欧文扔进了坑里。"],
)
NOTHING_SHARED = (["the cat sat on the mat"] * 3, ["zzz yyy xxx www vvv"] * 3)


def into(language):
    return Task(type="translation", languages=("en", "zh"), target_language=language)


@pytest.mark.parametrize(
    ("pair", "language", "tokenizer"), [(ENGLISH, "en", "13a"), (CHINESE, "zh", "zh"), (NOTHING_SHARED, "en", "13a")]
)
def test_chrf_and_bleu_are_sacrebleu_s_for_any_resample(pair, language, tokenizer):
    truths, texts = pair
    rng = np.random.default_rng(3)
    weights = np.stack([np.ones(len(truths)), *rng.integers(0, 4, (30, len(truths)))])
    ours = {"chrf": overlap.chrf(truths, texts).metric, "bleu": overlap.bleu(truths, texts, language).metric}
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
        assert overlap.bleu(truths, texts, "zh").metric(one)[0] == pytest.approx(expected)
        expected = sacrebleu.corpus_chrf([texts[n]], [[truths[n]]]).score
        assert overlap.chrf(truths, texts).metric(one)[0] == pytest.approx(expected)
    assert np.isnan(overlap.bleu(truths, texts, "zh").metric(np.zeros((1, 3)))[0]), "nothing drawn, no figure"


def test_rouge_is_rouge_score_s_and_counts_chinese_characters():
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"])
    one, two, longest = overlap.rouge(*ENGLISH, "rouge1", "rouge2", "rougeL")
    for n, (truth, text) in enumerate(zip(*ENGLISH, strict=True)):
        expected = scorer.score(truth, text)
        assert (one[n], two[n], longest[n]) == pytest.approx(
            tuple(expected[kind].fmeasure for kind in ("rouge1", "rouge2", "rougeL"))
        )
    one, two = overlap.rouge(["我爱北京"], ["我爱南京"], "rouge1", "rouge2")
    assert (one[0], two[0]) == pytest.approx((3 / 4, 1 / 3))


def test_translation_by_hand(record):
    records = [record(n, f"text {n}", target) for n, target in enumerate(CHINESE[0])]
    predictions = [Prediction(text, log_likelihood=-6.0, tokens=3) for text in CHINESE[1]]
    evaluation = translation.compute_metrics(records, predictions, into("zh"), PARAMS)
    found = estimate(evaluation.metrics, 4, 200)
    assert evaluation.headline == "chrf"
    assert found["chrf"].value == pytest.approx(sacrebleu.corpus_chrf(CHINESE[1], [CHINESE[0]]).score)
    assert found["bleu"].low <= found["bleu"].value <= found["bleu"].high
    assert found["loss_per_token"].value == pytest.approx(2.0)
    assert found["length_ratio"].value == pytest.approx(31 / 30)
    assert evaluation.correct == [False, False, False, False]
    assert evaluation.wrongness[2] == 1.0 == max(evaluation.wrongness), "nothing in common: the worst"


def test_summaries_without_a_loss_and_losses_without_a_summary(record):
    records = [record(n, "文章" * 9, target) for n, target in enumerate(CHINESE[0])]
    evaluation = summarization.compute_metrics(records, [Prediction(text) for text in CHINESE[0]], SUMMARIES, PARAMS)
    assert set(evaluation.metrics) == {"rouge_1", "rouge_2", "rouge_l", "length_ratio", "exact_match"}
    assert (evaluation.wrongness, evaluation.correct, evaluation.reliability) == ([0.0] * 4, [True] * 4, [])
    lost = [Prediction(None, log_likelihood=-1.0, tokens=2)] * 4
    evaluation = summarization.compute_metrics(records, lost, SUMMARIES, PARAMS)
    assert set(evaluation.metrics) == {"loss_per_token", "perplexity"}
    with pytest.raises(PipelineError, match="wrote no text for some test rows"):
        summarization.compute_metrics(records, [Prediction(None)] * 4, SUMMARIES, PARAMS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It cost 3.5 dollars. Really? Yes!", ["It cost 3.5 dollars.", "Really?", "Yes!"]),
        ("提出了新方法.仿真表明有效。“真的吗？”他说!", ["提出了新方法.", "仿真表明有效。", "“真的吗？”他说!"]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences_are_split_in_both_languages(text, expected):
    assert sentences(text) == expected


def test_references_are_parts_of_the_input(record):
    train = [record(1, "x", "four words are here"), record(2, "x", "两字")]
    test = [record(3, "First one. Second one! Third? Fourth.", "First"), record(4, "第一句。第二句。", "一")]
    found = leads(train, test)
    assert [p.value for p in found["lead_1"]] == ["First one.", "第一句。"]
    assert [p.value for p in found["lead_3"]] == ["First one. Second one! Third?", "第一句。 第二句。"]
    assert [p.value for p in found["lead_mean_length"]] == ["First one. Second", "第一句"], "3 words on average"
    assert set(leads([], test)) == {"lead_1", "lead_3"}
    assert [p.value for p in copies(train, test)["copy_source"]] == [r.fields["text"] for r in test]
    assert lead("好。", 3) == "好。"
    assert first_words("a b", 9) == "a b"


class Titles:
    """Writes the first words of a text; remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def predict(self, rows):
        self.asked += rows
        return [Prediction(first_words(row["text"], 4), log_likelihood=-4.0, tokens=4) for row in rows]


@pytest.fixture
def papers(record):
    rows = [("本文提出一种方法。效果很好。", "一种方法", "zh"), ("We show a way. It works.", "A way", "en")]
    return [record(n, f"{text}{n}", target, lang) for n, (text, target, lang) in enumerate(rows * 12)]


@pytest.mark.parametrize("task", [SUMMARIES, into("zh")])
def test_the_stage_writes_every_out(task, papers, tmp_path):
    def untuned(rows):
        assert len(rows) == 3
        return [Prediction(None, log_likelihood=-12.0, tokens=4) for _ in rows]

    model = Titles()
    evaluate(papers, papers, model, task, PARAMS, tmp_path, untuned)
    report, metrics = read_json(tmp_path / "report.json"), read_json(tmp_path / "metrics.json")
    assert {row["lang"] for row in model.asked} == {"en", "zh"}, "the language picks the instruction"
    assert metrics["n"] == 24
    assert metrics["loss_per_token"] == report["metrics"]["loss_per_token"]["value"] == 1.0
    base = report["baselines"].pop("base")
    assert base["n"] == 3
    assert base["metrics"]["loss_per_token"]["value"] == 3.0
    assert base["model_minus_reference"]["loss_per_token"]["value"] == -2.0
    own = {"summarization": {"lead_1", "lead_3", "lead_mean_length"}, "translation": {"copy_source"}}[task.type]
    assert set(report["baselines"]) == own
    for reference in report["baselines"].values():
        assert report["headline"] in reference["model_minus_reference"]
    slices = {(cut["attribute"], cut["slice"]): cut for cut in report["slices"]}
    assert slices["language", "en"]["n"] == slices["language", "zh"]["n"] == 12
    assert (tmp_path / "confusion.csv").read_text("utf-8").count("\n") == 25
    assert (tmp_path / "reliability.csv").read_text("utf-8").splitlines()[0] == "confidence,accuracy,count,bin"
    assert "NaN" not in (tmp_path / "report.json").read_text("utf-8")
