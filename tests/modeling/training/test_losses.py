from types import SimpleNamespace

import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.training.losses import binary_cross_entropy, loss_function
from pipeline.modeling.training.recipe import Recipe


def outputs(rows):
    import torch

    return SimpleNamespace(logits=torch.tensor(rows))


def test_focal_loss_counts_easy_examples_less():
    import torch

    given = torch.tensor([0, 0])
    easy, hard = outputs([[4.0, 0.0]] * 2), outputs([[0.0, 1.0]] * 2)
    for rows in (easy, hard):
        plain, focal = loss_function(None, 0.0)(rows, given, 2), loss_function(None, 0.0, 2.0)(rows, given, 2)
        likely = rows.logits.softmax(1)[0, 0]
        assert torch.allclose(focal, (1 - likely) ** 2 * plain)
    assert loss_function(None, 0.0, 2.0)(easy, given, 2) < 0.001 * loss_function(None, 0.0)(hard, given, 2)


def test_focal_loss_of_several_labels_a_record():
    import torch

    rows, given = outputs([[4.0, -4.0], [0.0, 0.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    plain, focal = binary_cross_entropy()(rows, given), binary_cross_entropy(None, 2.0)(rows, given)
    likely = torch.where(given > 0, rows.logits.sigmoid(), 1 - rows.logits.sigmoid())
    expected = (-(likely.log()) * (1 - likely) ** 2).mean()
    assert torch.allclose(focal, expected)
    assert focal < plain


def test_label_smoothing_holds_confidence_back():
    import torch

    sure, given = outputs([[20.0, 0.0]]), torch.tensor([0])
    assert loss_function(None, 0.1)(sure, given, 1) > 0.5 > loss_function(None, 0.0)(sure, given, 1)


def test_labels_that_do_not_count_add_nothing():
    import torch

    two = loss_function(None, 0.0, 2.0)(outputs([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, -100]), 1)
    one = loss_function(None, 0.0, 2.0)(outputs([[1.0, 0.0]]), torch.tensor([0]), 1)
    assert torch.allclose(two, one)


@pytest.mark.parametrize("setting", [{"focal_gamma": 2.0}, {"sampling": "balanced"}, {"class_weights": "balanced"}])
def test_settings_for_classes_are_refused_where_there_are_none(setting):
    name = next(iter(setting))
    with pytest.raises(PipelineError, match=rf"train\.{name}: numbers have no classes"):
        Recipe.model_validate(setting).refuse_class_settings("numbers have no classes")
