import argparse
import json
from typing import Any

import pytest

from pipeline.commands.predict import CHAT, add_arguments, predicted, read_rows, run
from pipeline.core.conversation import Message, ToolCall, readable
from pipeline.core.errors import PipelineError
from pipeline.modeling.prediction import Prediction, WrittenReply
from pipeline.modeling.predictor import load_predictor


def arguments(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


@pytest.fixture
def model_folder(bert_folder, tmp_path):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = tmp_path / "model"
    names = {0: "negative", 1: "positive"}
    model = AutoModelForSequenceClassification.from_pretrained(bert_folder, num_labels=2, id2label=names)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(bert_folder).save_pretrained(folder)
    settings = {"task": {"type": "classification"}, "temperature": 1.0, "max_length": 32}
    (folder / "sft.json").write_text(json.dumps(settings))
    return folder


def test_a_file_keeps_its_columns_and_gains_the_answer(model_folder, tmp_path, capsys):
    rows = [{"text": "good day", "nr": 1}, {"text": "太差了", "nr": 2}]
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", "utf-8")
    run(arguments("--model", model_folder, "--file", source, "--out", tmp_path / "out.jsonl"))
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [{k: row[k] for k in ("text", "nr")} for row in found] == rows
    for row in found:
        assert row["prediction"] == max(row["scores"], key=row["scores"].get)
        assert row["confidence"] == max(row["scores"].values())
    run(arguments("--model", model_folder, "--text", "good day", "--text", "太差了"))
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["prediction"] for row in printed] == [row["prediction"] for row in found]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"text": "a"', r"in\.jsonl:2: not JSON"),
        (b'{"text": "\xff"}', r"in\.jsonl:2: not UTF-8"),
        (b"[1]", r"in\.jsonl:2: expected an object"),
        (b'{"txt": "a"}', r"in\.jsonl:2: no key 'text'.*found: txt"),
        (b'{"text": 3}', r"in\.jsonl:2: no key 'text'"),
        (b'{"messages": [{"role": "user"}]}', r"in\.jsonl:2: no key 'text'.*found: messages"),
        (b'{"text": "\\ud800"}', r"in\.jsonl:2: holds half of a character"),
    ],
)
def test_a_bad_line_is_named_and_no_output_is_left(line, message, model_folder, tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"text": "good"}\n' + line + b"\n")
    with pytest.raises(PipelineError, match=message):
        run(arguments("--model", model_folder, "--file", source, "--out", tmp_path / "out.jsonl"))
    assert not (tmp_path / "out.jsonl").exists()


def test_rows_of_a_chat_hold_turns_or_a_text(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "hi"}\n{"messages": [{"role": "user"}]}\n', "utf-8")
    with pytest.raises(PipelineError, match=r"in\.jsonl:2: 'messages' must be a list"):
        list(read_rows(source, CHAT))


def test_a_reply_that_calls_comes_whole_with_the_problems_of_its_calls(tmp_path):
    class Caller:
        def predict(self, rows):
            call = Message("assistant", reasoning="嗯", tool_calls=(ToolCall("weather", '{"town": "里昂"}'),))
            return [Prediction(readable(call), reply=WrittenReply(call, 5, 5, True)) for _ in rows]

    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "weather", "parameters": schema}}
    asked = {"messages": [{"from": "human", "value": "里昂天气？"}], "tools": [tool], "id": 7}
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps(asked), "utf-8")
    found: Any
    (found,) = predicted(read_rows(source, CHAT), Caller())
    assert found["prediction"] == 'weather({"town": "里昂"})'
    assert found["reply"]["tool_calls"][0]["function"]["name"] == "weather"
    assert [problem.split(":")[0] for problem in found["call_problems"]] == ["missing_argument", "extra_argument"]
    assert (found["id"], found["messages"]) == (7, [{"role": "user", "content": "里昂天气？"}])


def test_rows_are_read_as_they_are_needed(tmp_path):
    class Echo:
        def predict(self, rows):
            return [Prediction(row["n"]) for row in rows]

    drawn = []

    def rows():
        for n in range(10_000):
            drawn.append(n)
            yield {"n": n}

    assert next(predicted(rows(), Echo())) == {"n": 0, "prediction": 0}
    assert len(drawn) < 1000


def test_wrong_arguments_and_folders_are_explained(model_folder, tmp_path):
    with pytest.raises(PipelineError, match="either a text or --file"):
        run(arguments("--model", model_folder))
    with pytest.raises(PipelineError, match="no such file"):
        list(read_rows(tmp_path / "none.jsonl"))
    with pytest.raises(PipelineError, match="no such model folder"):
        load_predictor(tmp_path / "none")
    (model_folder / "tokenizer.json").unlink()
    (model_folder / "tokenizer_config.json").unlink()
    with pytest.raises(PipelineError, match="holds no tokenizer"):
        load_predictor(model_folder)
    (model_folder / "sft.json").unlink()
    with pytest.raises(PipelineError, match=r"sft\.json is missing"):
        load_predictor(model_folder)


class Answers:
    """Answers that are known beforehand, for how they are shown."""

    def __init__(self, *predictions):
        self.predictions = predictions

    def predict(self, rows):
        return list(self.predictions)


def shown(row, prediction):
    return next(predicted([row], Answers(prediction)))


def test_every_task_type_speaks_its_own_language():
    spans = [{"start": 1, "end": 3, "label": "place"}]
    assert shown({"text": "😀北京 x"}, Prediction(spans, 0.8, parts=(0.9,))) == {
        "text": "😀北京 x",
        "prediction": [{"start": 1, "end": 3, "label": "place", "text": "北京", "confidence": 0.9}],
        "confidence": 0.8,
    }
    asked = {"context": "在北京。", "question": "哪里？"}
    found = shown(asked, Prediction([{"start": 1, "text": "北京"}], 0.7))
    assert found["prediction"] == [{"start": 1, "end": 3, "text": "北京"}]
    assert shown(asked, Prediction([], 0.7))["prediction"] == []
    assert shown({"text": "x"}, Prediction(0.12345678))["prediction"] == 0.123457
    assert shown({"text": "x"}, Prediction(["a", "b"], 0.5, {"a": 0.9}))["scores"] == {"a": 0.9}


def test_what_a_model_reads_is_asked_for(tmp_path, capsys):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "sft.json").write_text('{"task": {"type": "qa"}}')
    with pytest.raises(PipelineError, match="needs --context"):
        run(arguments("--model", folder, "--text", "who?"))
    source = tmp_path / "in.jsonl"
    source.write_text('{"context": "x"}\n')
    with pytest.raises(PipelineError, match=r"in\.jsonl:1: no key 'question' that holds a string; found: context"):
        run(arguments("--model", folder, "--file", source))
    (folder / "sft.json").write_text('{"task": {"type": "regression"}}')
    with pytest.raises(PipelineError, match="--context is for models that answer questions"):
        run(arguments("--model", folder, "--text", "who?", "--context", "x"))
    source.write_text('{"text": "x", "text_pair": 3}\n')
    with pytest.raises(PipelineError, match="'text_pair' must be a string"):
        run(arguments("--model", folder, "--file", source))
