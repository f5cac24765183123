from pipeline.augment.augmenters.label_names import LabelNames
from pipeline.augment.candidates import make
from pipeline.augment.policy import Draw
from pipeline.modeling.models import Models
from tests.augment.conftest import TASK, record


def test_equal_children_of_one_parent_are_one(project):
    parents = [record("good food here", "pos"), record("bad food there", "neg")]
    draws = [Draw("label_names", parents[n % 2], f"{n:020x}") for n in range(4)]
    made = make({"label_names": LabelNames(templates=("{name} it is",))}, draws, parents, TASK, Models(), False)
    assert [c.text for c in made.candidates] == ["pos it is", "neg it is"]
    assert made.repeated == {"label_names": 2}
