from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pipeline.augment.params import SelectSettings
from pipeline.augment.select import selection
from pipeline.augment.select.selection import Scores, choose, coverage, select
from pipeline.core.errors import PipelineError
from pipeline.modeling.lm.scores import ReplyLoss
from pipeline.modeling.models import Model, Models
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from tests.augment.conftest import CHAT, TASK, chat, record
from tests.llm.server import as_json, serving
from tests.unread import english_only

MODELS = Models(generator=Model(name="some/model"))
POOL = [chat(f"Question {n} about {topic}?", f"{topic} " * (n + 1)) for n in range(4) for topic in ("whales", "bread")]
POOL += [
    chat("鲸鱼在哪里过冬？", "在温暖的海里。", "zh"),
    chat("no reply yet", None),
    chat("kept", "as test", split="test"),
]
TRAIN = [r for r in POOL if r.split == "train" and r.target is not None]


@pytest.fixture(autouse=True)
def known_losses(monkeypatch, tmp_path):
    """Scores without a model: an answer's loss given its question is its length in words, over ten; alone 2."""
    monkeypatch.setenv("SFT_CACHE", str(tmp_path))

    def losses(model, items):
        return [ReplyLoss(len(text.split()), 20.0, 10, 10) for _, text in items]

    monkeypatch.setattr(selection, "reply_losses", losses)


def chosen(by, keep=1 / 3, **more):
    outcome = select(to_table(POOL, schema(CHAT)), SelectSettings(keep=keep, by=by, **more), CHAT, MODELS)
    assert outcome.kept.num_rows + outcome.dropped.num_rows == len(POOL)
    return list(to_records(outcome.kept)), outcome


@pytest.mark.parametrize("by", ["mixed", "quality", "ifd", "complexity", "difficulty", "diversity", "random"])
def test_a_share_of_the_train_rows_stays_and_nothing_else_is_touched(by):
    kept, outcome = chosen(by)
    assert sum(r.split == "train" and r.target is not None for r in kept) == 3 == outcome.notes["kept"]
    assert [r.id for r in kept if r not in TRAIN] == [r.id for r in POOL if r not in TRAIN]
    assert set(outcome.dropped["reason"].to_pylist()) == {"not_selected"}
    assert "IFD" in outcome.dropped["detail"][0].as_py()
    assert {"all", "chosen", "random"} <= set(outcome.notes)  # the baseline always stands beside
    assert chosen(by)[0] == kept


def test_a_small_share_of_few_rows_is_one_row():
    kept, outcome = chosen("ifd", keep=0.02)
    assert sum(r in TRAIN for r in kept) == 1 == outcome.notes["kept"]


def test_orders_are_those_of_the_scores():
    words = [len(r.target["content"].split()) for r in chosen("quality", max_cosine=1.0)[0] if r in TRAIN]
    assert max(words) == 1  # the lowest loss
    words = [len(r.target["content"].split()) for r in chosen("ifd", max_cosine=1.0)[0] if r in TRAIN]
    assert min(words) >= 3  # the highest ratio below 1
    words = [len(r.target["content"].split()) for r in chosen("difficulty", max_cosine=1.0)[0] if r in TRAIN]
    assert sorted(words) == [3, 4, 4]  # the highest loss


def scores_of(*columns: list[float]) -> Scores:
    loss, ifd, complexity, quality = (np.array(column, float) for column in columns)
    return Scores(loss, ifd, complexity, quality)


def test_questions_that_do_not_help_come_last():
    scores = scores_of([1, 1, 1], [0.5, 1.2, 0.9], [1, 1, 1], [-1, -1, -1])
    assert choose(TRAIN[:3], scores, np.eye(3), SelectSettings(by="ifd"), 3) == [2, 0, 1]


def test_likes_are_left_out_while_others_remain():
    matrix = np.array([[1, 0], [1, 0.01], [0, 1]], float)
    scores = scores_of([1, 1, 1], [0.9, 0.8, 0.7], [1, 1, 1], [0, 0, 0])
    settings = SelectSettings(by="ifd", max_cosine=0.9)
    assert choose(TRAIN[:3], scores, matrix, settings, 2) == [0, 2]
    assert choose(TRAIN[:3], scores, matrix, settings, 3) == [0, 2, 1]
    assert coverage(matrix, [0, 2]) > coverage(matrix, [0, 1])
    assert coverage(matrix, [0, 1, 2]) == pytest.approx(1)


def test_nothing_is_scored_where_all_stays(monkeypatch):
    monkeypatch.setattr(selection, "reply_losses", None)
    table = to_table(POOL, schema(CHAT))
    assert select(table, SelectSettings(keep=1.0), CHAT, MODELS).kept.num_rows == len(POOL)


def test_tasks_with_labels_and_missing_models_are_named():
    table = to_table([record("lovely food"), record("bad food", "neg")], schema(TASK))
    with pytest.raises(PipelineError, match="no free texts"):
        select(table, SelectSettings(keep=0.5), TASK, MODELS)
    with pytest.raises(PipelineError, match=r"needs models\.generator"):
        select(to_table(POOL, schema(CHAT)), SelectSettings(keep=0.5), CHAT, Models())


def grades(body, number, of):
    """What a scripted judge says: the grade of the word of `of` that stands in the reply."""
    asked = body["messages"][1]["content"]
    assert "## user" in asked
    reply = asked.rpartition("## assistant")[2]
    said = next(grade for word, grade in of.items() if word in reply)
    return said if isinstance(said, str) else as_json({"reason": "so", "correct": said, "helpful": said})


def judges(*services):
    return {"judges": {f"j{n}": {"url": s.url, "model": "m", "first_pause": 0.01} for n, s in enumerate(services)}}


def test_a_judge_grades_quality_and_its_answers_are_kept():
    with serving(lambda body, n: grades(body, n, {"whales": 5, "bread": 1, "温暖": 3})) as service:
        kept, outcome = chosen("quality", quality=judges(service), max_cosine=1.0)
        assert all("whales" in r.target["content"] for r in kept if r in TRAIN)
        before = len(service.asked)
        chosen("quality", quality=judges(service), keep=0.5)
        assert len(service.asked) == before
    about = outcome.notes["judged"]["judges"]["j0"]
    assert (about["graded"], about["unreadable"], about["usage"]["requests"]) == (9, {}, 9)
    assert outcome.notes["judged"]["alpha"] is None  # one judge alone agrees with nobody
    assert outcome.notes["chosen"]["quality"] == 5 > outcome.notes["random"]["quality"]


def test_two_judges_are_averaged_without_their_severity_and_their_agreement_is_told():
    mild = {"whales": 5, "bread": 4, "温暖": 4}
    strict = {"whales": 2, "bread": 1, "温暖": 1}
    with serving(lambda b, n: grades(b, n, mild)) as one, serving(lambda b, n: grades(b, n, strict)) as other:
        _, outcome = chosen("quality", quality=judges(one, other), max_cosine=1.0)
    notes = outcome.notes
    assert notes["chosen"]["quality"] == pytest.approx(3.5)
    assert notes["judged"]["alpha"] < 0.2  # three grades apart on every reply


def test_what_no_judge_could_read_is_no_grade_and_stands_in_the_middle():
    of = {"whales": 5, "bread": 1, "温暖": "I would rather not say."}
    with serving(lambda body, n: grades(body, n, of)) as service:
        kept, outcome = chosen("quality", keep=5 / 9, quality=judges(service), max_cosine=1.0)
    about = outcome.notes["judged"]["judges"]["j0"]
    assert (about["graded"], about["unreadable"]) == (8, {"not_json": 1})
    assert outcome.notes["judged"]["unreadable_by_all"] == 1
    assert sum("温暖" in r.target["content"] for r in kept if r in TRAIN) == 1  # above bread, below whales
    assert "no judge could be read" not in str(outcome.dropped["detail"].to_pylist())


def test_a_dry_run_of_judges_asks_nothing_and_keeps_all():
    with serving(lambda body, n: "no") as service:
        kept, outcome = chosen("quality", quality={**judges(service), "dry_run": True})
    assert service.asked == []
    assert kept == POOL
    assert outcome.notes["forecast"]["j0"]["requests"] == len(TRAIN)


def test_likeness_is_told_by_tf_idf_where_the_encoder_does_not_read_a_language(tmp_path):
    models = Models(generator=Model(name="some/model"), encoder=english_only(tmp_path / "encoder"))
    outcome = select(to_table(POOL, schema(CHAT)), SelectSettings(keep=0.5, by="diversity"), CHAT, models)
    assert outcome.notes["read_by"] == "tfidf"
    assert "zh" in outcome.notes["unread"]


def tagged(rows=24):
    """Three topics: code is half of the pool and has the highest losses, so the best of all are none of it."""
    topics = ["code", "code", "food", "天气"]
    return [
        replace(
            chat(f"Ask {n}?", "word " * (9 if topics[n % 4] == "code" else 2) + str(n)), meta={"topic": topics[n % 4]}
        )
        for n in range(rows)
    ]


def spread(pool, size, **more):
    settings = SelectSettings(keep=size / len(pool), by="quality", max_cosine=1.0, **more)
    outcome = select(to_table(pool, schema(CHAT)), settings, CHAT, MODELS)
    assert outcome.kept.num_rows == size
    kept = Counter(r.meta.get("topic", "") for r in to_records(outcome.kept))
    told = outcome.notes.get("groups", {})
    assert {name: one["kept"] for name, one in told.items() if one["kept"]} == (dict(kept) if told else {})
    return kept


def test_what_is_kept_is_spread_evenly_over_tags_or_by_quotas():
    pool = tagged()
    assert spread(pool, 12) == {"food": 6, "天气": 6}
    assert spread(pool, 12, spread_over="meta_topic") == {"code": 4, "food": 4, "天气": 4}
    assert spread(pool, 20, spread_over="meta_topic") == {"code": 8, "food": 6, "天气": 6}  # all that two have
    assert spread(pool, 12, spread_over="meta_topic", quotas={"code": 0.5}) == {"code": 6, "food": 3, "天气": 3}
    assert spread(pool, 6, spread_over="meta_topic", quotas={"food": 1.0}) == {"food": 6}
    assert sum(spread(pool, 11, spread_over="meta_topic").values()) == 11
    assert sum(spread(pool, 1, spread_over="meta_topic").values()) == 1


def test_records_without_the_tag_are_a_group_of_their_own():
    pool = [replace(r, meta={}) if n < 8 else r for n, r in enumerate(tagged())]
    assert spread(pool, 8, spread_over="meta_topic") == {"": 2, "code": 2, "food": 2, "天气": 2}


def test_near_copies_are_left_out_within_what_a_group_may_keep():
    pool = tagged(12)
    scores = scores_of(*[[0.0] * 12] * 4)
    matrix = np.repeat(np.eye(6), 2, axis=0)  # pairs that are alike
    settings = SelectSettings(by="complexity", spread_over="meta_topic")
    found = choose(pool, scores, matrix, settings, 6, 0.9)
    assert Counter(pool[n].meta["topic"] for n in found) == {"code": 2, "food": 2, "天气": 2}
    assert len({n // 2 for n in found}) >= 4


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"spread_over": "meta_topik"}, "Did you mean 'meta_topic'"),
        ({"spread_over": "meta_topic", "quotas": {"foot": 0.5}}, "Did you mean 'food'"),
    ],
)
def test_tags_and_groups_that_are_not_there_are_named(values, words):
    with pytest.raises(PipelineError, match="no record has") as error:
        spread(tagged(), 6, **values)
    assert words in error.value.hint


def test_quotas_need_groups_and_are_at_most_all():
    with pytest.raises(ValueError, match="spread_over, which is not set"):
        SelectSettings(quotas={"a": 0.5})
    with pytest.raises(ValueError, match=r"add up to 1\.2"):
        SelectSettings(spread_over="source", quotas={"a": 0.6, "b": 0.6})
