"""The tiny models of tests/modeling, and tiny exported datasets."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.modeling.conftest import bert_folder, llama_folder, own_cache, t5_folder  # noqa: F401

GOOD = ["what a good day", "the good film", "a happy good day", "质量很好", "非常满意", "good, thank you"]
BAD = ["a bad day", "this is slow and bad", "an awful film", "太差了", "不推荐", "sad and bad"]


def write_dataset(folder, **splits):
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name, rows in splits.items():
        rows = [{"id": f"{name}{n}", **row} for n, row in enumerate(rows)]
        pq.write_table(pa.Table.from_pylist(rows), folder / "data" / f"{name}-00000-of-00001.parquet")
    return folder


def labelled(good=GOOD, bad=BAD):
    pairs = zip(good, bad, strict=True)
    return [row for g, b in pairs for row in ({"text": g, "label": "positive"}, {"text": b, "label": "negative"})]


@pytest.fixture
def reviews(tmp_path):
    return write_dataset(tmp_path / "dataset", train=labelled() * 2, validation=labelled(), test=labelled())


@pytest.fixture
def dialogues(tmp_path):
    def chat(question, reply):
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]
        return {"prompt": question, "response": reply, "messages": messages}

    rows = [chat("what a good day", "thank you"), chat("质量很好", "非常满意"), chat("bad film", "sad and slow")]
    return write_dataset(tmp_path / "dataset", train=rows * 3, validation=rows)
