"""What a query may do: read. Looked at before a connection is opened, and held by the database afterwards."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import PipelineError, shorten

if TYPE_CHECKING:
    from sqlalchemy import URL

#: SQLAlchemy's name of a database -> sqlglot's, where they differ.
_DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql", "cockroachdb": "postgres"}
_REMEDY = "Write one SELECT. What must be prepared first (a table, an attached file) belongs into the database itself."


def check_query(query: str, backend: str, where: str) -> None:
    """Refuse everything but one statement that reads. `backend` is SQLAlchemy's name of the database.

    Raises PipelineError for a second statement, for one that writes, defines, attaches or calls (inside a WITH clause
    or as SELECT ... INTO too), and for one that cannot be read: what it would do is then not known.
    """
    from sqlglot import Dialect, exp, parse
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    name = _DIALECTS.get(backend, backend)
    try:
        found = parse(query, read=name if Dialect.get(name) else None)
    except (SqlglotError, RecursionError) as error:
        raise PipelineError(f"{where}.query cannot be read: {_plain(error)}", _REMEDY) from None
    statements = [
        statement for statement in found if statement is not None and not isinstance(statement, exp.Semicolon)
    ]
    if len(statements) != 1:
        raise PipelineError(f"{where}.query holds {len(statements)} statements, and may hold one.", _REMEDY)
    writes = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Into, exp.Command, exp.Lock)
    reads = isinstance(statements[0], exp.Query | exp.Values)
    doing = next((part for part in statements[0].walk() if isinstance(part, writes)), None)
    if not reads or doing is not None:
        verb = type(doing or statements[0]).__name__.upper()
        raise PipelineError(f"{where}.query does more than read: {verb}.", _REMEDY)


def _plain(error: Exception) -> str:
    details: list[Mapping[str, object]] = getattr(error, "errors", [])
    if details:
        first = details[0]
        return f"{first['description']}: line {first['line']}, column {first['col']}."
    return shorten(error, 200)


def read_only_url(url: URL) -> URL:
    """The address with which SQLite opens its file for reading only; any other address as it is."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    return url.set(
        database=f"{Path(url.database).absolute().as_uri()}", query={**url.query, "mode": "ro", "uri": "true"}
    )


#: What makes a session of this database read only, run before the query.
READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}
