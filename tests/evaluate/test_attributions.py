from __future__ import annotations

from typing import Any

from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.evaluate.attributions import attributions
from pipeline.modeling.prediction import Prediction

TASK = Task(type="classification", labels=("bad", "good"), languages=("en", "zh"))


class Keywords:
    """Says good by how many of the words stand in the text."""

    def predict(self, rows):
        found = [0.1 + 0.2 * sum(word in row["text"] for word in ("great", "很好", "love")) for row in rows]
        return [Prediction("good" if p > 0.25 else "bad", max(p, 1 - p), {"good": p, "bad": 1 - p}) for p in found]


def record(id, text):
    return Record(id, {"text": text, "text_pair": None}, Source("s", "files", "f", 1, "", "train"), "bad", "en", "test")


RECORDS = [
    record("a", "they say it is great and I love none of it"),
    record("b", "服务态度很好可是太慢了"),
    record("c", "great love"),
]
WORST: list[Any] = [{"record_id": one.id} for one in RECORDS]


def test_the_words_that_decided_weigh_most_and_pass_the_check():
    found = attributions(WORST, RECORDS, Keywords(), TASK, 3)
    assert found["rows"] == 2  # two words are too few to tell
    assert {one["word"] for one in found["words"]["a"][:2]} == {"great", "love"}
    assert found["words"]["a"][0]["weight"] == 0.2
    assert {one["word"] for one in found["words"]["b"][:2]} == {"很", "好"}
    text = RECORDS[1].fields["text"]
    assert all(text[one["start"]] == one["word"] for one in found["words"]["b"])
    assert found["drop_of_heaviest"] > found["drop_of_random"]
    assert attributions(WORST, RECORDS, Keywords(), TASK, 3) == found


def test_nothing_where_there_is_no_label_to_explain():
    assert attributions(WORST, RECORDS, Keywords(), TASK, 0) == {}
    assert attributions([], RECORDS, Keywords(), TASK, 3) == {}
    assert attributions(WORST, RECORDS, Keywords(), TASK.model_copy(update={"multi_label": True}), 3) == {}
