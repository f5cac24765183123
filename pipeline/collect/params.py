"""Section `collect`: the sources. What every kind shares stands here; each kind adds its own beside its code."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.core.conversation import Role as TurnRole
from pipeline.core.settings import Settings

Role = Literal["train", "test", "unlabelled", "benchmark", "dev"]
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


class Params(Settings):
    """Name -> source. The name is part of every record's id: renaming a source makes new records."""

    sources: dict[str, dict[str, Any]] = Field(default_factory=dict)  # read by the class of its `kind`

    @field_validator("sources")
    @classmethod
    def _names_are_plain(cls, sources: dict[str, object]) -> dict[str, object]:
        for name in sources:
            if not re.fullmatch(r"[\w-]+", name):
                raise ValueError(f"a source is named '{name}'; use letters, digits, _ and - only")
        return sources


class Condition(Settings):
    """A test of one column. A number is compared as a number; a cell that is none fails the test."""

    column: str
    op: Operator
    value: str | bool | int | float | tuple[str | int | float, ...]  # a list for `in` and `not in`

    @model_validator(mode="after")
    def _value_suits_operator(self) -> Condition:
        if isinstance(self.value, tuple) != (self.op in ("in", "not in")):
            raise ValueError(f"`{self.op}` needs {'a list' if 'in' in self.op else 'one value'}")
        return self


class Common(Settings):
    """What every source has."""

    kind: str  # a name in pipeline/collect/sources/__init__.py
    licence: str = Field(min_length=2)  # SPDX name or plain words; goes to every record and the dataset card


class RecordSource(Common):
    """A source whose rows become records: which columns fill what."""

    role: Role  # train | test, dev (split preset) | unlabelled (targets ignored) | benchmark (guards against leakage)
    fields: dict[str, str] = Field(default_factory=dict)  # record field -> column; default: the column of the same name
    target: str | None = None  # column of the answer
    references: tuple[str, ...] = ()  # columns of further right answers (texts); each makes a record beside the first
    target_value: str | None = None  # or one answer for all rows, such as a file of negative reviews
    target_separator: str | None = Field(default=None, min_length=1)  # splits a cell that holds several labels
    labels: dict[str, str | None] = Field(default_factory=dict)  # source's label -> ours; null drops the row
    missing_target: Literal["unlabelled", "quarantine"] = "unlabelled"  # train rows without an answer
    missing_values: tuple[str, ...] = ("",)  # cells that mean "nothing here"; "NA" is a word unless listed
    confidence: str | None = None  # column of how sure the label is, in [0, 1]
    trusted_when: tuple[Condition, ...] = ()  # labels of rows that meet all may enter the test split
    where: tuple[Condition, ...] = ()  # rows that do not meet all are dropped
    dialect: str | None = None  # chat: how conversations are written, a name in pipeline/dialects/__init__.py
    roles: dict[str, TurnRole] = Field(default_factory=dict)  # chat: role name -> ours, beside those that are known
    key: str | None = None  # column of the source's own id, or `row`; default: ids come from the content
    group: str | None = None  # column of what must share a split: conversation, author, document
    lang: str | None = None  # a code of task.languages, or `auto`; default: the only one of task.languages
    lang_column: str | None = None  # or the column that holds the code
    meta: dict[str, str] = Field(default_factory=dict)  # what else is known: name -> column, or a list of columns
    hash_meta: tuple[str, ...] = ()  # names of meta that are personal: a hash stands for the value
    limit: int | None = Field(default=None, gt=0)  # keep a stable sample of that many records
    seed: int = 0  # of the sample

    @model_validator(mode="after")
    def _one_way_each(self) -> RecordSource:
        for one, other in (("target", "target_value"), ("lang", "lang_column")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ValueError(f"both {one} and {other} are set; keep one")
        return self

    @property
    def is_live(self) -> bool:
        """Whether what it reads may change without a file of the project changing, so that DVC cannot see it."""
        return False

    @field_validator("meta", mode="before")
    @classmethod
    def _columns_keep_their_names(cls, meta: object) -> object:
        if isinstance(meta, list) and all(isinstance(column, str) for column in meta):
            return {column: column for column in meta}
        return meta

    @field_validator("meta")
    @classmethod
    def _meta_names_are_plain(cls, meta: dict[str, str]) -> dict[str, str]:
        for name in meta:
            if not re.fullmatch(r"\w+", name):
                raise ValueError(f"a meta is named '{name}'; use letters, digits and _ only")
        return meta

    @model_validator(mode="after")
    def _hashed_are_meta(self) -> RecordSource:
        unknown = next((name for name in self.hash_meta if name not in self.meta), None)
        if unknown is not None:
            raise ValueError(f"hash_meta names '{unknown}', which is not among meta")
        return self

    def named_columns(self) -> dict[str, str]:
        """Setting -> the column it names, but for `fields` and `key: row`."""
        named = {"target": self.target, "confidence": self.confidence, "group": self.group}
        named |= {"lang_column": self.lang_column, "key": self.key}
        named |= {f"references.{n}": column for n, column in enumerate(self.references)}
        named |= {f"meta.{name}": column for name, column in self.meta.items()}
        if self.role == "unlabelled":
            del named["target"]
        if self.key == "row":
            del named["key"]
        for setting in ("where", "trusted_when"):
            named |= {f"{setting}.{n}.column": c.column for n, c in enumerate(getattr(self, setting))}
        return _given(named)


class FileOptions(Settings):
    """How files are read."""

    format: str | None = None  # a name in pipeline/collect/formats/__init__.py; default: by the file's ending
    encoding: str = "utf-8"  # or a chain such as `mac_roman > cp1252 > mac_roman`: decode, encode, decode
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)  # csv, tsv; null: found out by the header
    quotes: bool = True  # csv, tsv: double quotes enclose cells (and line breaks); false: quotes are plain characters
    columns: tuple[str, ...] = ()  # csv, tsv: the names, where the file has no header row
    rows_at: str | None = None  # json: dotted path to the list of rows, such as `data.items`
    tag_column: int = -1  # conll: which column holds the tag, from 0; -1 is the last
    joiner: str | None = None  # conll: between tokens; default: nothing where the file is Chinese, else a space
    segment_digits: Literal["strip", "keep"] | None = None  # conll: tokens such as 科0; null asks where it meets them
    bad_tags: Literal["repair", "quarantine", "iob1"] = (
        "repair"  # conll: an I-X that follows no X begins one; iob1: by rule
    )
    last_included: bool = False  # spans: ends name the last character, not the one after it
    beside: dict[str, str] = Field(default_factory=dict)  # parallel: column -> ending or path of the aligned file
    languages: tuple[str, ...] = ()  # tmx: from and to, such as [en, zh]

    @field_validator("bad_tags", mode="before")
    @classmethod
    def _old_name_of_repair(cls, value: object) -> object:
        if value == "mend":
            raise ValueError("mend: renamed to repair")
        return value

    @field_validator("columns")
    @classmethod
    def _columns_are_distinct(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        twice = next((name for n, name in enumerate(columns) if name in columns[:n]), None)
        if twice is not None:
            raise ValueError(f"the column '{twice}' is named twice; one would hide the other")
        return columns

    @field_validator("encoding")
    @classmethod
    def _codecs_exist(cls, encoding: str) -> str:
        names = codec_chain(encoding)
        for name in names:
            try:
                # base64, rot13 and the like are codecs, but no encodings of texts
                "a".encode(name).decode(name, "surrogateescape")
            except (LookupError, UnicodeError):
                raise ValueError(f"'{name}' is not an encoding; examples: utf-8, cp1252, gb18030, mac_roman") from None
        if len(names) % 2 == 0:
            raise ValueError("a chain reads decode > encode > decode: give one, three or five encodings")
        return encoding


def codec_chain(encoding: str) -> list[str]:
    """The encodings of a chain, in order."""
    return [name.strip() for name in encoding.split(">")]


def _given(named: dict[str, str | None]) -> dict[str, str]:
    return {setting: column for setting, column in named.items() if column is not None}
