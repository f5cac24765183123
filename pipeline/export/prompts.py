"""What a language model is asked about a row, and what it should answer, for tasks that are no conversations."""

from __future__ import annotations

from pipeline.core.record import Row, as_json
from pipeline.core.settings import Task

#: Task type -> language -> what a language model is asked. Texts to texts have theirs where they are trained.
ASK: dict[str, dict[str, str]] = {
    "classification": {
        "en": "Which of these labels fits the text: {labels}? Answer with the label only.",
        "zh": "下列标签中哪一个适合这段文字：{labels}？只回答标签。",
    },
    "multi_label": {
        "en": "Which of these labels fit the text: {labels}? Answer with all that fit, one a line, or with none.",
        "zh": "下列标签中哪些适合这段文字：{labels}？回答所有适合的标签，每行一个；没有则回答 none。",
    },
    "regression": {
        "en": "Score the text between {low} and {high}. Answer with the number only.",
        "zh": "给这段文字打分，范围 {low} 到 {high}。只回答数字。",
    },
    "ner": {
        "en": "Find all entities of the types {labels} in the text. Answer with a JSON list of objects "
        'with "text" and "type".',
        "zh": '找出文字中类型为 {labels} 的所有实体。以 JSON 列表回答，每个对象含 "text" 和 "type"。',
    },
    "qa": {
        "en": "Answer the question with words of the text, or with: unanswerable.",
        "zh": "用文中的原话回答问题；无法回答时回答：unanswerable。",
    },
}


def instruction_and_input(row: Row, task: Task) -> tuple[str, str] | None:
    """What is asked, and about what; None for chats and texts to texts, whose question is one text."""
    known = ASK.get("multi_label" if task.multi_label else task.type)
    if known is None:
        return None
    low, high = task.range or (0, 1)
    ask = known.get(str(row.get("lang")), known["en"])
    asked = ask.replace("{labels}", ", ".join(task.labels)).replace("{low}", f"{low:g}").replace("{high}", f"{high:g}")
    if "question" in row:
        return f"{asked}\n\n{row['question']}", str(row["context"])
    parts = [row["text"], row.get("text_pair")]
    return asked, "\n\n".join(str(part) for part in parts if part is not None)


def answer(row: Row) -> str:
    """The target as a model would write it."""
    if "spans" in row:
        text = str(row["text"])
        return as_json([{"text": text[s["start"] : s["end"]], "type": s["label"]} for s in row["spans"]])
    if "answers" in row:
        return next((str(one["text"]) for one in row["answers"]), "unanswerable")
    return _one_value(row)


def _one_value(row: Row) -> str:
    value = next(row[name] for name in ("label", "score", "target") if name in row)
    if isinstance(value, list):
        return "\n".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
