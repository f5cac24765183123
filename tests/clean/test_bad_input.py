"""Input that nobody wants, through collect and clean: the right result, or a message that says what to do."""

import json
import random
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.params import Params
from pipeline.clean.run import run as clean
from pipeline.clean.step import Context
from pipeline.clean.steps import STEPS
from pipeline.clean.steps.repair_text import RepairText, repairer
from pipeline.collect.run import run as collect
from pipeline.core.errors import PipelineError
from pipeline.core.record import as_json
from pipeline.runtime.store import read_json, read_table, to_records
from pipeline.text.language import detect
from pipeline.text.normalise import normalised
from pipeline.text.personal_data import find
from tests.clean.records import TASK, make, table

PARAMS = """
task: {type: classification, labels: [bad, good], languages: [en, zh]}
models: {}
collect:
  sources:
    rows: {kind: files, role: train, licence: MIT, lang: auto, path: FILE, fields: {text: text}, target: label}
clean: {}
"""


def sound(count: int = 30, label: str | None = None) -> list[dict[str, object]]:
    """Rows that nothing is wrong with."""
    words = ("the food was cold and awful", "the food was lovely and warm")
    return [
        {"text": f"{words[n % 2]} on day {n} of {n * n}, 第{n}天", "label": label or ("bad", "good")[n % 2]}
        for n in range(count)
    ]


def as_csv(rows: list[dict[str, object]]) -> bytes:
    return "".join(["text,label\n", *(f'"{row["text"]}",{row["label"]}\n' for row in rows)]).encode()


def as_lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture
def through(tmp_path, monkeypatch):
    """Counts of what became of a file's rows, by reason; `kept` for those that stayed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))

    def work(name: str, content: bytes | pa.Table) -> Counter[str]:
        for folder in ("raw", "collect", "clean"):
            Path("data", folder).mkdir(parents=True)
        if isinstance(content, bytes):
            Path("data/raw", name).write_bytes(content)
        else:
            pq.write_table(content, Path("data/raw", name))
        Path("params.yaml").write_text(PARAMS.replace("FILE", name), "utf-8")
        collect(Path("data/raw"), Path("data/collect"))
        clean(Path("data/collect"), Path("data/annotations/decisions"), Path("data/clean"))
        collected, cleaned = read_json(Path("data/collect/report.json")), read_json(Path("data/clean/report.json"))
        found = Counter(collected["notes"]["sources"]["rows"]["dropped"])
        for step in cleaned["steps"]:
            found.update(step["reasons"])
        assert collected["in"] == found.total() + cleaned["kept"]
        assert cleaned["kept"] == read_table(Path("data/clean/records.parquet")).num_rows
        return found + Counter(kept=cleaned["kept"])

    return work


ODD: list[dict[str, object]] = [{"text": value, "label": "good"} for value in (5, 1.5, None, ["a", "b"], {"a": 1})]
NOT_TEXTS = {"missing_text_column": 1, "not_a_text": 2}
HALF = b'{"text": "a \\ud800 alone", "label": "good"}\n'
TWO_MINDS = b"text,label\n" + b"one and the same text,good\none and the same text,bad\n" * 9
ODD_LABELS = [
    {"text": f"a fine day, number {n}", "label": label} for n, label in enumerate((1, True, {"a": 1}, "good"))
]


@pytest.mark.parametrize(
    ("name", "content", "became"),
    [
        ("nul.csv", as_csv(sound()) + b"a\x00b is here today,good\n", {"nul_byte": 1, "kept": 30}),
        ("half.jsonl", as_lines(sound()) + HALF, {"broken_unicode": 1, "kept": 30}),
        ("equal.csv", as_csv(sound(1) * 200), {"exact_duplicate": 199, "kept": 1}),
        ("one_class.csv", as_csv(sound(60, "good")), {"kept": 60}),
        ("once.csv", as_csv([*sound(60, "good"), *sound(1)]), {"conflicting_label": 2, "kept": 59}),
        ("nan.csv", as_csv(sound()) + b"nan,nan\n" * 5, {"unknown_label": 5, "kept": 30}),
        ("blank.csv", as_csv(sound()) + b",good\n" * 5, {"empty_text": 5, "kept": 30}),
        ("mixed.jsonl", as_lines([*ODD, *sound()]), NOT_TEXTS | {"kept": 32}),
        ("labels.jsonl", as_lines([*ODD_LABELS, *sound()]), {"unknown_label": 3, "kept": 31}),
        (
            "nulls.parquet",
            pa.table({"text": [None, *(row["text"] for row in sound())], "label": ["good", *[None] * 30]}),
            {"missing_text_column": 1, "kept": 30},
        ),
    ],
)  # fmt: skip
def test_every_row_of_a_bad_file_is_accounted_for(through, name, content, became):
    assert through(name, content) == Counter(became)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("binary.csv", random.Random(0).randbytes(50_000), "binary.csv:1: the header row cannot be read"),
        ("nul.csv", b"\x00" * 10_000, r"nul.csv:1: the header row cannot be read: \x00\x00"),
        ("header.csv", b"text,label\n", "no record came of it. It has no rows"),
        ("empty.jsonl", b"", "no record came of it. It has no rows"),
        ("nan.parquet", pa.table({"text": [float("nan")] * 9, "label": [float("nan")] * 9}), "9 missing_text_column"),
        ("split.csv", TWO_MINDS, "no record is left"),
    ],
)  # fmt: skip
def test_a_file_of_which_nothing_can_be_made_is_explained(through, name, content, message):
    with pytest.raises(PipelineError) as caught:
        through(name, content)
    assert message in str(caught.value)
    assert "\n  " in str(caught.value)  # the remedy


@pytest.mark.parametrize("unit", ["x", "lorem ipsum ", "&amp;<b a@b.co 1 ", "好", "12 34", "a:", "<a "])
def test_ten_times_the_text_takes_about_ten_times_as_long(unit):
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        assert repairer(RepairText())(text)
        find(text)
        detect(text, ["en", "zh"])
        normalised(text)
        return time.process_time() - start

    seconds(1000)  # models are loaded
    assert seconds(300_000) < 30 * max(seconds(30_000), 0.02)


@pytest.mark.slow
def test_a_single_line_of_ten_megabytes_is_too_long_and_nothing_else(through):
    assert through("line.csv", as_csv([{"text": "x" * 10_000_000, "label": "good"}, *sound()])) == Counter(
        too_long=1, kept=30
    )


#: Texts that touch every step: damage, personal data, copies and near copies, other languages, too short ones.
POOL = [
    "the food was lovely and warm on that day",
    "The food was lovely &amp; warm, on that day!",
    "the food was lovely and warm on that day, <b>truly</b>",
    "write to ann@example.com or 13812345678 please",
    "送餐速度非常快，味道也很不错，下次还会再来",
    "送餐速度非常快 味道也很不错 下次还会再来！",
    "El primer ministro dijo ayer que el gobierno no piensa subir los impuestos este año a nadie",
    "x",
    "  ",
    "don #39;t\u200b like \x07 this one",
]
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(POOL),
        st.sampled_from(["good", "bad", None]),
        st.sampled_from(["train", "train", "test", "benchmark", "unlabelled"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)
UNJUDGED = [name for name in Params().steps if name != "label_errors"]  # a model has nothing to learn from so few


def cleaned(found: pa.Table) -> tuple[pa.Table, Counter[str], set[str]]:
    """What all steps keep, which records they drop, and what they ask about."""
    context, gone = Context(TASK), Counter[str]()
    for name in UNJUDGED:
        outcome = STEPS[name].function(found, Params().of(name), context)
        gone.update(outcome.dropped["id"].to_pylist())
        found = outcome.kept
    return found, gone, {as_json(vars(item)) for item in context.review_items}


@given(RECORDS, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_cleaning_loses_nothing_and_the_order_of_rows_does_not_matter(rows, shuffler):
    records = [
        make(text, label, key=f"{n}", role=role, trusted=trusted) for n, (text, label, role, trusted) in enumerate(rows)
    ]
    kept, gone, asked = cleaned(table(records))
    assert Counter(kept["id"].to_pylist()) + gone == Counter(record.id for record in records)
    shuffler.shuffle(records)
    again, gone_again, asked_again = cleaned(table(records))
    assert again.sort_by("id").equals(kept.sort_by("id"))
    assert gone_again == gone
    assert asked_again == asked


@given(RECORDS)
@settings(max_examples=15, deadline=None)
def test_cleaning_twice_is_cleaning_once(rows):
    records = [
        make(text, label, key=f"{n}", role=role, trusted=trusted) for n, (text, label, role, trusted) in enumerate(rows)
    ]
    once, _, _ = cleaned(table(records))
    twice, gone, _ = cleaned(once)
    assert not gone
    assert [(r.id, r.fields, r.target, r.history) for r in to_records(twice)] == [
        (r.id, r.fields, r.target, r.history) for r in to_records(once)
    ]
