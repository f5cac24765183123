"""Mean pooling inside a stock BERT classifier.

Sentence encoders such as MiniLM carry a text's meaning in the mean of their token vectors, while
`BertForSequenceClassification` reads the first token only. One more ordinary layer bridges the two:
with queries and keys of zero its attention is uniform, so every position receives the mean; scaled
far above the residual, and normalised, that mean is what the first token then holds. The saved model
is a plain BERT with one layer more: `AutoModelForSequenceClassification` loads it anywhere. While it trains, the mean
is computed as such (`_Mean`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from pipeline.core.progress import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import BertForSequenceClassification, PreTrainedModel
    from transformers.models.bert.modeling_bert import BertLayer, BertPooler

#: The mean's weight against the first token's own vector. A guess: not measured.
_MEAN = 1000.0
#: The pooler's tanh is next to linear at a tenth of a normalised vector. A guess: not measured.
_POOLER = 0.1


def add_pooling_layer(classifier: PreTrainedModel) -> None:
    """Turn the last (freshly added) layer of a BERT into mean pooling, freeze it, make the pooler near-linear."""
    import torch

    model = cast("BertForSequenceClassification", classifier)
    layer = cast("BertLayer", model.bert.encoder.layer[-1])
    pooler = cast("BertPooler", model.bert.pooler).dense
    identity = torch.eye(model.config.hidden_size)
    with torch.no_grad():
        for parameter in [*layer.parameters(), *pooler.parameters()]:
            parameter.zero_()
        layer.attention.self.value.weight.copy_(identity)
        layer.attention.output.dense.weight.copy_(_MEAN * identity)
        layer.attention.output.LayerNorm.weight.fill_(1.0)
        layer.output.LayerNorm.weight.fill_(1.0)
        pooler.weight.copy_(_POOLER * identity)
    layer.requires_grad_(False)
    layer.forward = _Mean(layer)  # type: ignore[method-assign, assignment]


def label_numbers(model: PreTrainedModel) -> dict[str, int]:
    """Label -> its class number."""
    return {str(label): int(number) for label, number in (model.config.label2id or {}).items()}


class _Mean:
    """What the pooling layer makes of the first position, in place of its forward function while this model is held.

    The same function without its products of matrices by zeros and ones, which took a tenth
    of a training step. What is saved and loaded again is the plain layer.
    """

    def __init__(self, layer: BertLayer) -> None:
        self.inner, self.outer = layer.attention.output.LayerNorm, layer.output.LayerNorm

    def __call__(self, hidden: Tensor, attention_mask: Tensor | None = None, *_: object, **__: object) -> object:
        first, mean = hidden[:, :1], hidden.mean(1, keepdim=True)
        if attention_mask is not None:  # (batch, 1, 1 or tokens, tokens): true, or 0, where a token is seen
            row = attention_mask[:, 0, :1]
            seen = (row > -1 if row.dtype.is_floating_point else row).to(hidden.dtype)
            mean = seen @ hidden / seen.sum(-1, keepdim=True)
        return self.outer(self.inner(_MEAN * mean + first))


def pooled(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the pooler of such a model gives for texts with these mean-pooled embeddings, before training."""
    centred = embeddings - embeddings.mean(axis=1, keepdims=True)
    result: NDArray[np.float32] = np.tanh(_POOLER * centred / centred.std(axis=1, keepdims=True))
    return result


def set_classifier(
    classifier: PreTrainedModel, features: NDArray[np.float32], labels: Sequence[str], strength: float | None = None
) -> None:
    """Start the classification layer from logistic regression on `features` (see `pooled`); `strength` is its C.

    Features are brought to unit length first, so that the regression's strength means the same
    for every encoder. Labels without a row keep small random weights and the lowest bias.
    """
    import torch

    from pipeline.modeling.features.linear import THOROUGH, fit

    scale = 1.0 / float(np.linalg.norm(features, axis=1).mean())
    head = fit(features * scale, labels, strength or STRENGTH, tolerance=THOROUGH)
    weights, biases = head.weights, head.biases
    if len(head.labels) == 2:
        weights, biases = np.concatenate([-weights, weights]) / 2, np.concatenate([-biases, biases]) / 2
    model = cast("BertForSequenceClassification", classifier)
    order = [label_numbers(model)[label] for label in head.labels]
    with torch.no_grad():
        model.classifier.bias.fill_(float(biases.min()))
        model.classifier.weight[order] = torch.tensor(weights * scale, dtype=torch.float32)
        model.classifier.bias[order] = torch.tensor(biases, dtype=torch.float32)


def refit_classifier(
    model: PreTrainedModel, features: NDArray[np.float32], labels: Sequence[str]
) -> dict[str, float] | None:
    """The classification layer anew, with the C of `choose_strength`; says what that found. None: it stays as it is."""
    best = choose_strength(features, labels)
    if best is not None:
        set_classifier(model, features, labels, best["C"])
    return best


def choose_strength(features: NDArray[np.float32], labels: Sequence[str]) -> dict[str, float] | None:
    """The `C` that is right most often in cross-validation, its `accuracy` there, the `temperature` that calibrates it.

    Of more than 3,000 rows a seeded sample chooses. None where it has no two labels of two rows each: without those
    held out there would be nothing to tell apart.
    """
    from pipeline.modeling.features.linear import fit_temperature, out_of_sample

    rows = np.sort(np.random.default_rng(0).permutation(len(labels))[:CHOOSE_ROWS])
    own = [labels[n] for n in rows.tolist()]
    if sum(count > 1 for count in Counter(own).values()) < 2:
        return None
    chosen = features[rows] / float(np.linalg.norm(features, axis=1).mean())
    found: list[dict[str, float]] = []
    for strength in STRENGTHS:
        names, logits = out_of_sample(chosen, own, [str(n) for n in rows.tolist()], FOLDS, strength=strength)
        target = np.searchsorted(names, own).astype(np.int64)
        accuracy = float((logits.argmax(axis=1) == target).mean())
        found.append({"C": strength, "accuracy": accuracy, "temperature": fit_temperature(logits, target)})
    return max(found, key=lambda one: one["accuracy"])  # of equals the first, which is the most regular


def set_label_rows(
    classifier: PreTrainedModel,
    features: NDArray[np.float32],
    labels: Sequence[Sequence[str]],
    strength: float | None = None,
) -> None:
    """Like `set_classifier` where a record may have several labels: one logistic regression a label.

    A label that all rows have, or none, keeps its small random weights.
    """
    import torch

    from pipeline.modeling.features.linear import THOROUGH, fit

    scale = 1.0 / float(np.linalg.norm(features, axis=1).mean())
    model = cast("BertForSequenceClassification", classifier)
    numbers = label_numbers(model)
    progress = Progress("labels fitted", len(numbers))
    for label, row in numbers.items():
        present = ["yes" if label in given else "no" for given in labels]
        if len(set(present)) == 2:
            head = fit(features * scale, present, strength or STRENGTH, tolerance=THOROUGH)
            with torch.no_grad():
                model.classifier.weight[row] = torch.tensor(head.weights[0] * scale, dtype=torch.float32)
                model.classifier.bias[row] = float(head.biases[0])
        progress.add()


#: scikit-learn's C of that regression. A guess; benchmarks/linear_head.py compares it with C by cross-validation.
STRENGTH = 10.0

#: What `refit_classifier` chooses from, the rows it looks at, and its folds. A guess: not measured.
STRENGTHS = (1.0, 10.0, 100.0, 1000.0)
CHOOSE_ROWS = 3000  # a guess: not measured
FOLDS = 5  # a guess: not measured
