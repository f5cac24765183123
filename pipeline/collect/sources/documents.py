"""Kind `documents`: Markdown, web pages, PDF, Word and text files as chunks, or as examples written from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import Field

from pipeline.collect.documents.chunks import Chunk, chunks_of
from pipeline.collect.documents.examples import Example, examples_of, foretell, messages_of
from pipeline.collect.documents.readers import read_document
from pipeline.collect.documents.section import Document
from pipeline.collect.documents.settings import Chunking, Generation
from pipeline.collect.params import RecordSource
from pipeline.collect.rows import AnyRow, BadRow, Part, Row, excerpt
from pipeline.collect.sources.files import find_files
from pipeline.core.record import Reject
from pipeline.llm.client import Engine
from pipeline.llm.remote import RemoteModel
from pipeline.text.normalise import text_key
from pipeline.text.personal_data import find, masked
from pipeline.text.similarity import copies_of_earlier

#: Chunks that are compared with each other, and that a model is asked about, at once: it bounds what memory holds.
#: A guess: not measured.
_BATCH = 1024


class DocumentsSettings(RecordSource):
    """`path` is a glob as of kind `files`. Rows are chunks, or with `generate` the examples written from them."""

    path: str
    chunk: Chunking = Chunking()
    generate: Generation | None = None
    max_bytes: int = Field(default=50_000_000, ge=1)  # of one file; larger ones are refused; a guess: not measured
    group: str | None = "document"  # chunks of a document share a split
    meta: dict[str, str] = Field(
        default={name: name for name in ("document", "headings", "page", "chunk", "kind", "quote", "known", "teacher")}
    )


@dataclass
class _Read:
    """One document: its chunks, and those that repeat one of any document: place -> how that one begins."""

    locator: str
    document: Document
    chunks: list[Chunk]
    repeated: dict[int, str] = field(default_factory=dict)

    @property
    def new(self) -> list[Chunk]:
        """The chunks that repeat none of any document, in order."""
        return [chunk for n, chunk in enumerate(self.chunks) if n not in self.repeated]


def read(settings: DocumentsSettings, raw: Path, where: str) -> Iterator[Part]:
    """One part a document, in the order of their names.

    Columns of chunks: text, passage, document, title, headings, page, chunk. Examples have also messages, question,
    answer, answers ({start, text} in the passage), quote, kind, known, teacher. Bad rows: unreadable_document, no_text,
    undecodable, too_large, unknown_document, repeated_chunk, and the problems of `examples_of`.
    """
    engine = (
        None if settings.generate is None else RemoteModel(settings.generate.endpoint, f"{where}.generate.endpoint")
    )
    waiting: list[_Read] = []
    seen: set[str] = set()
    for path, locator in find_files(settings.path, raw, where):
        try:
            document = read_document(path, settings.max_bytes)
        except Reject as reject:
            yield Part(locator, [BadRow(1, reject.reason, reject.detail, locator)])
            continue
        chunks = [_masked(one, settings) for one in chunks_of(locator, document, settings.chunk)]
        waiting.append(_Read(locator, document, chunks))
        if sum(len(one.chunks) for one in waiting) >= _BATCH:
            _find_repeated(waiting, seen, settings.chunk.similarity)
            yield from _parts(waiting, engine, settings, where)
            waiting = []
    _find_repeated(waiting, seen, settings.chunk.similarity)
    yield from _parts(waiting, engine, settings, where)


def _masked(chunk: Chunk, settings: DocumentsSettings) -> Chunk:
    """Personal data are masked here, and not on the way to the model: a quote must be found again."""
    if settings.generate is None or not settings.generate.endpoint.mask_personal_data:
        return chunk
    private = [span for span in find(chunk.text) if span[2] != "ip"]
    return replace(chunk, text=masked(chunk.text, private, {})) if private else chunk


def _find_repeated(documents: Sequence[_Read], seen: set[str], similarity: float) -> None:
    """Note which chunks are near copies of earlier ones in the batch, or equal to one of all before (`seen`)."""
    places = [(document, n) for document in documents for n in range(len(document.chunks))]
    texts = [document.chunks[n].text for document, n in places]
    copies = copies_of_earlier(texts, similarity)
    for number, (document, n) in enumerate(places):
        key = text_key(texts[number])
        if number in copies or key in seen:
            document.repeated[n] = excerpt(texts[copies.get(number, number)][:80])
        seen.add(key)


def _parts(
    documents: Sequence[_Read], engine: RemoteModel | None, settings: DocumentsSettings, where: str
) -> Iterator[Part]:
    if engine is None or settings.generate is None:
        for document in documents:
            rows: list[AnyRow] = [Row(chunk.number, _columns(chunk)) for chunk in document.new]
            yield Part(document.locator, [*_copies(document), *rows], _counted(document, []))
        return
    if settings.generate.dry_run:
        raise foretell([chunk for one in documents for chunk in one.new], engine, settings.generate, where)
    written = _by_document(documents, engine, settings.generate)
    for document in documents:
        examples = written.get(document.locator, [])
        rows = [_row(example, settings.generate) for example in examples]
        notes = _counted(document, examples) | {"language_model": engine.usage.as_notes()}
        endpoint = settings.generate.endpoint
        notes["writers"] = {endpoint.model: {"model": endpoint.model, "licence": endpoint.licence}}
        yield Part(document.locator, [*_copies(document), *rows], notes)


def _by_document(documents: Sequence[_Read], engine: Engine, settings: Generation) -> dict[str, list[Example]]:
    found: dict[str, list[Example]] = {}
    for example in examples_of([chunk for one in documents for chunk in one.new], engine, settings):
        found.setdefault(example.chunk.document, []).append(example)
    return found


def _copies(document: _Read) -> list[AnyRow]:
    return [
        BadRow(document.chunks[n].number, "repeated_chunk", f"repeats '{other}'", excerpt(document.chunks[n].text))
        for n, other in document.repeated.items()
    ]


def _row(example: Example, settings: Generation) -> AnyRow:
    if example.problem:
        said = " / ".join(f"{turn.question} {turn.answer} «{turn.quote}»" for turn in example.turns)
        return BadRow(example.chunk.number, example.problem, f"{example.kind}: {example.detail}", excerpt(said))
    first, last = example.turns[0], example.turns[-1]
    own = {
        "messages": messages_of(example, settings),
        "question": first.question,
        "answer": last.answer,
        "answers": _placed(first.answer, first.quote, example.chunk.text),
        "quote": " | ".join(turn.quote for turn in example.turns),
        "kind": example.kind,
        "known": "" if example.known is None else "yes" if example.known else "no",
        "teacher": settings.endpoint.model,
    }
    return Row(example.chunk.number, _columns(example.chunk) | own)


def _columns(chunk: Chunk) -> dict[str, object]:
    return {
        "text": chunk.text,
        "passage": chunk.text,
        "document": chunk.document,
        "title": chunk.title,
        "headings": " > ".join(chunk.headings),
        "page": str(chunk.page) if chunk.page else "",
        "chunk": str(chunk.number),
        **dict.fromkeys(("kind", "quote", "known", "teacher"), ""),
    }


def _placed(answer: str, quote: str, passage: str) -> list[dict[str, object]]:
    """The answer in the passage, else its quote, for extractive questions; nothing where neither stands there."""
    place, text = next(((passage.find(one), one) for one in (answer, quote) if one in passage), (-1, ""))
    return [{"start": place, "text": text}] if text else []


def _counted(document: _Read, examples: Sequence[Example]) -> dict[str, object]:
    """For the report: how much of the document gave an example, and what was refused."""
    kept = [one for one in examples if not one.problem]
    covered = {one.chunk.number for one in kept}
    letters = sum(len(chunk.text) for chunk in document.new)
    about = {
        "document": document.locator,
        "title": document.chunks[0].title,
        "pages": document.document.pages,
        "chunks": len(document.chunks),
        "repeated_chunks": len(document.repeated),
        "covered_chunks": len(covered),
        "covered_letters": sum(len(chunk.text) for chunk in document.new if chunk.number in covered),
        "letters": letters,
        "examples": dict(sorted(Counter(one.kind for one in kept).items())),
        "refused": dict(sorted(Counter(one.problem for one in examples if one.problem).items())),
        "known": sum(one.known is True for one in kept),
        "asked_without_chunk": sum(one.known is not None for one in kept),
    }
    return {"documents": [about]}
