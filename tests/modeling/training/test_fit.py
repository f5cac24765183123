"""A training run: what it learns, when it stops, and that it goes on after a kill as if nothing had been."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.training import strategies
from pipeline.modeling.training.fit import fit
from pipeline.modeling.training.job import Job
from tests.modeling.training.jobs import job, same, weights


def untaught(job):
    """The job with an empty head: starting from a fitted one there may be nothing left to learn."""
    job.model.classifier.weight.data.zero_()
    job.model.classifier.bias.data.zero_()
    return job


def test_one_batch_of_eight_learns_as_four_batches_of_two(bert_folder, tmp_path):
    plain = {
        "epochs": 2.0,
        "dropout": 0.0,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "class_weights": "balanced",
        "label_smoothing": 0.1,
        "warmup_ratio": 0.0,
        "evaluations": 1,
    }
    start = weights(untaught(job(bert_folder, tmp_path / "start", **plain)))
    large = untaught(job(bert_folder, tmp_path / "large", **plain, batch_size=8))
    small = untaught(job(bert_folder, tmp_path / "small", **plain, batch_size=2, gradient_accumulation_steps=4))
    fit(large)
    fit(small)
    assert not same(start, weights(large), 1e-4)
    assert same(weights(large), weights(small), 1e-5)


def test_eight_examples_can_be_learned_by_heart(bert_folder, tmp_path):
    run = fit(job(bert_folder, tmp_path, epochs=40.0, dropout=0.0))
    assert run.best.metrics["accuracy"] == 1.0
    assert run.best.metrics["loss"] < 0.1


def test_a_run_that_does_harm_keeps_the_starting_model(bert_folder, tmp_path):
    harmful = job(bert_folder, tmp_path, learning_rate=5.0, head_learning_rate=50.0, max_grad_norm=0.0)
    before = weights(harmful)
    run = fit(harmful)
    assert run.best_step == 0
    assert run.best.metrics == run.before.metrics
    assert same(before, weights(harmful))


def test_patience_stops_early(bert_folder, tmp_path):
    settings = {
        "epochs": 20.0,
        "evaluations": 20,
        "early_stopping_patience": 2,
        "learning_rate": 5.0,
        "max_grad_norm": 0.0,
    }
    assert fit(job(bert_folder, tmp_path, **settings)).steps < 20


def seen_at_each_step(job, look):
    """What `look` sees of the optimizer before each of its steps."""
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    seen = []
    hook = register_optimizer_step_pre_hook(lambda optimizer, *_: seen.append(look(optimizer)))
    try:
        fit(job)
    finally:
        hook.remove()
    return seen


@pytest.mark.parametrize(
    ("schedule", "warmup", "expected"),
    [
        ("constant", 0.0, [1, 1, 1, 1, 1, 1, 1, 1]),
        ("constant", 0.5, [0, 0.25, 0.5, 0.75, 1, 1, 1, 1]),
        ("linear", 0.25, [0, 0.5, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]),
        ("cosine", 0.0, [(1 + np.cos(np.pi * n / 8)) / 2 for n in range(8)]),
    ],
)
def test_rates_warm_up_and_follow_their_schedule(bert_folder, tmp_path, schedule, warmup, expected):
    planned = job(bert_folder, tmp_path, epochs=4.0, lr_scheduler_type=schedule, warmup_ratio=warmup, layer_decay=0.5)
    rates = np.array(seen_at_each_step(planned, lambda optimizer: [group["lr"] for group in optimizer.param_groups]))
    assert len(set(rates.max(axis=0))) > 1  # layers have rates of their own, and all of them follow
    peaks = np.array([group["lr"] for group in strategies.optimizer(planned.model, planned.recipe).param_groups])
    assert rates / peaks == pytest.approx(np.repeat(np.array(expected)[:, None], len(peaks), axis=1))


@pytest.mark.parametrize("clip", [0.0, 0.01])
def test_gradients_are_clipped_where_told_so(bert_folder, tmp_path, clip):
    def norm(optimizer):
        slopes = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        return float(sum((slope**2).sum() for slope in slopes)) ** 0.5

    norms = seen_at_each_step(untaught(job(bert_folder, tmp_path, max_grad_norm=clip, epochs=1.0)), norm)
    assert len(norms) == 2
    assert all(found <= 1.001 * clip for found in norms) if clip else min(norms) > 0.01


def test_dropout_reaches_every_layer_and_only_while_training(bert_folder, tmp_path):
    import torch

    model = job(bert_folder, tmp_path, dropout=0.25).model
    assert {m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)} == {0.25}
    ids = torch.arange(3, 13)[None]
    with torch.no_grad():
        model.eval()
        assert torch.equal(model(input_ids=ids).logits, model(input_ids=ids).logits)
        model.train()
        assert not torch.equal(model(input_ids=ids).logits, model(input_ids=ids).logits)


def test_gradual_unfreezing_thaws_from_the_top(bert_folder, tmp_path):
    settings = {
        "freeze": "none",
        "gradual_unfreezing": 0.5,
        "epochs": 6.0,
        "optimizer": "sgd",
        "warmup_ratio": 0.0,
        "dropout": 0.0,
    }
    freed = []
    for steps in (2, 4, 6, 12):
        part = job(bert_folder, tmp_path / f"part{steps}", **settings)
        order, began = strategies.thawing_order(part.model), weights(part)
        fit(part, stop_after=steps)
        names = {id(p): name for name, p in part.model.named_parameters()}
        now = weights(part)
        moved = {n for n, ps in enumerate(order) if any((began[names[id(p)]] != now[names[id(p)]]).any() for p in ps)}
        freed.append({n for n, ps in enumerate(order) if all(p.requires_grad for p in ps)})
        assert 0 in moved <= freed[-1]  # what is frozen stays bit-identical
        stages = [{names[id(p)].partition(".layer.")[2][:1] or names[id(p)].split(".")[0] for p in ps} for ps in order]
    # The pooler comes first of the body: the layer above the top one is the mean pooling, which is frozen for good.
    assert stages == [{"classifier"}, {"bert"}, {"1"}, {"0"}, {"bert"}]
    assert freed == [{0}, {0, 1, 2}, {0, 1, 2, 3}, {0, 1, 2, 3, 4}]


def test_gradient_checkpointing_learns_the_same(bert_folder, tmp_path):
    settings = {"dropout": 0.0, "epochs": 1.0}
    plain = job(bert_folder, tmp_path / "plain", **settings)
    saving = job(bert_folder, tmp_path / "saving", **settings, gradient_checkpointing=True)
    fit(plain)
    fit(saving)
    assert saving.model.is_activation_checkpointing
    assert same(weights(plain), weights(saving), 1e-6)


def test_half_precision_is_asked_for_where_it_is_set(bert_folder, tmp_path):
    losses = [
        fit(job(bert_folder, tmp_path / name, precision=name, dropout=0.0, epochs=1.0)).history[-1]["train_loss"]
        for name in ("bfloat16", "float32", "auto")
    ]
    assert losses[0] != losses[1] == pytest.approx(losses[0], rel=0.05)
    assert losses[2] == losses[1]  # no accelerator here


def test_running_out_of_memory_says_what_to_set(bert_folder, tmp_path, monkeypatch):
    import torch

    greedy = job(bert_folder, tmp_path, batch_size=8)
    monkeypatch.setattr(Job, "loss", lambda self: lambda *_, **__: torch.empty(2**60))
    with pytest.raises(PipelineError, match="out of memory with batches of 8 x 128 tokens") as caught:
        fit(greedy)
    assert "train.batch_size to 4 and train.gradient_accumulation_steps to 2" in caught.value.hint


def test_the_course_is_told_while_the_run_goes_on(bert_folder, tmp_path):
    import dataclasses

    told = []
    fit(dataclasses.replace(job(bert_folder, tmp_path), live=lambda history: told.append(len(history))))
    assert told == [2, 3, 4]  # the starting model and each look
