"""Shares by source or language, in rows or tokens; drawn by record id; told on the card and exported as a column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.conversation import Message, ToolCall
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.modeling.dataset import repeated
from pipeline.runtime.store import read_json
from pipeline.validate.export.mixture import Mixture, changed_by, epochs_of, mixed
from tests.validate.conftest import CHAT, SOURCE, review, sound_chats, sound_reviews, view

SUITE = [{"expect": "conserved_counts"}]
SIZES = {"big": 900.0, "small": 100.0}


def sources(big: int = 900, small: int = 100) -> list[Record]:
    def of(name: str, n: int) -> Record:
        return review(f"{name}{n}", f"text {n} 好看", source=replace(SOURCE, name=name))

    return [*(of("big", n) for n in range(big)), *(of("small", n) for n in range(small))]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"big": 1, "small": 1}),
        ({"weights": {"big": 1, "small": 1}, "max_repeats": 9}, {"big": 500 / 900, "small": 5}),
        ({"weights": {"big": 1, "small": 1}}, {"big": 500 / 900, "small": 4}),  # never over max_repeats
        ({"weights": {"big": 1, "small": 0}}, {"big": 1000 / 900, "small": 0}),
        ({"temperature": 2}, {"big": 750 / 900, "small": 2.5}),  # shares 3 : 1, the square roots
        ({"caps": {"big": 90}}, {"big": 0.1, "small": 1}),
        ({"size": 500}, {"big": 0.5, "small": 0.5}),
    ],
)
def test_epochs_by_hand(settings: dict, expected: dict) -> None:
    assert epochs_of(SIZES, Mixture(**settings)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"weights": {"bigg": 1}}, "no train record is of source 'bigg'"),
        ({"caps": {"bigg": 1}}, "caps: no train record"),
        ({"weights": {"big": 1}}, "no weight for small"),
        ({"weights": {"big": 0, "small": 0}}, "one above 0"),
    ],
)
def test_wrong_groups_are_named(settings: dict, named: str) -> None:
    with pytest.raises(PipelineError, match=named):
        epochs_of(SIZES, Mixture(**settings))


def test_choices_are_drawn_by_id_and_stay_when_records_come() -> None:
    settings = Mixture(unit="rows", caps={"big": 450})
    found = mixed(view(sources()), settings)
    big, small = found.groups
    assert (big["rows"], small["rows_read"]) == (900, 100)
    assert big["rows_read"] == pytest.approx(450, abs=60)
    more = mixed(view([*sources(), *sources(1000, 0)[900:]]), Mixture(unit="rows", caps={"big": 500}))
    assert all(more.repeats[id] == times for id, times in found.repeats.items())
    assert mixed(view(list(reversed(sources()))), settings).repeats == found.repeats


def test_tokens_count_and_languages_are_groups() -> None:
    found = mixed(view(sound_reviews()), Mixture(by="lang", weights={"en": 1, "zh": 1}, max_repeats=50))
    assert [group["lang"] for group in found.groups] == ["en", "zh"]
    assert all(group["tokens"] > 0 for group in found.groups)
    shares: Any = [group["share_of_tokens"] for group in found.groups]
    assert sum(shares) == pytest.approx(1, abs=1e-3)


def test_tags_are_groups_and_calls_and_tools_count_as_tokens() -> None:
    def conversation(n: int, topic: str, call: str = "") -> Record:
        made = Message("assistant", "好", tool_calls=(ToolCall("f", call),) if call else ())
        fields = {**sound_chats()[0].fields, "tools": '[{"name": "f"}]' if call else None}
        return replace(sound_chats()[0], id=f"t{n}", fields=fields, target=made.as_dict(), meta={"topic": topic})

    records = [
        conversation(0, "天气"),
        conversation(1, "天气"),
        conversation(2, "code", '{"text": "a long argument of many words"}'),
    ]
    settings = Mixture(by="meta_topic", unit="rows", weights={"天气": 1, "code": 1}, max_repeats=2)
    found = mixed(view(records, CHAT), settings)
    assert {group["meta_topic"]: group["rows"] for group in found.groups} == {"code": 1, "天气": 2}
    assert {group["meta_topic"]: group["epochs"] for group in found.groups} == {"code": 1.5, "天气": 0.75}
    code, weather = (group["tokens"] for group in found.groups)
    assert code > weather / 2 + 8


def test_the_column_is_exported_told_and_repeated(project) -> None:
    records = [*sound_reviews(), *sources(8, 2)]
    weights = {"reviews": 1, "big": 1, "small": 1}
    out = project.write(records, SUITE, mixture={"unit": "rows", "weights": weights}).validate()
    train = pq.read_table(out / "dataset/data/train-00000-of-00001.parquet")
    dev = pq.read_table(out / "dataset/data/validation-00000-of-00001.parquet")
    assert set(dev["repeats"].to_pylist()) == {1}
    told = read_json(out / "report.json")["dataset"]["mixture"]
    assert repeated(train).num_rows == sum(group["rows_read"] for group in told) == sum(train["repeats"].to_pylist())
    card = (out / "dataset/README.md").read_text("utf-8")
    assert "## Mixture" in card
    assert "tokens\\_read" in card or "tokens_read" in card


def test_shares_of_tokens_are_told_without_a_mixture(project) -> None:
    other = replace(sound_chats()[0].source, name="手册")
    records = [replace(one, source=other) if n % 3 == 0 else one for n, one in enumerate(sound_chats())]
    out = project.write(records, SUITE, CHAT).validate()
    told = read_json(out / "report.json")["dataset"]["mixture"]
    assert len(told) == 2
    assert sum(group["share_of_tokens"] for group in told) == pytest.approx(1, abs=1e-3)
    assert all(group["tokens"] > group["rows"] > 0 for group in told)
    card = (out / "dataset/README.md").read_text("utf-8")
    assert "Each row is read once an epoch" in card
    assert "手册" in card
    table = pq.read_table(out / "dataset/data/train-00000-of-00001.parquet")
    assert "repeats" not in table.column_names


def test_without_a_mixture_there_is_no_column(project) -> None:
    out = project.write(sound_reviews(), SUITE).validate()
    table = pq.read_table(out / "dataset/data/train-00000-of-00001.parquet")
    assert "repeats" not in table.column_names
    assert repeated(table) is table
    assert repeated(pa.table({"a": [1, 2, 3], "repeats": [0, 2, 1]}))["a"].to_pylist() == [2, 2, 3]


def test_what_is_not_read_once_is_listed_for_the_value_stage() -> None:
    records = mixed(view(sources(30, 10)), Mixture(by="source", unit="rows", weights={"big": 0, "small": 1}))
    found = changed_by(records).to_pylist()
    assert {row["repeats"] for row in found if row["id"].startswith("big")} == {0}
    assert {row["repeats"] for row in found if row["id"].startswith("small")} == {4}
    assert [row["id"] for row in found] == sorted(row["id"] for row in found)
    assert changed_by(None).num_rows == changed_by(mixed(view(sources(30, 10)), Mixture())).num_rows == 0
