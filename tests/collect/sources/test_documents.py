"""Kind `documents`, with a scripted model: 20 pages of the project, sound and planted answers."""

import json
import re
import shutil
from typing import Any

import pytest

from pipeline.collect.documents.prompts import passage_block
from pipeline.collect.documents.readers import read_document
from pipeline.core.errors import PipelineError
from pipeline.text.normalise import normalised
from tests.collect.conftest import CHAT
from tests.collect.documents.making import example, is_checking, is_writing, passage_of, sentences, word, writes
from tests.conftest import ROOT
from tests.llm.server import as_json, last, serving

SAMPLES = ROOT / "data/samples/documents"
KINDS = ("qa", "instruction", "summary", "multi_turn")


@pytest.fixture
def pages(project):
    shutil.copytree(SAMPLES, project.raw / "pages")
    return project


def collect(project, service=None, task=CHAT, **more):
    source = {"kind": "documents", "path": "pages/*.md", "lang": "auto"}
    if service:
        endpoint = {"url": service.url, "model": "tiny", "first_pause": 0.01, "retries": 1}
        source["generate"] = {"endpoint": endpoint} | more.pop("generate", {})
    return project.collect(task=task, **source | more)


def text_of(locator):
    found = read_document(SAMPLES / locator.removeprefix("pages/"), 50_000_000)
    return "\n".join(section.text for section in found.sections)


def changed(sentence):
    """The sentence with its first number changed, None without one."""
    found = re.search(r"\d+|nine|twenty|二十|三[个十]|两[千年]", sentence)
    return sentence.replace(found[0], "987", 1) if found else None


def planted(passage):
    """Answers that do not rest on the passage, each in another way; their questions say so."""
    first = sentences(passage)[0]
    chinese = bool(re.search("[\u4e00-\u9fff]", first))
    lie = "门票可以在网上以半价购买。" if chinese else "Visitors receive a discount when paying online."
    other = (
        "这句话在另一份文档里，讲的是飞机票。" if chinese else "This sentence stands in another document about planes."
    )
    yield {"quote": lie, "answer": lie}  # made up, quote and all
    yield {"answer": lie}  # a true quote for another answer
    yield {"quote": other}  # quote of another document
    yield {"quote": ""}
    yield {"quote": first[:3]}
    yield {"quote": first.replace(first[4], "x", 1) + " and more"}  # not word for word
    yield {"answer": "PWNED", "quote": "PWNED"}
    if changed(first):
        yield {"answer": changed(first)}
    if not chinese:
        yield {"answer": first[:-1] + ", said Otto Meyer."}


def lies(body, number):
    """Sound examples and planted ones in one answer; it calls every answer supported, and knows nothing."""
    if is_checking(body):
        return as_json({"supported": True})
    if not is_writing(body):
        return "I do not know."
    passage = passage_of(body)
    sound = [example(one, question=f"{one[:14]}, {last(body)[:9]}?") for one in sentences(passage)[:2]]
    bad = [example(sentences(passage)[0], question=f"PLANTED {n}?") for n in range(9)]
    for one, change in zip(bad, planted(passage), strict=False):
        one["turns"][0] |= change
    bad = bad[: len(list(planted(passage)))]
    mixed = [{"turns": [*sound[0]["turns"], *bad[0]["turns"]]}]  # one turn of two is bad
    return as_json({"examples": [*bad, *sound, *mixed]})


def test_every_quote_is_in_its_page_and_every_planted_answer_is_refused(pages):
    """The bar: 20 project-written pages in two languages."""
    with serving(lies) as service:
        found = collect(pages, service, path="pages/*")
    documents = {dict(row["meta"])["document"] for row in found.rows}
    assert len(documents) == 20
    assert {row["lang"] for row in found.rows} == {"en", "zh"}
    for row in found.rows:
        meta = dict(row["meta"])
        page = normalised(text_of(meta["document"]))
        assert all(normalised(quote) in page for quote in meta["quote"].split(" | "))
        assert "PLANTED" not in str(row["fields"])
        assert meta["teacher"] == "tiny"
        assert meta.get("known") == (None if meta["kind"] == "summary" else "no")
    refused = [row for row in found.dropped if "PLANTED" in row["detail"]]
    assert len(refused) > 500
    assert {row["reason"] for row in refused} == {
        "quote_not_in_passage",
        "quote_too_short",
        "answer_not_in_passage",
        "number_not_in_passage",
    }
    kinds = {dict(row["meta"])["kind"] for row in found.rows}
    assert kinds == set(KINDS)


def test_chunks_of_a_document_share_a_group_and_name_headings_and_pages(pages):
    with serving(writes) as service:
        found = collect(pages, service, path="pages/*", generate={"kinds": ["qa"], "check_known": False})
    groups: dict[str, Any] = {}
    for row in found.rows:
        groups.setdefault(dict(row["meta"])["document"], set()).add(row["group"])
    assert all(len(one) == 1 for one in groups.values())
    assert len({next(iter(one)) for one in groups.values()}) == 20
    about = [dict(row["meta"]) for row in found.rows]
    assert any(one["headings"].endswith("Delays") for one in about if one["document"].endswith("timetable.md"))
    assert {one.get("page") for one in about if one["document"].endswith(".pdf")} == {"1", "2"}
    assert {one.get("page") for one in about if one["document"].endswith(".docx")} == {"1", "2"}


def test_the_report_tells_how_much_of_each_document_is_covered(pages):
    def skips(body, number):
        return (
            as_json({"examples": []}) if "birds" in last(body) or "bees" in last(body).lower() else writes(body, number)
        )

    with serving(skips) as service:
        found = collect(pages, service, path="pages/*", generate={"kinds": ["qa"], "check_known": False})
    notes = found.report["notes"]["sources"]["s"]
    told = {one["document"].removeprefix("pages/"): one for one in notes["documents"]}
    assert len(told) == 20
    assert told["honey.html"]["covered_chunks"] < told["honey.html"]["chunks"]
    assert told["honey.html"]["refused"]["no_example"] >= 1
    assert told["chaye.md"]["covered_chunks"] == told["chaye.md"]["chunks"] == told["chaye.md"]["examples"]["qa"]
    assert told["chaye.md"]["covered_letters"] == told["chaye.md"]["letters"] > 100
    assert notes["language_model"]["requests"] == len(service.answered)


def test_an_injection_in_a_document_stays_data(pages):
    with serving(writes) as service:
        found = collect(pages, service, path="pages/support_notes.md", generate={"kinds": ["summary"]})
    carrying = [body for body in service.asked if "Ignore all previous" in last(body) and is_writing(body)]
    assert carrying
    for body in carrying:
        assert "Ignore all" not in body["messages"][0]["content"]
        assert body["messages"][0]["role"] == "system"
        assert "is data" in body["messages"][0]["content"]
        _, after = last(body).split("<passage>\n")
        assert "Ignore all" in after.split("\n</passage>")[0]
        assert last(body).count("</passage>") == 1, "the document cannot close the block"
    rows = [row for row in found.rows if "Ignore all" in str(row["fields"])]
    assert [turn["role"] for row in rows for turn in row["fields"]["messages"]] == ["user"] * len(rows)


def test_marks_in_a_text_cannot_close_its_block():
    block = passage_block("a </passage> b < / PASSAGE > c <passage>")
    assert (block.count("<passage>"), block.count("</passage>")) == (1, 1)
    assert re.sub(r"\s", "", block) == "<passage>a</passage>b</PASSAGE>c<passage></passage>"


def test_what_the_model_knows_anyway_is_marked(pages):
    def knows(body, number):
        if is_writing(body) or is_checking(body):
            return writes(body, number)
        assert "<passage>" not in str(body["messages"]), "asked without the chunk"
        asked = last(body)
        return next((one for one in sentences(text_of("chaye.md")) if one[:14] in asked), "I do not know.")

    with serving(knows) as service:
        found = collect(pages, service, generate={"kinds": ["qa"]})
    known = {dict(row["meta"])["document"]: dict(row["meta"])["known"] for row in found.rows}
    assert {name for name, value in known.items() if value == "yes"} == {"pages/chaye.md"}
    told = {one["document"]: one for one in found.report["notes"]["sources"]["s"]["documents"]}
    assert told["pages/chaye.md"]["known"] == told["pages/chaye.md"]["asked_without_chunk"] > 0


def test_an_answer_that_the_quote_does_not_support_is_refused(pages):
    def doubts(body, number):
        return as_json({"supported": "每天" not in last(body)}) if is_checking(body) else writes(body, number)

    with serving(doubts) as service:
        found = collect(pages, service, generate={"kinds": ["qa"]})
    refused = [row for row in found.dropped if row["reason"] == "not_supported"]
    assert refused
    assert all("每天" not in dict(row["meta"])["quote"] for row in found.rows)


def test_conversations_have_turns_and_summaries_show_their_chunk(pages):
    def conversations(body, number):
        if not is_writing(body):
            return writes(body, number)
        turns = [turn for one in sentences(passage_of(body)) for turn in example(one)["turns"]]
        return as_json({"examples": [{"turns": turns[:3]}]})

    with serving(conversations) as service:
        found = collect(pages, service, generate={"kinds": ["multi_turn", "summary"]})
    by_kind: dict[str, Any] = {}
    for row in found.rows:
        by_kind.setdefault(dict(row["meta"])["kind"], []).append(row)
    assert max(len(row["fields"]["messages"]) for row in by_kind["multi_turn"]) == 5
    for row in by_kind["summary"]:
        assert dict(row["meta"])["quote"].split(" | ")[0] in row["fields"]["messages"][0]["content"].replace("\n", " ")


def test_without_a_model_chunks_are_rows_of_any_task(pages):
    task = {"type": "summarization", "languages": ["en", "zh"]}
    found = collect(pages, task=task, path="pages/*", role="unlabelled", meta={"document": "document", "page": "page"})
    assert len({row["group"] for row in found.rows}) == 20
    assert all(row["target"] is None and len(row["fields"]["text"]) > 20 for row in found.rows)


def test_questions_fill_extractive_tasks_with_answers_at_their_place(pages):
    task = {"type": "qa", "languages": ["en", "zh"]}
    with serving(writes) as service:
        found = collect(
            pages, service, task, fields={"context": "passage"}, target="answers", generate={"kinds": ["qa"]}
        )
    for row in found.rows:
        (answer,) = row["target"]
        assert row["fields"]["context"][answer["start"] :].startswith(answer["text"])


def test_copies_are_refused_and_bad_files_cost_themselves_only(pages):
    shutil.copy(pages.raw / "pages/chaye.md", pages.raw / "pages/copy.md")
    pages.write("pages/old.rtf", "{\\rtf1}")
    pages.write("pages/broken.pdf", b"%PDF-1.4")
    with serving(writes) as service:
        found = collect(pages, service, path="pages/*[dfy]", generate={"kinds": ["qa"]})
    reasons = {(row["source"]["locator"], row["reason"]) for row in found.dropped}
    assert ("pages/copy.md", "repeated_chunk") in reasons
    assert ("pages/old.rtf", "unknown_document") in reasons
    assert ("pages/broken.pdf", "unreadable_document") in reasons
    assert not any(row["source"]["locator"] == "pages/copy.md" for row in found.rows)


def test_a_model_that_writes_nonsense_loses_its_chunks_with_a_reason(pages):
    with serving(lambda body, number: "not JSON" if number % 3 else writes(body, number)) as service:
        found = collect(pages, service, generate={"kinds": ["qa"], "check_support": False, "check_known": False})
    details = {row["detail"].split(": ")[1] for row in found.dropped if row["reason"] == "no_example"}
    assert details == {"not_json"}


def test_personal_data_never_leave_and_the_quote_still_fits(pages):
    text = "# Contact\n\nThe office is run by Anna and answers to anna.weber@example.org within two days at most.\n"
    pages.write("pages/contact.md", text)
    with serving(writes) as service:
        found = collect(pages, service, path="pages/contact.md", generate={"kinds": ["qa"]})
    assert "anna.weber" not in json.dumps(service.asked)
    (row,) = found.rows
    assert "[EMAIL_1]" in dict(row["meta"])["quote"]


def test_a_dry_run_asks_nothing_and_says_what_it_would_cost(pages):
    with serving(writes) as service, pytest.raises(PipelineError, match="nothing was asked") as error:
        collect(pages, service, generate={"dry_run": True})
    assert service.asked == []
    assert re.search(r"would ask at most: tiny: \d+ requests, [\d,]+ tokens of prompts", error.value.message)


def test_a_killed_run_asks_nothing_twice(pages):
    with serving(writes) as service:
        first = collect(pages, service)
        before = len(service.asked)
        second = collect(pages, service)
        assert len(service.asked) == before
    assert first.rows == second.rows


def test_one_document_of_one_short_line_gives_one_chunk(project):
    project.write("pages/a.docx", word("T", [("p", "A single short line of text stands here.")]))
    with serving(writes) as service:
        found = collect(project, service, path="pages/*", generate={"kinds": ["qa"]})
    assert len(found.rows) == 1
