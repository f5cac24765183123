import pytest

from pipeline.evaluate.lengths import bucket


@pytest.mark.parametrize(("length", "name"), [(0, "0000-0050"), (50, "0000-0050"), (51, "0051-0100"), (101, "0101+")])
def test_bucket(length, name):
    assert bucket("好" * length, (50, 100)) == name
