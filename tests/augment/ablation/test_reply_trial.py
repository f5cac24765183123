import numpy as np
import pytest

from pipeline.augment.ablation.reply_trial import ReplyRun, ReplyTrials
from pipeline.augment.ablation.search import choose, gain
from pipeline.augment.ablation.trial import score
from pipeline.augment.candidates import Candidate
from pipeline.augment.params import AblationSettings
from pipeline.augment.replies import as_messages
from pipeline.augment.run import run
from pipeline.core.settings import Task
from pipeline.modeling.lm.top_layers import Lower
from pipeline.modeling.models import Model
from pipeline.runtime.store import read_json
from tests.augment.conftest import CHAT, chat, record
from tests.chats import fields
from tests.modeling.conftest import llama_folder  # noqa: F401

SETTINGS = AblationSettings(seeds=3, max_reply_rows=20, shares=(1.0,))


def conversations(split="train", number=20):
    return [chat(f"{split} {n}: what a {('good', 'bad')[n % 2]} film", "thank you" * (n % 3 + 1), split=split)
            for n in range(number)]  # fmt: skip


@pytest.fixture(scope="module")
def model(llama_folder):  # noqa: F811
    return Model(name=str(llama_folder))


def test_score_is_minus_the_loss_per_token():
    run = ReplyRun(2, {"none": np.array([[4.0, 2], [6.0, 2]]), "m": np.array([[2.0, 2], [6.0, 2]])})
    assert (score(run, "none"), score(run, "m")) == (-2.5, -2.0)
    assert run.metric("none")(np.array([[2.0, 0.0]]))[0] == -2.0
    assert gain([run, run, run], "m", same_items=True).value == 0.5


def test_children_are_measured_by_held_out_loss(model):
    train = [*conversations(), chat("odd <|im_end|> turn", "the template refuses it")]
    made = [Candidate("m", r, r.child("augment.m", fields([("user", "what")]), r.target), "what") for r in train[:10]]
    trials = ReplyTrials(train, model, SETTINGS, CHAT)
    assert trials.notes["evaluated_on"] == "train groups left out by the seed"
    assert trials.notes["loss_none"] > 0
    none = [score(run, "none") for run in trials.runs("again", [])]
    assert [score(run, "again") for run in trials.runs("again", [])] == none  # the same rows, the same loss
    choice = choose(made, trials, SETTINGS)
    assert {"m"} <= set(choice.notes["gain"])
    assert set(choice.unhelpful) in (set(), {c.child.id for c in made})
    assert all("held-out loss" in why for why in choice.unhelpful.values())


def test_a_dev_split_that_is_large_enough_judges(model):
    trials = ReplyTrials([*conversations(), *conversations("dev", 12)], model, SETTINGS, CHAT)
    assert trials.notes["evaluated_on"] == "dev split"
    assert trials.notes["held_out_rows"] == [12, 12, 12]
    for rows, fewest, judges in ((11, 11, True), (11, 200, False), (22, 200, True)):
        settings = SETTINGS.model_copy(update={"max_reply_rows": 44, "min_held_out_rows": fewest})
        assert ReplyTrials([*conversations(), *conversations("dev", rows)], model, settings, CHAT).paired == judges


def test_long_prompts_are_measured_all_the_same(model):
    long = [
        chat(f"{'a very long story ' * 200} {r.fields['messages'][1]['content']}", r.target["content"])
        for r in conversations()
    ]
    trials = ReplyTrials(long, model, SETTINGS, CHAT)
    assert not trials.problem
    assert trials.notes["loss_none"] > 0
    assert (trials.runs("again", [])[0].losses["none"][:, 1] > 0).all()


def test_rows_that_show_no_reply_token_are_no_measurement(model, monkeypatch):
    monkeypatch.setattr(Lower, "replies", 0)
    assert "too few replies" in ReplyTrials(conversations(), model, SETTINGS, CHAT).problem


def test_texts_are_asked_with_their_tasks_instruction():
    chinese = record("冬天去哪里", "Where to in winter?", "zh")
    assert as_messages(chinese, Task(type="translation", target_language="en")) == [
        {"role": "user", "content": "把下面的文字翻译成英文：\n\n冬天去哪里"}
    ]
    [turn] = as_messages(record("It rained.", "Rain."), Task(type="summarization"))
    assert turn["content"] == "Summarise this text:\n\nIt rained."
    assert as_messages(conversations()[0], CHAT) == [
        {"role": turn["role"], "content": turn["content"]} for turn in conversations()[0].fields["messages"]
    ]


def test_what_cannot_be_measured_says_why(model, tmp_path):
    assert "too few replies" in ReplyTrials([], model, SETTINGS, CHAT).problem
    assert (
        "models.generator" in ReplyTrials(conversations(), Model(name=str(tmp_path / "none")), SETTINGS, CHAT).problem
    )


def test_the_stage_measures_chat_where_a_generator_is_named(project, model):
    values = {
        "methods": {"random_swap": {"factor": 1}},
        "ablation": SETTINGS.model_dump(mode="json"),
        "gate": {"max_perplexity_ratio": None},
    }
    reports = []
    for number, models in enumerate([{"generator": {"name": model.name}}, {}]):
        folder = project(conversations(), values, CHAT, models=models)
        run(folder / "label", folder / str(number))
        reports.append(read_json(folder / str(number) / "report.json"))
    assert "random_swap" in reports[0]["notes"]["ablation"]["gain"]
    assert "models.generator" in reports[1]["notes"]["ablation"]["not_measured"]
    assert reports[1]["steps"][-1]["reasons"].keys() == {"not_measured"}
