"""Children that a language model wrote, through the whole stage."""

import pytest

from pipeline.augment.__main__ import run
from pipeline.errors import PipelineError
from pipeline.store import read_json, read_table, to_records
from tests.augment.conftest import CHAT, chat, record, reviews
from tests.augment.stand_in import chat as reply
from tests.augment.stand_in import serving


def result(folder, name="out"):
    run(folder / "label", folder / name)
    report = read_json(folder / name / "report.json")
    dropped = read_table(folder / name / "dropped.parquet").to_pylist()
    return list(to_records(read_table(folder / name / "records.parquet"))), dropped, report


def method(service, mode, **more):
    endpoint = {"url": service.url, "first_pause": 0.01, "retries": 1}
    return {"generation": {"factor": 1, "mode": mode, "endpoint": endpoint, "languages": ["en", "zh"], **more}}


@pytest.mark.parametrize("mode", ["paraphrase", "new_example"])
def test_prompts_hold_no_word_of_test_dev_or_benchmark_rows(project, mode):
    secret = [record(f"secret{split} {n}", split=split) for split in ("dev", "test", "benchmark") for n in range(20)]
    unlabelled = [record("secretunlabelled 1", None, split="unlabelled")]
    train = [r for r in reviews() if r.split == "train"]
    with serving(lambda body: reply("lovely wonderful food in town")) as service:
        folder = project([*secret, *train, *unlabelled], {"methods": method(service, mode), "keep": "always"})
        result(folder)
        prompts = [message["content"] for body in service.asked for message in body["messages"]]
    assert len(prompts) == len(train)
    assert not [prompt for prompt in prompts if "secret" in prompt]
    assert all(any(r.fields["text"] in prompt for r in train) for prompt in prompts)
    if mode == "new_example":
        assert all("\n- " in prompt for prompt in prompts)


def test_new_examples_are_not_held_to_their_parents_words_but_to_the_label(project):
    texts = ("the lovely wonderful music made {} happy", "horrible terrible boring noise, {} hated it")
    train = [r for r in reviews() if r.split == "train"]
    with serving(lambda body: reply(texts[body["seed"] % 2].format(body["seed"]))) as service:
        settings = method(service, "new_example", max_children=8)
        values = {"methods": settings, "keep": "always", "gate": {"max_jaccard": 1.0}}
        _, _, report = result(project(train, values))
    notes = report["notes"]["methods"]["generation"]
    assert notes["tried"] == 8
    assert not {"meaning_changed", "structure_lost"} & set(notes["rejected"])
    assert {"label_changed"} & set(notes["rejected"])
    assert notes["accepted"] + sum(notes["rejected"].values()) == 8


def test_instructions_with_replies_become_conversations_whose_answer_is_the_models(project):
    def answer(body):
        asked = body["messages"][0]["content"]
        return reply("Use yeast, flour and water." if asked.startswith("How does one") else "How does one bake bread?")

    records = [
        chat("Where can people see wild whales in winter?", "In Norway."),
        chat("冬天去哪里看鲸鱼", "挪威。", "zh"),
    ]
    with serving(answer) as service:
        settings = {"methods": method(service, "new_instruction"), "keep": "always"}
        kept, dropped, _ = result(project(records, settings, CHAT))
    children = [r for r in kept if r.parent_id]
    assert len(children) == 1  # the second one is a copy of the first
    [child] = children
    assert [m["role"] for m in child.fields["messages"]] == ["system", "user"]
    assert child.target == "Use yeast, flour and water."
    assert child.labels_by.who == "model:augment.generation"
    assert {row["reason"] for row in dropped} == {"not_new"}


def test_answers_that_are_no_use_are_dropped_with_their_reason(project):
    answers = ["", "so it goes " * 30, "in other words"]

    def answer(body):
        return reply(answers[len(service.asked) % 3])

    with serving(answer) as service:
        settings = {"methods": method(service, "paraphrase", max_children=9), "keep": "always"}
        _, dropped, report = result(project([r for r in reviews() if r.split == "train"], settings))
    reasons = report["notes"]["methods"]["generation"]["rejected"]
    assert {"empty", "endless"} <= set(reasons)
    assert sum(reasons.values()) == len(dropped)
    assert all(row["detail"] for row in dropped)


def test_labels_cannot_be_written_by_instruction_methods(project):
    with serving(lambda body: reply("a new text with words")) as service:
        settings = {"methods": method(service, "evolve", max_children=3), "keep": "always"}
        _, dropped, _ = result(project([r for r in reviews() if r.split == "train"], settings))
    assert {row["reason"] for row in dropped} == {"structure_lost"} or {row["reason"] for row in dropped} == {"echo"}


def test_a_service_that_is_down_skips_its_method_and_others_go_on(project):
    with serving(lambda body: reply("x")) as service:
        methods = {**method(service, "paraphrase"), "random_swap": {"factor": 1}}
    folder = project(reviews(), {"methods": methods, "keep": "always"})
    _, _, report = result(folder)
    assert "gave no answer in 2 tries" in report["notes"]["methods"]["generation"]["skipped"]
    assert report["notes"]["methods"]["random_swap"]["tried"] > 0
    folder = project(reviews(), {"methods": methods, "require": True})
    with pytest.raises(PipelineError, match="Start the service"):
        run(folder / "label", folder / "out")


def test_one_percent_new_parents_cost_one_percent_new_prompts(project):
    parents = [record(f"lovely food number {n} and wonderful music", "pos" if n % 2 else "neg") for n in range(300)]
    with serving(lambda body: reply("a new text")) as service:
        settings = {"methods": method(service, "new_example"), "keep": "always", "max_children": 10_000}
        result(project(parents[:297], settings))
        first = len(service.asked)
        result(project(parents, settings), "second")
    # Three new parents have prompts of their own and stand as examples in three others each.
    assert first == 297
    assert len(service.asked) - first <= 3 + 3 * 3 * 3
