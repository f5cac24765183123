"""Settings of documents: how they are cut into chunks, and what is written from a chunk."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.core.settings import Settings
from pipeline.llm.settings import Endpoint

Kind = Literal["qa", "instruction", "summary", "multi_turn"]


class Chunking(Settings):
    """How documents are cut. Tokens are estimated: four letters each, a Chinese character one."""

    tokens: int = Field(default=400, ge=20)  # most of a chunk; a guess: not measured
    min_tokens: int = Field(default=40, ge=0)  # a shorter section is joined with the next one; a guess: not measured
    # `similarity` is a guess: not measured.
    similarity: float = Field(default=0.9, gt=0, le=1)  # from here on a chunk repeats an earlier one (Jaccard)


class Generation(Settings):
    """What a language model writes from each chunk, and what an example must show to be kept."""

    endpoint: Endpoint
    kinds: tuple[Kind, ...] = ("qa", "instruction", "summary", "multi_turn")
    # `per_chunk` is a guess: not measured.
    per_chunk: int = Field(default=2, ge=1, le=20)  # examples of each kind from a chunk (a chunk has one summary)
    turns: int = Field(default=3, ge=2, le=8)  # questions of a multi_turn example; a guess: not measured
    with_passage: tuple[Kind, ...] = ("summary",)  # kinds whose first question shows the chunk
    instructions: str = ""  # what examples should be like: for whom, in which tone
    # `min_quote_letters` is a guess: not measured.
    min_quote_letters: int = Field(default=12, ge=1)  # a shorter quote proves nothing; a Chinese character counts as 3
    # `max_new_words` is a guess: not measured.
    max_new_words: float = Field(default=0.5, ge=0, le=1)  # share of an answer's words that chunk and question lack
    check_support: bool = True  # ask whether the quote supports the answer; one more request a turn
    check_known: bool = True  # ask without the chunk, and mark what the model knows anyway; one more request a turn
    temperature: float = Field(default=0.7, ge=0, le=2)  # a guess: not measured
    max_tokens: int = Field(default=1024, ge=16)  # of one answer of the model; a guess: not measured
    seed: int = 0
    dry_run: bool = False  # count what would be asked and what it would cost, and ask nothing
