"""Small records and a predictor that answers from a table, for unit tests; real models are in test_real_model.py."""

import pytest

from pipeline.core.record import Decision, Record, Source
from pipeline.core.settings import Task
from pipeline.evaluate.params import Params
from pipeline.evaluate.run import evaluate
from pipeline.modeling.prediction import Prediction
from pipeline.runtime.store import read_json
from tests.chats import as_record_holds


@pytest.fixture(scope="session")
def task():
    return Task(type="classification", labels=("negative", "neutral", "positive"), languages=("en", "zh"))


@pytest.fixture(scope="session")
def chat_task():
    return Task(type="chat", languages=("en", "zh"))


@pytest.fixture(scope="session")
def record():
    def make(n, text, target, lang="en", source="tweets", who="source:tweets"):
        origin = Source(source, "files", "x.csv", n, "cc0", "train")
        fields, target = as_record_holds({"text": text} if isinstance(text, str) else {"messages": text}, target)
        return Record(f"id{n:04d}", fields, origin, target, lang, labels_by=Decision(who, 1.0))

    return make


WORDS = {"good": "positive", "好": "positive", "bad": "negative", "差": "negative"}


class Keyword:
    """Says what a word in the text says; unsure where it finds none. Case matters, so upper case confuses it."""

    def predict(self, rows):
        return [self._one(row["text"]) for row in rows]

    def _one(self, text):
        label = next((label for word, label in WORDS.items() if word in text), None)
        value, p = (label, 0.97) if label else ("neutral", 0.5)
        names = ("negative", "neutral", "positive")
        return Prediction(value, p, {name: p if name == value else (1 - p) / 2 for name in names})


@pytest.fixture(scope="session")
def keyword():
    return Keyword()


@pytest.fixture(scope="session")
def tweets(record):
    """120 rows, English and Chinese; every tenth label is wrong on purpose."""
    rows = []
    texts = {
        "positive": ("a good day, number %d!", "今天很好,第%d天。"),
        "negative": ("what a bad trip, number %d", "服务太差,第%d次"),
        "neutral": ("it is on tuesday, number %d", "星期二开会,第%d次。"),
    }
    for n in range(120):
        label = ("positive", "negative", "neutral")[n % 3]
        text = texts[label][n % 2] % n
        given = "negative" if n % 10 == 0 and label == "positive" else label
        rows.append(record(n, text, given, "zh" if n % 2 else "en", source="reviews" if n < 60 else "tweets"))
    return rows


PARAMS = Params(resamples=200, robustness_rows=60)


@pytest.fixture(scope="module")
def folder(tweets, keyword, task, tmp_path_factory):
    out = tmp_path_factory.mktemp("evaluate")
    evaluate(tweets, tweets, keyword, task, PARAMS, out)
    return out


@pytest.fixture(scope="module")
def report(folder):
    return read_json(folder / "report.json")
