"""Children that a language model wrote, through the whole stage."""

import pytest

from pipeline.augment.augmenters.request import Written
from pipeline.augment.candidates import _candidate
from pipeline.augment.policy import Draw, MethodSettings
from pipeline.augment.run import run
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.runtime.store import read_json, read_table, to_records
from tests.augment.conftest import CHAT, TASK, chat, record, reviews
from tests.augment.stand_in import chat as reply
from tests.augment.stand_in import serving

TO_CHINESE = Task(type="translation", target_language="zh")


def result(folder, name="out"):
    run(folder / "label", folder / name)
    report = read_json(folder / name / "report.json")
    dropped = read_table(folder / name / "dropped.parquet").to_pylist()
    return list(to_records(read_table(folder / name / "records.parquet"))), dropped, report


def method(service, mode, **more):
    endpoint = {"url": service.url, "model": "m", "first_pause": 0.01, "retries": 1}
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
        settings = method(service, "new_example", max_examples=8)
        values = {"methods": settings, "keep": "always", "gate": {"max_jaccard": 1.0}}
        _, _, report = result(project(train, values))
    notes = report["notes"]["methods"]["generation"]
    assert notes["tried"] == 8
    assert not {"meaning_changed", "structure_lost"} & set(notes["rejected"])
    assert {"label_changed"} & set(notes["rejected"])
    assert notes["accepted"] + sum(notes["rejected"].values()) == 8


def test_instructions_with_replies_become_conversations_whose_answer_is_the_models(project):
    def answer(body):
        *system, user = body["messages"]
        if user["content"] == "How does one bake bread?":  # the reply is asked as the child will ask it
            assert system == [{"role": "system", "content": "Be kind."}]
            return reply("Use yeast, flour and water.")
        assert not system
        return reply("How does one bake bread?")

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
    assert child.target["content"] == "Use yeast, flour and water."
    assert child.labels_by.who == "model:augment.generation"
    assert {row["reason"] for row in dropped} == {"near_duplicate"}


def test_answers_that_are_no_use_are_dropped_with_their_reason(project):
    answers = ["", "so it goes " * 30, "in other words"]

    def answer(body):
        return reply(answers[len(service.asked) % 3])

    with serving(answer) as service:
        settings = {"methods": method(service, "paraphrase", max_examples=9), "keep": "always"}
        _, dropped, report = result(project([r for r in reviews() if r.split == "train"], settings))
    reasons = report["notes"]["methods"]["generation"]["rejected"]
    assert {"empty", "endless"} <= set(reasons)
    assert sum(reasons.values()) == len(dropped)
    assert all(row["detail"] for row in dropped)


@pytest.mark.parametrize(
    ("task", "asked", "said"),
    [
        (TO_CHINESE, "Translate this text into Chinese:\n\nThe bus is late.", "公共汽车晚点了。"),
        (Task(type="summarization"), "Summarise this text:\n\nThe bus is late.", "Late bus."),
    ],
)
def test_replies_to_new_texts_are_asked_with_the_tasks_instruction(project, task, asked, said):
    first = "Here are some texts:\n- My train was on time today."

    def answer(body):
        [turn] = body["messages"]
        if turn["content"].startswith(first):
            return reply("The bus is late.")
        return reply(said if turn["content"] == asked else "How can I help you?")

    records = [record("My train was on time today.", "a reply")]
    with serving(answer) as service:
        kept, _, _ = result(project(records, {"methods": method(service, "new_instruction"), "keep": "always"}, task))
    [child] = [r for r in kept if r.parent_id]
    assert (child.fields["text"], child.target) == ("The bus is late.", said)


@pytest.mark.parametrize(
    ("mode", "task", "target", "message"),
    [
        ("evolve", TASK, "pos", "no free texts.\n.*new_example"),
        ("new_instruction", TASK, "pos", "no free texts"),
        ("evolve", TO_CHINESE, "迟到", "what the task is done with.\n.*new_instruction"),
    ],
)
def test_modes_that_do_not_suit_the_task_are_refused_before_a_model_is_asked(project, mode, task, target, message):
    with serving(lambda body: reply("a new text with words")) as service:
        folder = project([record("lovely food", target)], {"methods": method(service, mode), "keep": "always"}, task)
        with pytest.raises(PipelineError, match=message):
            run(folder / "label", folder / "out")
    assert not service.asked


@pytest.mark.parametrize("kind", ["classification", "regression", "ner", "qa"])
def test_answers_are_never_written_where_targets_are_no_free_texts(kind):
    own = record("lovely food")
    drawn, task = Draw("m", own, "0" * 20), Task(type=kind, labels=("pos",))
    made = _candidate(drawn, Written("a new text", "a reply"), task, MethodSettings())
    assert made.broken == "the target of this task is no free text; the text was: a new text"
    assert (made.child.fields, made.child.target) == (own.fields, own.target)


def test_a_service_that_is_down_skips_its_method_and_others_go_on(project):
    with serving(lambda body: reply("x")) as service:
        methods = {**method(service, "paraphrase"), "random_swap": {"factor": 1}}
    folder = project(reviews(), {"methods": methods, "keep": "always"})
    _, _, report = result(folder)
    assert "gave no answer in 2 tries" in report["notes"]["methods"]["generation"]["skipped"]
    assert report["notes"]["methods"]["random_swap"]["tried"] > 0
    folder = project(reviews(), {"methods": methods, "require_engines": True})
    with pytest.raises(PipelineError, match="Start the service"):
        run(folder / "label", folder / "out")


def test_one_percent_new_parents_cost_one_percent_new_prompts(project):
    parents = [record(f"lovely food number {n} and wonderful music", "pos" if n % 2 else "neg") for n in range(300)]
    with serving(lambda body: reply("a new text")) as service:
        settings = {"methods": method(service, "new_example"), "keep": "always", "max_examples": 10_000}
        result(project(parents[:297], settings))
        first = len(service.asked)
        result(project(parents, settings), "second")
    # Three new parents have prompts of their own and stand as examples in three others each.
    assert first == 297
    assert len(service.asked) - first <= 3 + 3 * 3 * 3


def test_a_dry_run_makes_nothing_and_tells_what_texts_and_replies_would_cost(project):
    records = [chat("Where can people see wild whales in winter?", "In Norway."), chat("冬天去哪里看", "挪威。", "zh")]
    with serving(lambda body: reply("no")) as service:
        folder = project(records, {"methods": method(service, "new_instruction", dry_run=True), "keep": "always"}, CHAT)
        kept, dropped, report = result(folder)
    assert (service.asked, len(kept), dropped) == ([], 2, [])
    notes = report["notes"]["methods"]["generation"]
    assert "dry_run is set" in notes["no_examples"]
    costs = [notes["forecast"][name] for name in ("texts", "replies")]
    assert [cost["requests"] for cost in costs] == [2, 2]
    assert [cost["written_tokens"] for cost in costs] == [2 * 64, 2 * 256]
    assert costs[1]["prompt_tokens"] >= 2 * 64  # the instructions that are not written yet
