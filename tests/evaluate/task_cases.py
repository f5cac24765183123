"""What the tests of evaluate share."""

from pipeline.core.record import Decision, Record, Source
from pipeline.core.settings import Task

TASKS = {
    "ner": Task(type="ner", labels=("person", "place"), languages=("en", "zh")),
    "qa": Task(type="qa", languages=("en", "zh")),
    "regression": Task(type="regression", languages=("en", "zh"), range=(0.0, 10.0)),
}


NAMES = {"Ann": "person", "Rome": "place", "小明": "person", "北京": "place"}


def find(text):
    spans = [{"start": text.find(n), "end": text.find(n) + len(n), "label": k} for n, k in NAMES.items() if n in text]
    return sorted(spans, key=lambda span: span["start"])


def example(n, kind):
    zh = n % 2
    text = ("小明😀去了北京,第%d次。" if zh else "😀 Ann saw Rome, day %d. She left.") % n
    if kind == "ner":
        fields, target = {"text": text}, find(text) if n % 5 else []
    elif kind == "qa":
        spans = find(text)
        answer = {"start": spans[1]["start"], "text": text[spans[1]["start"] : spans[1]["end"]]}
        fields, target = {"context": text, "question": "哪里?" if zh else "where?"}, [answer] if n % 5 else []
    else:
        fields, target = {"text": text, "text_pair": "x" * n if n % 3 else None}, float(n % 7)
    origin = Source("reviews" if n < 30 else "tweets", "files", "x.csv", n, "cc0", "train")
    return Record(f"id{n:03d}", fields, origin, target, "zh" if zh else "en", labels_by=Decision("human:a", 1.0))
