"""The page as HTML and JSON, without a browser."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import pytest

from pipeline.core.settings import parse
from pipeline.report.document import build
from pipeline.report.fixes import fixes
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import LANGUAGES, load_strings, render
from pipeline.report.run import run
from pipeline.report.sections import SECTIONS
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import read_json, read_table, schema, to_records, to_table, write_json
from tests.report.conftest import HOSTILE, TASK, make_project


@pytest.fixture(scope="module")
def document(project):
    return build(load_inputs(project, TASK, Params()))


def section(document, name: str):
    return next(one["blocks"] for one in document["sections"] if one["id"] == name)


def table(document, name: str, title: str):
    return next(block for block in section(document, name) if block["kind"] == "table" and block["name"] == title)


def test_the_first_screen_sums_up(document):
    assert document["verdict"]["state"] == "warn"
    terms = [(one["key"], one["sign"] * one["n"]) for one in document["equation"]["terms"]]
    assert terms == [("equation.read", 60), ("equation.dropped", -3), ("equation.augmented", 5)]
    assert (document["equation"]["dataset"], document["equation"]["holds"]) == (62, True)
    figures = {one["key"]: one["value"] for one in document["headline"]}
    assert figures["headline.doubtful"] == 8
    assert figures["headline.metric"]["value"] == 0.71
    assert [one["key"] for one in document["fixes"]] == [
        "fix.expectation_counts",
        "fix.review",
        "fix.quarantine",
    ]


def test_the_flow_adds_up_and_says_where_it_does_not(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    report = read_json(data / "clean/report.json")
    write_json({**report, "kept": report["kept"] - 1}, data / "clean/report.json")
    document = build(load_inputs(data, TASK, Params()))
    assert [stage["balanced"] for stage in document["flow"]["stages"]] == [True, False, False, True]
    assert document["verdict"]["state"] == "fail"


def test_a_failed_error_makes_the_verdict_fail_and_comes_first(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    failed = {
        "expect": "no_leakage",
        "severity": "error",
        "passed": False,
        "unexpected": 1,
        "first": [{"id": "abc", "why": "copy"}],
    }
    write_json({"expectations": [failed]}, data / "validate/report.json")
    document = build(load_inputs(data, TASK, Params()))
    assert document["verdict"]["state"] == "fail"
    assert document["fixes"][0]["args"] == {"name": "no_leakage"}
    assert document["fixes"][0]["action"] == {"kind": "rows", "href": "#expectations/expectations?ok=False"}


def test_sources_are_counted_from_reading_to_the_dataset(document):
    rows = {row[0]: row[3:7] for row in table(document, "sources", "sources")["rows"]}
    assert rows == {"tweets": ["MIT", 30, 0, 28], "reviews": ["CC-BY-4.0", 29, 1, 29]}


def test_every_dropped_reason_has_an_example_with_evidence(document):
    reasons = {row[2] for row in table(document, "drops", "drops")["rows"]}
    examples = table(document, "drops", "drop_examples")["rows"]
    assert reasons == {row[0] for row in examples} == {"unknown_label", "exact_duplicate", "meaning_changed"}
    assert all(row[2] for row in examples)


def test_edits_show_what_went_and_what_came(document):
    [row] = table(document, "changes", "change_examples")["rows"]
    assert ["same", "It is a phone.\u00a0 It makes calls."] in row[2] or row[2][0][0] == "gone"


def test_a_cluster_shows_the_kept_record_and_its_size(document):
    [row] = table(document, "duplicates", "clusters")["rows"]
    assert row[0] == 3
    assert row[1] == row[2]


def test_doubtful_labels_come_surest_first(document):
    rows = table(document, "doubtful", "doubtful")["rows"]
    assert [row[3] for row in rows] == sorted((row[3] for row in rows), reverse=True)
    assert {row[2] for row in rows} == {"neutral"}


def test_doubtful_labels_link_to_their_tasks_or_say_how_to_send_them(project, document, tmp_path):
    assert {"kind": "note", "key": "tasks_none", "tone": "info", "args": {}} in section(document, "doubtful")
    data = shutil.copytree(project, tmp_path / "data")
    first, *others = (row[-1] for row in table(document, "doubtful", "doubtful")["rows"])
    place = {"url": "https://labels.example.org", "id": 3}
    tasks = {first: {"project": "ab", "task": 17, "text_id": "t"}, others[0]: {"project": "ab", "text_id": "t"}}
    tasks["f00"] = {"project": "ab", "task": 18, "text_id": "t"}
    write_json({"projects": {"ab": place}, "tasks": tasks}, data / "annotations/.pushed.json")
    linked = build(load_inputs(data, TASK, Params()))
    shown = table(linked, "doubtful", "doubtful")
    address = "https://labels.example.org/projects/3/data?task=17"
    assert [row[-1] for row in shown["rows"]] == [address, *[None] * 7]
    assert table(linked, "model", "worst_errors")["rows"][0][-1] == address.replace("17", "18")
    assert shown["columns"][-1] == {"key": "task", "type": "link"}
    notes = [block for block in section(linked, "doubtful") if block["kind"] == "note"]
    assert [one["args"] for one in notes if one["key"] == "tasks_linked"] == [{"n": 1, "shown": 8}]
    page = render(linked)
    assert page.count(f'href="{address}"') == 1
    assert f'data-v="{address}"' in page  # what the CSV button writes
    assert "default-src 'none'" in page


def test_the_confusion_matrix_is_counted_from_predictions(document):
    heat = next(block for block in section(document, "model") if block["kind"] == "heat")
    assert (heat["labels"], heat["counts"]) == (list(TASK.labels), [[50, 8, 2], [6, 40, 9], [1, 7, 70]])


def test_notes_of_the_label_stage_are_all_shown(document):
    names = {block.get("name") for block in section(document, "decisions")}
    assert {"annotators", "deciders"} <= names
    [curve] = [block for block in section(document, "prelabels") if block["kind"] == "reliability"]
    assert curve["ece"] == 0.04


def test_a_page_of_nothing_still_opens(tmp_path):
    document = build(load_inputs(tmp_path, TASK, Params()))
    assert document["verdict"]["state"] == "unknown"
    assert all(one["blocks"][0]["kind"] == "missing" for one in document["sections"])
    assert "<h1>" in render(document)


@pytest.mark.parametrize("gone", ["collect", "clean", "label", "augment", "validate", "train", "evaluate"])
def test_any_one_stage_may_be_missing(project, tmp_path, gone):
    data = shutil.copytree(project, tmp_path / "data")
    shutil.rmtree(data / gone)
    assert "<h1>" in render(build(load_inputs(data, TASK, Params())))


def test_markup_in_data_is_inert(document):
    page = render(document)
    assert "window.hacked" in page
    assert HOSTILE not in page
    assert not re.search(r"<(script|img)[^>]*>\s*window\.hacked|<img", page)
    assert page.count("<script") == 3


def test_a_hostile_title_and_label_are_inert(project):
    document = build(load_inputs(project, TASK, Params(title=HOSTILE)))
    document["task"]["labels"] = [HOSTILE]
    assert HOSTILE not in render(document)


def test_the_page_asks_for_nothing_from_outside(document):
    page = render(document)
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=\"(?!#|data:|tables/)", page)
    assert "url(" not in page


def test_long_texts_and_many_rows_are_cut(project, document):
    assert len(render(document)) < 400_000
    few = build(load_inputs(project, TASK, Params(max_rows=3, max_characters=20)))
    doubtful = table(few, "doubtful", "doubtful")
    assert (len(doubtful["rows"]), doubtful["total"]) == (3, 8)
    assert all(len(row[0]) <= 20 for row in doubtful["rows"])


def test_two_runs_give_the_same_bytes(tmp_path, monkeypatch):
    lines = [
        "task: {type: classification, labels: [negative, neutral, positive], languages: [en, zh]}",
        "report: {language: zh}",
    ]
    (tmp_path / "params.yaml").write_text("\n".join(lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        make_project(tmp_path / name / "data")
        (tmp_path / name / "out").mkdir()
        run(tmp_path / name / "data", tmp_path / name / "out")
    for file in ("quality.html", "quality.json"):
        assert (tmp_path / "a/out" / file).read_bytes() == (tmp_path / "b/out" / file).read_bytes()
    page = (tmp_path / "a/out/quality.html").read_text("utf-8")
    assert '<html lang="zh">' in page
    assert "优先处理" in page
    assert json.loads((tmp_path / "a/out/quality.json").read_text("utf-8"))["language"] == "zh"


def test_one_record_is_enough(tmp_path):
    data = make_project(tmp_path / "data", size=30, hostile=False)
    for stage in ("collect", "clean", "label", "augment"):
        report = read_json(data / stage / "report.json")
        write_json({**report, "in": 1, "added": 0, "kept": 1, "dropped": 0, "steps": []}, data / stage / "report.json")
    assert "<h1>" in render(build(load_inputs(data, TASK, Params())))


def test_both_languages_have_the_same_strings_and_placeholders():
    english, chinese = (load_strings(language) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key
    needed = {f"{kind}.{name}" for kind in ("section", "lead") for name in SECTIONS}
    assert needed <= english.keys()


def test_every_term_of_the_glossary_has_a_name():
    strings = load_strings("en")
    assert {key[5:] for key in strings if key.startswith("term.")} == {
        key[5:] for key in strings if key.startswith("name.")
    }


def test_params_are_checked():
    from pipeline.core.errors import PipelineError

    with pytest.raises(PipelineError, match=r"report\.language"):
        parse({"language": "fr"}, Params, "params.yaml: report")
    with pytest.raises(PipelineError, match=r"report\.max_rows"):
        parse({"max_rows": 0}, Params, "params.yaml: report")


@pytest.mark.parametrize("copies", [["symmetric", "confused"], ["planted"]])
def test_expected_gains_come_from_what_was_measured(project, copies):
    inputs = load_inputs(project, TASK, Params())
    found = [{"threshold": 0.6, "changed": 4, "precision": 0.9}, {"threshold": 0.5, "changed": 8, "precision": 0.5}]
    planted = {"planted": {"copies": {name: {"thresholds": found} for name in copies}}}  # one copy or more, by target
    steps = [*inputs.report("clean")["steps"], {"step": "label_errors", "notes": planted}]
    weak = {"attribute": "lang", "slice": "zh", "n": 20, "worse": True, "difference": {"value": -0.1}}
    evaluated = {**inputs.report("evaluate"), "n": 100, "slices": [weak]}
    reports = {**inputs.reports, "clean": {**inputs.report("clean"), "steps": steps}, "evaluate": evaluated}
    gains = {one["key"]: one["gain"] for one in fixes(replace(inputs, reports=reports))}
    figures = {"n": 4, "low": 2, "high": 6, "share": "6.5 %"}  # half of 8, Wilson's interval, of 62 records
    assert gains["fix.review"] == {"key": "gain.labels", "args": figures}
    assert gains["fix.slice"]["args"]["points"] == "2.0"  # 20 of 100 rows, a tenth worse
    assert gains["fix.quarantine"]["args"]["n"] == 1


@pytest.mark.parametrize(
    ("share", "gain"),
    [
        (None, ("gain.labels", 4)),  # the data cannot tell: what was measured on planted errors stands alone
        ({"value": 0.2, "low": 0.1, "high": 0.3}, ("gain.labels", 4)),
        ({"value": 0.0, "low": 0.0, "high": 0.1}, ("gain.labels_at_most", 4)),
        ({"value": 0.01, "low": 0.0, "high": 0.05}, ("gain.labels_at_most", 2)),
        ({"value": 0.0, "low": 0.0, "high": 0.0}, ("gain.labels_at_most", 0)),
    ],
)
def test_the_gain_of_a_review_is_no_more_than_the_estimate_of_wrong_labels(project, share, gain):
    inputs = load_inputs(project, TASK, Params())
    planted = {"copies": {"planted": {"thresholds": [{"threshold": 0.5, "changed": 8, "precision": 0.5}]}}}
    estimate = {"share": share, "records": 40, "classes": {}, "cannot_tell": None}
    notes = {"planted": planted, "label_noise": estimate}
    steps = [*inputs.report("clean")["steps"], {"step": "label_errors", "notes": notes}]
    reports = {**inputs.reports, "clean": {**inputs.report("clean"), "steps": steps}}
    gains = {one["key"]: one["gain"] for one in fixes(replace(inputs, reports=reports))}
    assert (gains["fix.review"]["key"], gains["fix.review"]["args"]["n"]) == gain


def test_a_gate_shows_its_threshold_and_how_far_it_moved(document):
    shown = table(document, "expectations", "expectations")
    names = [column["key"] for column in shown["columns"]]
    row = dict(zip(names, shown["rows"][0], strict=True))
    assert (row["figure"], row["limit"], row["measured"]) == ("smallest", "≥ 30 %", "20 %")
    assert (row["before"], row["moved"]) == ("25 %", "−5 %")


def test_the_curve_of_labels_saved_is_drawn_or_the_reason_is_told(project, document, tmp_path):
    blocks = section(document, "prelabels")
    drawn = next(block for block in blocks if block["kind"] == "curves")
    assert [one["name"] for one in drawn["series"]] == ["ours", "random"]
    assert drawn["level"] == 0.83
    figures = next(block for block in blocks if block["kind"] == "facts" and block["items"][0]["key"] == "labels_ours")
    assert [one["key"] for one in figures["items"]] == [
        "labels_ours",
        "labels_pool",
        "labels_held_out",
        "accuracy_of_all",
    ]
    data = shutil.copytree(project, tmp_path / "data")
    report = read_json(data / "label/report.json")
    report["notes"]["prelabel"] = {"applies": False, "curve": {"applies": False, "why": "no classes"}}
    write_json(report, data / "label/report.json")
    told = section(build(load_inputs(data, TASK, Params())), "prelabels")
    assert told[-1] == {"kind": "note", "key": "curve_none", "tone": "info", "args": {"why": "no classes"}}


def test_fields_are_listed_with_what_is_missing(document):
    rows = {row[0]: row[1:] for row in table(document, "balance", "schema")["rows"]}
    assert rows["text"] == ["text", 62, 0, 0.0]
    assert rows["target"][0] == "text"


def test_each_test_record_stands_beside_the_train_record_nearest_in_meaning(document):
    shown = table(document, "coverage", "closest")["rows"]
    alike = [row[0] for row in shown]
    assert alike == sorted(alike, reverse=True)
    assert all(row[3] != row[4] for row in shown)


def test_doubts_are_held_against_peoples_answers(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    people = read_table(data / "label/records.parquet").to_pylist()
    answered = {row["id"]: row["target"] for row in people if row["labels_by"]["who"].startswith("human:")}
    queue = read_table(data / "clean/review.parquet").to_pylist()
    looked_at = [row for row in queue if row["record_id"] in answered]
    wrong = sum(json.loads(row["given"]) != answered[row["record_id"]] for row in looked_at)
    found = section(build(load_inputs(data, TASK, Params())), "doubtful")
    audits = [block for block in found if block["kind"] == "table" and block["name"] == "audit"]
    shown = [(reason, n, was_wrong["value"]) for block in audits for reason, n, was_wrong, _ in block["rows"]]
    assert shown == ([("label_error", len(looked_at), pytest.approx(wrong / len(looked_at)))] if looked_at else [])


GUESS = {"value": 0.1, "low": 0.05, "high": 0.2}


def with_notes(project, folder, more=None, **notes):
    """The project's page with more notes of the label stage; and of `clean`, a model's estimate of two classes."""
    data = shutil.copytree(project, folder / "data")
    report = read_json(data / "label/report.json")
    write_json({**report, "notes": {**report["notes"], **notes}}, data / "label/report.json")
    clean = read_json(data / "clean/report.json")
    guess = {"records": 20, "suspected": 2, "share": GUESS, "mostly": "neutral"}
    noise = {"records": 20, "suspected": 2, "share": GUESS, "cannot_tell": "", "classes": {"negative": guess}}
    steps = [*clean["steps"], {"step": "label_errors", "notes": {"label_noise": {**noise, **(more or {})}}}]
    write_json({**clean, "steps": steps}, data / "clean/report.json")
    return build(load_inputs(data, TASK, Params()))


AUDIT = {"drawn": 40, "of": 400, "answered": 40, "needed": 36, "wrong": 3, "wrong_doubted": 2}
SHARE = {"value": 0.075, "low": 0.026, "high": 0.199}


@pytest.mark.parametrize(
    ("audit", "key"),
    [({}, "audit_none"), ({"drawn": 40, "of": 400, "answered": 9, "needed": 36}, "audit_open")],
)
def test_without_an_audit_the_page_says_how_to_do_or_finish_it(project, tmp_path, audit, key):
    document = with_notes(project, tmp_path, audit=audit)
    told = [block for block in section(document, "doubtful") if block["kind"] == "note"]
    assert key in [one["key"] for one in told]
    assert table(document, "doubtful", "noise")["rows"] == [
        ["negative", {"value": 0.1, "low": 0.05, "high": 0.2}, 20, 2, "neutral"]
    ]
    assert "label.audit.records" in load_strings("en")["note.audit_none"]


def test_one_estimate_of_wrong_labels_stands_on_the_page(project, tmp_path):
    document = with_notes(project, tmp_path)
    shown = {"value": "10 %", "low": "5.0 %", "high": "20 %"}
    assert {"key": "because.noise_estimate", "args": shown} in document["verdict"]["because"]
    [told] = [block for block in section(document, "doubtful") if block.get("key") == "noise_estimated"]
    assert told["args"] == {**shown, "records": 20}


def test_no_figure_stands_where_the_data_cannot_tell(project, tmp_path):
    untold = {"negative": {"records": 20, "suspected": 2, "share": None, "mostly": None}}
    document = with_notes(project, tmp_path, {"share": None, "cannot_tell": "few records", "classes": untold})
    [told] = [one for one in document["verdict"]["checks"] if one["check"] == "label_noise"]
    assert (told["state"], told["args"]) == ("unmeasured", {"why": "few records"})
    blocks = section(document, "doubtful")
    assert "noise_cannot_tell" in [block.get("key") for block in blocks]
    assert not [block for block in blocks if block.get("name") == "noise" and block["kind"] == "intervals"]
    assert table(document, "doubtful", "noise")["rows"] == [["negative", None, 20, 2, None]]


def test_audited_shares_stand_beside_the_estimated_ones(project, tmp_path):
    seen = {"of": 200, "drawn": 20, "answered": 20, "wrong": 3, "share": SHARE}
    classes = {"negative": seen, "neutral": {**seen, "answered": 0, "wrong": 0, "share": None}}
    document = with_notes(project, tmp_path, audit={**AUDIT, "share": SHARE, "by_class": classes})
    shown = table(document, "doubtful", "noise")
    assert [column["key"] for column in shown["columns"][-3:]] == ["noise_audited", "looked_at", "found_wrong"]
    assert [row[0] for row in shown["rows"]] == ["negative", "neutral"]
    assert shown["rows"][0][-3:] == [SHARE, 20, 3]
    [figures] = [block for block in section(document, "doubtful") if block.get("name") == "noise_audit"]
    assert [(one["key"], one["value"]) for one in figures["items"]][:2] == [
        ("audited_wrong", SHARE),
        ("estimated_wrong", GUESS),
    ]
    [told] = [block for block in section(document, "doubtful") if block.get("key") == "audit_done"]
    assert told["args"] == {"value": "7.5 %", "low": "2.6 %", "high": "20 %", "answered": 40, "of": 400}
    assert "<h1>" in render(document)


def test_whether_people_follow_the_prelabel_is_a_plain_sentence(project, tmp_path):
    document = with_notes(project, tmp_path / "none")
    assert "prelabel_bias_none" in [block.get("key") for block in section(document, "prelabels")]
    group = {"records": 50, "answers": 60, "agree": {"value": 0.9, "low": 0.8, "high": 0.95}}
    few = {"shown": group, "blind": {**group, "records": 3}, "verdict": "not_enough", "needed": 20}
    told = section(with_notes(project, tmp_path / "few", prelabel_bias=few), "prelabels")
    assert [one["args"] for one in told if one.get("key") == "prelabel_bias_not_enough"] == [
        {"needed": 20, "shown": 50, "blind": 3}
    ]
    found = {"shown": group, "blind": group, "verdict": "follow", "difference": {"value": 0.2, "low": 0.1, "high": 0.3}}
    told = section(with_notes(project, tmp_path / "much", prelabel_bias=found), "prelabels")
    [sentence] = [one for one in told if one.get("key") == "prelabel_bias_follow"]
    assert sentence["args"] == {"shown": "90 %", "blind": "90 %", "value": "+20", "low": "+10", "high": "+30"}
    assert sentence["tone"] == "warn"
    [shown] = [one for one in told if one.get("name") == "prelabel_bias"]
    assert shown["rows"][1] == ["prelabel_blind", 50, 60, group["agree"]]


def test_changed_labels_are_listed_with_the_label_before(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    records = list(to_records(read_table(data / "label/records.parquet")))
    changed = [r.derive("label_errors", target="neutral") if r.target == "positive" else r for r in records]
    write_shards(to_table(changed, schema(TASK)), data / "label/records.parquet")
    document = build(load_inputs(data, TASK, Params()))
    n = sum(r.target == "positive" for r in records)
    assert table(document, "decisions", "label_changes")["rows"] == [["label_errors", "positive", "neutral", n]]
    assert {row[2] for row in table(document, "decisions", "label_change_examples")["rows"]} == {"positive"}


def test_annotators_are_shown_with_time_gold_questions_and_confusions(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    report = read_json(data / "label/report.json")
    person = {"annotator": "bob", "votes": 9, "gold": 4, "gold_right": 3, "seconds_median": 2.5, "accepted_share": 0.5}
    person["confusion"] = {'"positive"': {'"positive"': 6, '"neutral"': 3}}
    report["notes"]["agreement"]["human"]["annotator_list"].append(person)
    write_json(report, data / "label/report.json")
    document = build(load_inputs(data, TASK, Params()))
    shown = table(document, "decisions", "annotators")
    names = [column["key"] for column in shown["columns"]]
    bob = dict(zip(names, shown["rows"][1], strict=True))
    assert (bob["gold_right"], bob["seconds"], bob["accepted_share"]) == ("3 / 4", 2.5, 0.5)
    assert table(document, "decisions", "annotator_confusions")["rows"] == [["bob", "positive", "neutral", 3]]


def test_what_reviewers_decided_and_where_they_disagree_is_shown(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    clean = read_json(data / "clean/report.json")
    said = {"record_id": "abc", "said": "ann: drop (a.jsonl:1); bob: keep (b.jsonl:1)"}
    notes = {"dropped": 2, "to_keep": 1, "unknown_records": 0, "disputed": [said]}
    steps = [{**clean["steps"][0], "step": "decisions", "notes": notes}, *clean["steps"]]
    write_json({**clean, "steps": steps}, data / "clean/report.json")
    document = build(load_inputs(data, TASK, Params()))
    assert table(document, "drops", "disputed")["rows"] == [[said["said"], "abc"]]
    figures = next(block for block in section(document, "drops") if block["kind"] == "facts")
    assert [one["value"] for one in figures["items"]] == [2, 0, 0, 0]
