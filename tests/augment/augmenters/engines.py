"""What the tests of augmenters share."""

from pipeline.augment.augmenters.apertium import open_direction
from pipeline.augment.augmenters.request import EngineMissingError


def has_apertium():
    try:
        return bool(open_direction("eng-spa"))
    except EngineMissingError:
        return False
