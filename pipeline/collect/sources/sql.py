"""Kind `sql`: a query to any database that SQLAlchemy speaks to, read only. SQLite needs nothing more installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import model_validator

from pipeline.collect.params import RecordSource
from pipeline.collect.rows import AnyRow, Part, Row
from pipeline.collect.sources.read_only import READ_ONLY, check_query, read_only_url
from pipeline.core.errors import PipelineError, shorten

if TYPE_CHECKING:
    from sqlalchemy import URL


class SqlSettings(RecordSource):
    """Where and what to ask. Order the query's rows, or give a `key`: equal rows are told apart by their order."""

    url: str | None = None  # SQLAlchemy address without a password, such as sqlite:///data/raw/reviews.db
    url_env: str | None = None  # or the environment variable that holds it, for addresses with a password
    query: str  # one SELECT; what would write, define or attach is refused before anything is opened

    @property
    def is_live(self) -> bool:
        """A database changes without notice."""
        return True

    @model_validator(mode="after")
    def _one_address(self) -> SqlSettings:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("set one of url and url_env")
        return self


def read(settings: SqlSettings, raw: Path, where: str) -> Iterator[Part]:
    """One part: the query's rows, numbered from 1."""
    url = _address(settings, where)
    check_query(settings.query, url.get_backend_name(), where)
    database = Path(url.database or "").name
    yield Part(f"{url.get_backend_name()}:{database}", _rows(settings, url, where))


def _address(settings: SqlSettings, where: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    text = settings.url or os.environ.get(settings.url_env or "")
    if not text:
        raise PipelineError(f"{where}.url_env: the variable {settings.url_env} is not set.", "Export it and run again.")
    try:
        url = make_url(text)
    except ArgumentError:
        # Its message would show the address, password included.
        problem = f"{where}: the database address cannot be understood."
        raise PipelineError(problem, "Form: dialect://user@host/name") from None
    _check_address(settings, url, where)
    return url


def _check_address(settings: SqlSettings, url: URL, where: str) -> None:
    if settings.url is not None and url.password is not None:
        raise PipelineError(f"{where}.url holds a password.", "Put the address into a variable and name it in url_env.")
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        # SQLite would make an empty database.
        raise PipelineError(f"{where}: no database file '{url.database}'.", "Relative paths start at the project.")


def _check_names(names: list[str], where: str) -> None:
    twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if twice is not None:
        raise PipelineError(f"{where}.query: two columns are called '{twice}'.", "Give one another name: ... AS other.")


def _rows(settings: SqlSettings, url: URL, where: str) -> Iterator[AnyRow]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

    try:
        engine = create_engine(read_only_url(url))
        with engine.connect().execution_options(stream_results=True, yield_per=4096) as connection:
            if url.get_backend_name() in READ_ONLY:
                connection.execute(text(READ_ONLY[url.get_backend_name()]))
            result = connection.execute(text(settings.query))
            _check_names(list(result.keys()), where)
            for number, row in enumerate(result.mappings(), 1):
                yield Row(number, dict(row))
        engine.dispose()
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise PipelineError(
            f"{where}: no driver for {url.get_backend_name()}: {error}",
            "Install one, such as psycopg, and name it in the address (postgresql+psycopg://).",
        ) from None
    except SQLAlchemyError as error:
        message = str(getattr(error, "orig", None) or error)
        message = message.replace(str(url.password), "***") if url.password else message
        raise PipelineError(
            f"{where}: {url.render_as_string(hide_password=True)}: {shorten(message, 200)}",
            "Check the address and the query.",
        ) from None
