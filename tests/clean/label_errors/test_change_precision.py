from dataclasses import replace

import numpy as np

from pipeline.clean.label_errors.change_precision import change_precision, precise_from, precision_notes
from pipeline.clean.label_errors.label_noise import label_noise
from tests.clean.label_errors.modelled_labels import modelled, name


def estimate(found, labels):
    return label_noise(found, [name(code) for code in labels], labels)


def test_few_records_tell_nothing():
    noise = estimate(*modelled(0.2, count=200)[:2])
    assert (noise.share, noise.by_class, noise.wrong) == (None, {}, 0.0)
    assert "200 scored records" in noise.why
    assert change_precision(modelled(0.2, count=200)[0], noise) == {}


def test_changes_are_promised_no_more_precision_than_they_have():
    found, labels, true = modelled(0.2, hard=0.4)
    precision = change_precision(found, estimate(found, labels))
    suggested = np.array(found.suggested)
    for threshold, promised in precision.items():
        moved = found.differs & (found.confidence >= threshold)
        right = (suggested[moved] == np.array([name(code) for code in true])[moved]).mean()
        assert right - 0.4 < promised < right + 0.05
    assert precise_from(precision, 0.5) is not None
    assert set(precision_notes(precision)) <= {"0.5", "0.6", "0.7", "0.8", "0.9"}


def test_hard_labels_that_are_right_are_left_alone():
    found, labels, _ = modelled(0.0, hard=1.0)
    assert precise_from(change_precision(found, estimate(found, labels)), 0.8) is None
    agreed = replace(found, differs=np.zeros(len(labels), bool))
    assert change_precision(agreed, estimate(agreed, labels)) == {}
