"""Optional recognisers of names and addresses; none is installed with this project.

`spacy:<pipeline>` is a spaCy pipeline by its package or folder (spacy:en_core_web_sm); `presidio:<language>` is
presidio-analyzer as it is configured on this machine, `presidio:<language>:<pipeline>` with that pipeline of spaCy.
Both run here, on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick

Found = tuple[int, int, str]
Recognise = Callable[[str], Sequence[Found]]


class Recogniser(NamedTuple):
    """The language that it reads (None: any), and what finds names and addresses in a text."""

    language: str | None
    find: Recognise


#: Labels of spaCy's pipelines (OntoNotes and WikiNER) and of presidio -> our kinds.
_LABELS = {
    "PERSON": "name",
    "PER": "name",
    "GPE": "address",
    "LOC": "address",
    "FAC": "address",
    "LOCATION": "address",
    "ADDRESS": "address",
}


@cache
def recogniser(name: str) -> Recogniser:
    """The recogniser called `engine:model`. Raises PipelineError where its engine or model is missing."""
    engine, _, model = name.partition(":")
    build = pick(_ENGINES, engine, "params.yaml: clean.pii.recogniser")
    if not model:
        raise PipelineError(
            f"params.yaml: clean.pii.recogniser: '{name}' names no model.",
            "Such as spacy:en_core_web_sm or presidio:en.",
        )
    try:
        return build(model)
    except (ImportError, OSError, ValueError, SystemExit) as error:  # presidio exits where a download fails
        raise PipelineError(
            f"params.yaml: clean.pii.recogniser: '{name}' cannot be loaded ({error}).", _INSTALL[engine]
        ) from None


def _spacy(model: str) -> Recogniser:
    spacy = import_module("spacy")
    pipeline = spacy.load(model)

    def recognise(text: str) -> Sequence[Found]:
        return list(_kinds((e.start_char, e.end_char, e.label_) for e in pipeline(text).ents))

    return Recogniser(None if pipeline.lang == "xx" else pipeline.lang, recognise)


def _presidio(model: str) -> Recogniser:
    language, _, pipeline = model.partition(":")
    presidio = import_module("presidio_analyzer")
    engine = presidio.AnalyzerEngine(
        nlp_engine=_nlp_engine(language, pipeline) if pipeline else None, supported_languages=[language]
    )

    def recognise(text: str) -> Sequence[Found]:
        results = engine.analyze(text, language=language, entities=["PERSON", "LOCATION"])
        return list(_kinds(sorted((r.start, r.end, r.entity_type) for r in results)))

    return Recogniser(language, recognise)


def _nlp_engine(language: str, pipeline: str) -> object:
    if find_spec(pipeline) is None and not Path(pipeline).exists():
        raise OSError(f"no pipeline '{pipeline}' is installed")  # presidio would download one
    models = [{"lang_code": language, "model_name": pipeline}]
    provider = import_module("presidio_analyzer.nlp_engine").NlpEngineProvider
    return provider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()


def _kinds(entities: Iterator[Found] | Sequence[Found]) -> Iterator[Found]:
    for start, end, label in entities:
        if label in _LABELS and start < end:
            yield start, end, _LABELS[label]


_ENGINES: dict[str, Callable[[str], Recogniser]] = {"spacy": _spacy, "presidio": _presidio}
_INSTALL = {
    "spacy": "pip install spacy, and the pipeline (python -m spacy download <pipeline>) or the path of its folder.",
    "presidio": "pip install presidio-analyzer, and the spaCy pipeline of that language.",
}
