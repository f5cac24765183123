"""Crowd votes on another source's records."""

from __future__ import annotations

import json

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import as_json
from tests.chats import reply
from tests.collect.conftest import CHAT
from tests.collect.crowd import RECORDS

VOTES = {"kind": "crowd", "of": "texts", "licence": "MIT", "path": "v.csv"}


def test_votes_are_attached_whatever_their_order(voted):
    votes = ["w2,k1,negative", "w1,k1,positive", "w1,k2,negative"]
    first, second = voted(votes), voted(votes[::-1])
    assert first.rows == second.rows
    assert first.rows[0]["votes"] == [
        {"annotator": "w1", "value": '"positive"', "time": None},
        {"annotator": "w2", "value": '"negative"', "time": None},
    ]
    assert first.report["notes"]["sources"]["votes"]["records_voted_on"] == 2


def test_votes_that_fit_nothing_are_quarantined(voted):
    votes = ["w1,k9,positive", "w1,k3,positive", ",k1,positive", "w1,,positive", "w1,k1,", "w1,k1,hm", "w1,k1"]
    votes += ["w1,k1,positive", "w1,k1,negative"]
    found = voted(votes)
    reasons = [row["reason"] for row in found.dropped if row["step"] == "votes"]
    assert reasons == [
        "unknown_item",
        "dropped_item",
        "missing_worker",
        "missing_item",
        "missing_label",
        "unknown_label",
        "wrong_cell_count",
        "repeated_vote",
    ]
    note = found.report["notes"]["sources"]["votes"]
    assert (note["read"], note["kept"], sum(note["dropped"].values())) == (9, 1, 8)
    assert found.report["added"] == 8
    assert [row["source"]["row"] for row in found.dropped if row["reason"] == "repeated_vote"] == [10]
    assert found.dropped[0]["reason"] == "unknown_label"  # the record k3 itself
    gone = next(row for row in found.dropped if row["reason"] == "dropped_item")
    assert gone["other_id"] == found.dropped[0]["id"]


def test_votes_go_to_the_kept_row_of_a_key(project, voted):
    voted(["w1,k1,positive"])
    project.write("a.csv", "id,text,y\nk1,bad,wrong\nk1,好,positive\nk1,again,positive\n")
    found = project.collect(sources={"texts": RECORDS, "votes": VOTES})
    assert [(row["fields"]["text"], len(row["votes"])) for row in found.rows] == [("好", 1)]


def test_votes_by_record_id_and_with_mapped_labels_and_time(project, voted):
    record_id = voted(["w1,k1,positive"]).rows[0]["id"]
    project.write("v.jsonl", json.dumps({"who": "w", "id": record_id, "say": 1, "at": "2026-01-02"}))
    columns = {"worker": "who", "item": "id", "label": "say", "time": "at"}
    votes = VOTES | columns | {"path": "v.jsonl", "labels": {"1": "positive", "2": None}}
    found = project.collect(sources={"texts": RECORDS, "votes": votes})
    assert found.rows[0]["votes"] == [{"annotator": "w", "value": '"positive"', "time": "2026-01-02"}]


def test_votes_by_row_number(project):
    project.write("a.csv", "id,text,y\nk1,good,\n")
    project.write("v.csv", "worker,item,label\nw1,2,positive\n")
    found = project.collect(sources={"texts": RECORDS | {"key": "row"}, "votes": VOTES})
    assert len(found.rows[0]["votes"]) == 1


def test_votes_from_a_label_studio_export(project, voted):
    choice = {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["positive"]}}
    annotation = {"completed_by": 5, "result": [choice], "created_at": "2026-01-01T00:00:00Z"}
    empty = {"completed_by": 6, "result": []}
    task = {"id": 1, "data": {"key": "k1"}, "annotations": [annotation, empty]}
    project.write("export.json", json.dumps([task]))
    voted(["w1,k1,positive"])
    votes = VOTES | {"path": "export.json", "format": "label_studio", "item": "key"}
    found = project.collect(sources={"texts": RECORDS, "votes": votes})
    assert found.rows[0]["votes"] == [{"annotator": "5", "value": '"positive"', "time": "2026-01-01T00:00:00Z"}]
    assert [row["reason"] for row in found.dropped] == ["unknown_label", "empty_annotation"]


def test_votes_with_half_a_surrogate_pair_are_quarantined(project, voted):
    voted(["w1,k1,positive"])
    lines = [
        {"worker": w, "item": "k1", "label": y} for w, y in [("a", "\ud83d"), ("\ud83d", "positive"), ("b", "positive")]
    ]
    project.write("v.jsonl", "\n".join(map(json.dumps, lines)))
    found = project.collect(sources={"texts": RECORDS, "votes": VOTES | {"path": "v.jsonl"}})
    assert [vote["annotator"] for vote in found.rows[0]["votes"]] == ["b"]
    assert [row["reason"] for row in found.dropped if row["step"] == "votes"] == ["unknown_label", "broken_unicode"]


@pytest.mark.parametrize(
    "region", [{"type": "choices", "value": {}}, {"type": "choices"}, "x", {"type": "choices", "value": None}]
)
def test_votes_whose_regions_cannot_be_read_are_quarantined(project, voted, region):
    voted(["w1,k1,positive"])
    good = {"type": "choices", "value": {"choices": ["positive"]}}
    annotations = [{"completed_by": 1, "result": [region]}, {"completed_by": 2, "result": [good]}]
    project.write("export.json", json.dumps([{"id": 1, "data": {"key": "k1"}, "annotations": annotations}]))
    votes = VOTES | {"path": "export.json", "format": "label_studio", "item": "key"}
    found = project.collect(sources={"texts": RECORDS, "votes": votes})
    assert [vote["annotator"] for vote in found.rows[0]["votes"]] == ["2"]
    assert [row["reason"] for row in found.dropped if row["step"] == "votes"] == ["unreadable_result"]


def test_votes_on_chats_are_replies(project):
    project.write("c.jsonl", json.dumps({"id": "c1", "messages": [{"role": "user", "content": "你好"}]}))
    project.write("v.csv", "worker,item,label\nw1,c1,嗨\n")
    records = RECORDS | {"path": "c.jsonl", "format": "messages", "lang": "zh"}
    del records["target"]
    row = project.collect(CHAT, sources={"texts": records, "votes": VOTES}).rows[0]
    assert (row["target"], row["votes"][0]["value"]) == (None, as_json(reply("嗨")))


NER = {"type": "ner", "labels": ["PER", "LOC"], "languages": ["en", "zh"]}


SPANS = [{"start": 0, "end": 3, "label": "PER"}]


SETS = {"type": "classification", "labels": ["screen", "battery", "价格"], "multi_label": True, "languages": ["en"]}


STARS = {"type": "regression", "range": [0, 5], "languages": ["en"]}


EN_ZH = {"type": "translation", "target_language": "zh", "languages": ["en"]}


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("task", "field", "answers"),
    [
        (NER, "text", [SPANS, []]),
        (SETS, "text", [["screen", "battery"], []]),
        (STARS, "text", [4, 0]),
        (EN_ZH, "text", ["你好", "您好"]),
    ],
)
def test_every_task_can_be_voted_on(project, ending, task, field, answers):
    project.write("a.jsonl", json.dumps({"id": 7, field: "Ann went home"}))
    rows = [{"worker": f"w{n}", "item": 7, "label": value} for n, value in enumerate(answers)]
    if ending == "jsonl":
        project.write("v.jsonl", "\n".join(map(json.dumps, rows)))
    else:
        cells = [
            json.dumps(row["label"], ensure_ascii=False) if isinstance(row["label"], list) else row["label"]
            for row in rows
        ]
        lines = [
            f'{row["worker"]},7,"{str(cell).replace(chr(34), chr(34) * 2)}"'
            for row, cell in zip(rows, cells, strict=True)
        ]
        project.write("v.csv", "worker,item,label\n" + "".join(f"{line}\n" for line in lines))
    records = {"kind": "files", "role": "train", "licence": "MIT", "path": "a.jsonl", "key": "id", "lang": "en"}
    found = project.collect(task, sources={"texts": records, "votes": VOTES | {"path": f"v.{ending}"}})
    assert [json.loads(vote["value"]) for vote in found.rows[0]["votes"]] == answers


def test_a_cell_of_several_labels_is_split(project):
    project.write("a.jsonl", json.dumps({"id": "a", "text": "dim and short-lived"}))
    project.write("v.csv", "worker,item,label\nw,a,screen|battery\nx,a,[\n")
    records = {"kind": "files", "role": "train", "licence": "MIT", "path": "a.jsonl", "key": "id", "lang": "en"}
    found = project.collect(SETS, sources={"texts": records, "votes": VOTES | {"label_separator": "|"}})
    assert [json.loads(vote["value"]) for vote in found.rows[0]["votes"]] == [["screen", "battery"]]
    broken = project.collect(
        SETS, sources={"texts": records, "votes": VOTES | {"path": "v.csv", "label_separator": "|"}}
    )
    assert [row["reason"] for row in broken.dropped if row["step"] == "votes"] == ["unknown_label"]


def test_json_that_is_none_is_named(project):
    project.write("a.jsonl", json.dumps({"id": "a", "text": "Ann"}))
    project.write("v.csv", 'worker,item,label\nw,a,[{\nx,a,"[]"\n')
    records = {"kind": "files", "role": "train", "licence": "MIT", "path": "a.jsonl", "key": "id", "lang": "en"}
    found = project.collect(NER, sources={"texts": records, "votes": VOTES})
    assert [row["reason"] for row in found.dropped if row["step"] == "votes"] == ["bad_json"]


def test_keys_that_a_file_holds_as_decimals_are_found(project):
    project.write("a.csv", "id,text,y\n7,good,\n")
    project.write("v.jsonl", json.dumps({"worker": "w", "item": 7.0, "label": "positive"}))
    found = project.collect(sources={"texts": RECORDS, "votes": VOTES | {"path": "v.jsonl"}})
    assert found.rows[0]["votes"][0]["annotator"] == "w"


def test_a_source_without_a_key_is_named_as_the_cause(project):
    project.write("a.csv", "id,text,y\n7,good,\n")
    project.write("v.csv", "worker,item,label\nw,7,positive\n")
    keyless = {name: value for name, value in RECORDS.items() if name != "key"}
    with pytest.raises(PipelineError, match="That source has no `key`") as error:
        project.collect(sources={"texts": keyless, "votes": VOTES})
    assert "sources.texts.key: <column>" in error.value.hint


@pytest.mark.parametrize(
    ("task", "bad", "good", "reason"),
    [
        (STARS, 9, 4, "unsound_answer"),
        (NER, [*SPANS, {"start": 2, "end": 6, "label": "LOC"}], SPANS, "overlapping_spans"),
    ],
)
def test_a_vote_that_no_record_could_hold_is_quarantined(project, task, bad, good, reason):
    project.write("a.jsonl", json.dumps({"id": "a", "text": "نور went home"}))
    rows = [{"worker": f"w{n}", "item": "a", "label": value} for n, value in enumerate((bad, good))]
    project.write("v.jsonl", "\n".join(map(json.dumps, rows)))
    records = {"kind": "files", "role": "train", "licence": "MIT", "path": "a.jsonl", "key": "id", "lang": "en"}
    found = project.collect(task, sources={"texts": records, "votes": VOTES | {"path": "v.jsonl"}})
    assert [json.loads(vote["value"]) for vote in found.rows[0]["votes"]] == [good]
    assert [row["reason"] for row in found.dropped if row["step"] == "votes"] == [reason]


def test_several_labels_in_a_cell_without_the_setting_are_named_as_the_cause(project):
    project.write("a.jsonl", json.dumps({"id": "a", "text": "dim and dear"}))
    project.write("v.csv", "worker,item,label\nw,a,screen|价格\nx,a,screen|gloss\ny,a,screen\n")
    records = {"kind": "files", "role": "train", "licence": "MIT", "path": "a.jsonl", "key": "id", "lang": "en"}
    found = project.collect(SETS, sources={"texts": records, "votes": VOTES})
    told = [row["detail"] for row in found.dropped if row["step"] == "votes"]
    assert [("label_separator" in one) for one in sorted(told, key=lambda one: "gloss" in one)] == [True, False]


def test_votes_of_an_export_are_read_without_remarks_and_in_our_words(project):
    project.write("a.jsonl", json.dumps({"id": "a", "text": "good"}))
    shape = {"to_name": "text", "type": "choices"}
    remark = {"from_name": "comment", "to_name": "text", "type": "textarea", "value": {"text": ["?"]}}
    doubt = shape | {"from_name": "unsure", "value": {"choices": ["unsure"]}}
    result = [shape | {"from_name": "mood", "value": {"choices": ["好评"]}}, remark, doubt]
    annotation = {"completed_by": 1, "updated_by": 2, "result": result, "created_at": "2026-01-01"}
    project.write("e.json", json.dumps([{"id": 1, "data": {"item": "a"}, "annotations": [annotation]}]))
    records = {"kind": "files", "role": "train", "licence": "MIT", "path": "a.jsonl", "key": "id", "lang": "en"}
    export = VOTES | {"path": "e.json", "format": "label_studio", "labels": {"好评": "positive"}}
    found = project.collect(sources={"texts": records, "votes": export})
    assert [(vote["annotator"], json.loads(vote["value"])) for vote in found.rows[0]["votes"]] == [("2", "positive")]
