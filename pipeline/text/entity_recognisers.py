"""Optional recognisers of names and addresses; none is installed with this project.

`spacy:<pipeline>` is a spaCy pipeline by its package or folder (spacy:en_core_web_sm); `presidio:<language>` is
presidio-analyzer as it is configured on this machine. Both run here, on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module

from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick

Found = tuple[int, int, str]
Recognise = Callable[[str], Sequence[Found]]

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
def recogniser(name: str) -> Recognise:
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
    except (ImportError, OSError) as error:
        raise PipelineError(
            f"params.yaml: clean.pii.recogniser: '{name}' cannot be loaded ({error}).", _INSTALL[engine]
        ) from None


def _spacy(model: str) -> Recognise:
    spacy = import_module("spacy")
    pipeline = spacy.load(model)

    def recognise(text: str) -> Sequence[Found]:
        return list(_kinds((e.start_char, e.end_char, e.label_) for e in pipeline(text).ents))

    return recognise


def _presidio(language: str) -> Recognise:
    engine = import_module("presidio_analyzer").AnalyzerEngine(supported_languages=[language])

    def recognise(text: str) -> Sequence[Found]:
        results = engine.analyze(text, language=language, entities=["PERSON", "LOCATION"])
        return list(_kinds(sorted((r.start, r.end, r.entity_type) for r in results)))

    return recognise


def _kinds(entities: Iterator[Found] | Sequence[Found]) -> Iterator[Found]:
    for start, end, label in entities:
        if label in _LABELS and start < end:
            yield start, end, _LABELS[label]


_ENGINES: dict[str, Callable[[str], Recognise]] = {"spacy": _spacy, "presidio": _presidio}
_INSTALL = {
    "spacy": "pip install spacy, and the pipeline (python -m spacy download <pipeline>) or the path of its folder.",
    "presidio": "pip install presidio-analyzer, and the spaCy pipeline of that language.",
}
