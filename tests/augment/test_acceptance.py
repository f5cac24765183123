from dataclasses import replace

from tests.augment.conftest import TASK, record, reviews
from tests.augment.stage import result
from tests.unread import english_only

SWAP = {"methods": {"random_swap": {"factor": 2}}, "keep": "always"}


def test_the_ablation_is_run_and_decides(project):
    folder = project(reviews(), {**SWAP, "keep": "if_helps", "ablation": {"seeds": 3, "min_held_out_rows": 10}})
    records, report = result(folder)
    ablation = report["notes"]["ablation"]
    assert ablation["evaluated_on"] == "dev split"
    assert "random_swap" in ablation["gain"]
    assert any(r.parent_id for r in records) == (ablation["kept_methods"] == ["random_swap"])
    small = project(reviews(), {**SWAP, "keep": "if_helps", "max_examples": 3, "ablation": {"min_held_out_rows": 5000}})
    records, report = result(small, "small")
    ablation = report["notes"]["ablation"]
    assert ablation["evaluated_on"] == "train split, by cross-validation"
    assert ablation["held_out_rows"] == sum(r.split == "train" and not r.parent_id for r in records)
    assert any(r.parent_id for r in records) == (ablation["kept_methods"] == ["random_swap"])


def test_one_class_is_augmented_only_without_the_measurement(project):
    records = [r for r in reviews() if r.target == "pos"]
    kept, report = result(project(records, SWAP))
    assert any(r.parent_id for r in kept)
    assert "two classes" in report["notes"]["gate"]["label_check"]
    kept, report = result(project(records, {**SWAP, "keep": "if_helps"}), "second")
    assert not any(r.parent_id for r in kept)
    assert report["steps"][-1]["reasons"].keys() == {"not_measured"}


def test_a_record_without_any_of_several_labels_does_not_switch_the_questions_off(project):
    task = TASK.model_copy(update={"multi_label": True})
    records = [replace(r, target=[r.target]) for r in reviews()] + [record("the bus came at noon as ever", [])]
    _, report = result(project(records, {**SWAP, "keep": "if_helps", "ablation": {"seeds": 3}}, task))
    notes = report["notes"]
    assert "label_check" not in notes["gate"]
    assert "random_swap" in notes["gate"]["class_balance"]
    assert "random_swap" in notes["ablation"]["gain"]


def test_texts_without_words_are_rejected_with_a_reason(project):
    records = [record("!!! ???"), record("...", "neg"), record("ok then", "neg")]
    _, report = result(project(records, SWAP))
    assert report["notes"]["methods"]["random_swap"]["rejected"]["unchanged"] >= 2


def test_children_in_a_language_that_the_encoder_does_not_read_are_held_against_tfidf(project, tmp_path, caplog):
    """To the encoder all Chinese texts are alike, so each child was `too_similar`; it has no weights here at all."""
    places = ["港口边", "街角", "酒店旁", "教堂后面", "公园里", "山上", "车站前"]
    records = [record(f"昨天 我们 在 {p} 吃 的 饭菜 非常 美味 服务员 热情", "pos", lang="zh") for p in places]
    records += [record(f"上周 他们 在 {p} 看 的 电影 十分 无聊 结局 难过", "neg", lang="zh") for p in places]
    models = {"encoder": {"name": english_only(tmp_path / "encoder").name}}
    kept, report = result(project(records, SWAP, models=models))
    gate = report["notes"]["gate"]
    assert gate["unread"]["zh"] > 0.2
    assert "tfidf" in gate["unread_remedy"]
    assert "TF-IDF instead of the encoder" in caplog.text
    assert sum(r.parent_id is not None for r in kept) >= 3
