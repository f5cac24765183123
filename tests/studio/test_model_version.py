"""Whose suggestions people see, without a server."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipeline.studio.model_version import reset_dead_backend, show_version
from pipeline.studio.project import BACKEND


class Client:
    """Answers what the server would; keeps what was patched."""

    def __init__(self, version, versions, backends=()):
        self.answers = {
            "/api/projects/7/": {"model_version": version},
            "/api/projects/7/model-versions/": versions,
            "/api/ml/": list(backends),
        }
        self.patched = []

    def get(self, path, **query):
        return self.answers[path]

    def patch(self, path, values):
        self.patched.append((path, values))


def project(*about, **more):
    return SimpleNamespace(id=7, client=Client(*about, **more))


@pytest.mark.parametrize(
    ("now", "versions", "patched"),
    [
        ("old", {"new": 3}, [{"model_version": "new"}]),
        ("", {"new": 3}, [{"model_version": "new"}]),
        ("new", {"new": 3}, []),
        (BACKEND, {"new": 3}, []),  # the live model stays
        ("old", {"other": 3}, []),  # nothing of this version was sent
    ],
)
def test_a_push_shows_its_own_pre_labels(now, versions, patched):
    one = project(now, versions)
    show_version(one, "new")
    assert [values for _, values in one.client.patched] == patched


STATIC = {"static": [{"model_version": "a", "latest": "2026-01-01"}, {"model_version": "b", "latest": "2026-02-01"}]}


def test_where_the_live_model_has_died_the_last_pre_labels_are_shown_again():
    one = project(BACKEND, STATIC, [{"title": BACKEND, "state": "DI"}])
    (told,) = reset_dead_backend(one)
    assert "does not answer any more" in told
    assert one.client.patched == [("/api/projects/7/", {"model_version": "b"})]


def test_with_no_pre_labels_at_all_nothing_is_shown():
    one = project(BACKEND, {})
    assert list(reset_dead_backend(one))
    assert one.client.patched == [("/api/projects/7/", {"model_version": ""})]


@pytest.mark.parametrize(("version", "state"), [(BACKEND, "CO"), ("a", "DI")])
def test_a_live_model_and_fixed_pre_labels_stay(version, state):
    one = project(version, STATIC, [{"title": BACKEND, "state": state}, {"title": "theirs", "state": "DI"}])
    assert list(reset_dead_backend(one)) == []
    assert one.client.patched == []
