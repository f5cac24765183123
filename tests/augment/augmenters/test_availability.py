import pytest

from pipeline.augment.augmenters import build
from pipeline.augment.augmenters.availability import note_answer
from pipeline.augment.augmenters.request import EngineMissingError, Request
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.modeling.models import Model, Models
from tests.modeling.conftest import llama_folder, masked_folder, t5_folder  # noqa: F401


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def ask(text, lang="en", protected=()):
    return Request(text, lang, content_id(text), protected)


HERE_NO_MODEL = "some-owner/no-such-model"


@pytest.mark.parametrize(
    ("name", "values", "models"),
    [
        ("back_translation", {"engine": "seq2seq", "forward": HERE_NO_MODEL, "backward": HERE_NO_MODEL}, Models()),
        ("contextual", {"model": {"name": HERE_NO_MODEL}}, Models()),
        ("generation", {}, Models(generator=Model(name=HERE_NO_MODEL))),
    ],
)
def test_a_hub_model_that_is_not_here_is_skipped_unless_it_has_answered_before(name, values, models):
    rewrite = build(name, values, models)
    with pytest.raises(EngineMissingError, match=HERE_NO_MODEL):
        rewrite([ask("the good film")])
    note_answer(HERE_NO_MODEL)
    with pytest.raises(PipelineError, match="has answered in an earlier run"):
        build(name, values, models)([ask("the good film")])
