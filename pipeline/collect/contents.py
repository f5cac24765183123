"""Ids of rows without a key: by content, and by how often that content came before in its source."""

from __future__ import annotations

from collections import Counter

from pipeline.core.record import content_id


class Contents:
    """The contents of one source's rows so far, as numbers: texts would fill gigabytes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._seen: set[int] = set()
        self._repeats: Counter[int] = Counter()
        self._watched: dict[int, tuple[int, int]] | None = None

    def new_id(self, what: str, text: str) -> str:
        """The id of the next row, of this content."""
        content = int(content_id(self.source, what, text)[:15], 16)
        before = self.times(content)
        if self._watched is not None:
            first, times = self._watched.get(content, (before, 0))
            self._watched[content] = first, times + 1
        self.note(content, 1)
        return content_id(self.source, what, text, str(before))

    def times(self, content: int) -> int:
        """How many rows of this content came so far."""
        return self._repeats.get(content, 0) + 1 if content in self._seen else 0

    def note(self, content: int, times: int) -> None:
        """So many more rows of this content came."""
        more = times if content in self._seen else times - 1
        if more:
            self._repeats[content] += more
        self._seen.add(content)

    def watched(self) -> dict[int, tuple[int, int]]:
        """From now on: content -> how often it came before, and how often since."""
        self._watched = {}
        return self._watched
