"""Win rates by scripted judges of known leaning: corrected on gold questions, with people's agreement beside them."""

from __future__ import annotations

import json
import random

import pytest

from pipeline.core.conversation import Message
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task, parse
from pipeline.evaluate.win_rates import Judge, flat_win_rate, win_rates
from pipeline.modeling.models import Models
from pipeline.modeling.prediction import Prediction
from tests import chats
from tests.llm.server import as_json, serving

CHAT = Task(type="chat", languages=("en", "zh"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def row(n, text, split="test", lang="en"):
    source = Source("made", "files", "made.jsonl", n, "CC0", "train")
    return Record(
        f"{split}{n:04}", chats.fields([("user", f"ask {split} {n}")]), source, chats.reply(text), lang, split
    )


def reply(quality, n, words=3):
    """A reply whose quality a scripted judge can see."""
    return f"q{quality:03} " + "word " * (words + n % 5)


#: Own replies of train rows are good for their own question only: the judge sees `for train N`.
TRAIN = [row(n, f"for train {n} q100 " + "word " * (n % 7), "train", ("en", "zh")[n % 2]) for n in range(160)]


def quality(asked, said):
    if "for train" in said:
        number = asked.split()[-1]
        return 100 if f"for train {number} " in said else 0
    return int(said.split()[0][1:])


def judge(position=0.0, error=0.0):
    """Names the better reply; a share `position` of its answers names the first place, a share `error` is a coin."""

    def answer(body, number):
        text = body["messages"][1]["content"].partition("\n\nAnswer with JSON")[0]
        asked = text.partition("## user\n")[2].partition("\n")[0]
        first, second = text.partition("# Reply 1\n")[2].split("\n\n# Reply 2\n")
        draw = random.Random(text).random()
        if draw < position:
            better = "1"
        elif draw < position + error:
            better = random.Random(text + "coin").choice("12")
        else:
            a, b = quality(asked, first), quality(asked, second)
            better = "tie" if a == b else "1" if a > b else "2"
        return as_json({"reason": "so", "better": better})

    return answer


def cases(share, count=120):
    """Test rows and predictions; the model's reply is the better one in `share` of them."""
    test = [row(n, reply(50, n)) for n in range(count)]
    said = [reply(70 if (n * 7919) % count < share * count else 20, n, 3) for n in range(count)]
    return test, [Prediction(text) for text in said]


def rates(share, *judges, task=CHAT, train=TRAIN, count=120, **more):
    test, predictions = cases(share, count)
    with_all = [serving(one) for one in judges]
    services = [one.__enter__() for one in with_all]
    try:
        named = {f"j{n}": {"url": s.url, "model": "m", "parallel": 16} for n, s in enumerate(services)}
        settings = parse({"judges": named, **more}, Judge, "evaluate.judge")
        return win_rates(test, predictions, train, task, settings, Models()), services
    finally:
        for one in with_all:
            one.__exit__(None, None, None)


def covers(figure, truth):
    return figure["low"] - 1e-9 <= truth <= figure["high"] + 1e-9


@pytest.mark.parametrize("share", [0.25, 0.7])
def test_a_judge_that_leans_and_errs_is_put_right_by_gold_questions(share):
    notes, _ = rates(share, judge(position=0.2, error=0.3))
    about = notes["judges"]["j0"]
    assert covers(about["win_rate"], share)
    assert not covers(about["win_rate_raw"], share) or about["win_rate"]["value"] != about["win_rate_raw"]["value"]
    assert about["position_bias"]["low"] > 0.1
    assert about["gold"]["right"]["value"] < 1
    assert (notes["pairs"], about["gold"]["asked"], about["people"]) == (120, 100, None)
    assert flat_win_rate(notes)["win_rate"] == notes["panel"]["win_rate"]["value"]
    assert about["usage"]["requests"] == 2 * (120 + 100)


def test_a_panel_of_unlike_judges_and_how_far_they_agree():
    notes, _ = rates(0.6, judge(error=0.5), judge(position=0.3), judge(), count=60, gold_rows=60)
    assert covers(notes["panel"]["win_rate"], 0.6)
    assert 0.1 < notes["alpha"] < 0.9
    assert notes["judges"]["j2"]["same_in_both_orders"] == 1


def test_a_judge_that_tells_nothing_has_no_win_rate():
    notes, _ = rates(0.7, judge(error=1.0), count=40, gold_rows=60)
    assert notes["judges"]["j0"]["win_rate"] is None
    assert notes["panel"]["win_rate"] is None
    assert flat_win_rate(notes) == {}
    assert notes["judges"]["j0"]["win_rate_raw"] is not None


def test_without_gold_questions_there_is_a_raw_rate_alone():
    notes, _ = rates(0.7, judge(), gold_rows=0, train=[], count=40)
    assert notes["judges"]["j0"]["win_rate"] is None
    assert notes["judges"]["j0"]["win_rate_raw"]["value"] == pytest.approx(0.7)


def test_what_cannot_be_read_is_missing():
    notes, _ = rates(0.7, lambda body, number: "I cannot say.", count=6, gold_rows=0)
    about = notes["judges"]["j0"]
    assert (about["unreadable"], about["wins"], about["ties"], about["losses"]) == (6, 0, 0, 0)
    assert (about["win_rate_raw"], about["same_in_both_orders"]) == (None, None)


def people_file(path, count, wrong=0):
    lines = []
    for n in range(count):
        asked = [{"role": "user", "content": f"ask people {n}"}]
        first, second = (reply(80, n), reply(10, n)) if n % 2 else (reply(10, n), reply(80, n))
        better = "first" if n % 2 else "second"
        other = {"first": "second", "second": "first"}[better]
        for who in ("ann", "小王", "bo"):
            said = other if who == "bo" and n < wrong else better
            line = {"messages": asked, "first": first, "second": second, "better": said, "annotator": who}
            lines.append(json.dumps(line, ensure_ascii=False))
    path.write_text("\n".join(lines), "utf-8")
    return str(path)


def test_agreement_with_people_is_told(tmp_path):
    people = people_file(tmp_path / "people.jsonl", 30, wrong=6)
    notes, _ = rates(0.7, judge(), people=people, gold_rows=0, count=20)
    found = notes["judges"]["j0"]["people"]
    assert (found["pairs"], found["read"], found["kappa"]) == (30, 30, 1)
    assert found["alpha_people"] < found["alpha"] < 1
    assert found["alpha_interval"][0] < found["alpha"] < found["alpha_interval"][1]
    poor, _ = rates(0.7, judge(error=1.0), people=people, gold_rows=0, count=20)
    assert abs(poor["judges"]["j0"]["people"]["kappa"]) < 0.4
    assert notes["judges"]["j0"]["win_rate"] is not None  # people's pairs are gold questions too


@pytest.mark.parametrize(
    ("line", "words"), [("{broken", "people.jsonl:1: not readable"), ('{"messages": []}', "people.jsonl:1")]
)
def test_a_line_of_people_that_cannot_be_read_is_named(tmp_path, line, words):
    path = tmp_path / "people.jsonl"
    path.write_text(line, "utf-8")
    with pytest.raises(PipelineError, match=words):
        rates(0.7, judge(), people=str(path), count=4)
    with pytest.raises(PipelineError, match="no such file"):
        rates(0.7, judge(), people=str(tmp_path / "none.jsonl"), count=4)


@pytest.mark.parametrize("labels", [("a", "b"), ()])
def test_labels_are_no_replies(labels):
    with pytest.raises(PipelineError, match="no free texts"):
        rates(0.7, judge(), task=Task(type="classification", labels=labels), count=4)


def test_a_message_with_calls_is_shown_whole():
    from pipeline.core.conversation import ToolCall
    from pipeline.modeling.prediction import WrittenReply

    seen = []

    def looks(body, number):
        seen.append(body["messages"][1]["content"])
        return as_json({"reason": "", "better": "1"})

    message = Message("assistant", "Let me look.", tool_calls=(ToolCall("weather", '{"city": "里昂"}'),))
    predictions = [Prediction("Let me look.", reply=WrittenReply(message, 9, 5, True))]
    with serving(looks) as service:
        settings = parse({"judges": {"j": {"url": service.url, "model": "m"}}, "gold_rows": 0}, Judge, "evaluate.judge")
        win_rates([row(1, "Sunny.")], predictions, [], CHAT, settings, Models())
    assert all("[calls weather with" in text for text in seen)


def test_a_dry_run_asks_nothing_and_counts_both_orders():
    notes, (service,) = rates(0.7, judge(), count=10, gold_rows=6, dry_run=True)
    assert service.asked == []
    assert notes["forecast"]["j0"]["requests"] == 2 * (10 + 6)
    assert flat_win_rate(notes) == {}
