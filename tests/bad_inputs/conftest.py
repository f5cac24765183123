"""The project folder of the tests of `collect`."""

from tests.collect.conftest import project as project
