"""Croissant metadata."""

from __future__ import annotations

import hashlib
import json
import re

import pyarrow.parquet as pq

from pipeline.runtime.store import read_json
from tests.validate.conftest import CHAT, sound_chats
from tests.validate.exported import SUITE


def test_croissant_describes_every_file_and_column(dataset):
    value = read_json(dataset / "croissant.json")
    assert value["@type"] == "sc:Dataset"
    assert value["license"] == "cc-by-4.0"
    for file in value["distribution"]:
        assert hashlib.sha256((dataset / file["contentUrl"]).read_bytes()).hexdigest() == file["sha256"]
    files = {file["@id"]: file["contentUrl"] for file in value["distribution"]}
    for record_set in value["recordSet"]:
        for field in record_set["field"]:
            source = field["source"]
            columns = pq.read_schema(dataset / files[source["fileObject"]["@id"]]).names
            assert source["extract"]["column"] in columns
            assert field["dataType"] == ("sc:Float" if field["name"] == "label_confidence" else "sc:Text")
        assert len(record_set["field"]) == len(columns)
    prefixes = {key for key in value["@context"] if not key.startswith("@")}
    used = {match for match in re.findall(r'"@type": "(\w+):', json.dumps(value))}
    assert used <= prefixes


def test_croissant_nests_messages(project):
    folder = project.write(sound_chats(), SUITE, CHAT).validate() / "dataset"
    fields = {field["name"]: field for field in read_json(folder / "croissant.json")["recordSet"][0]["field"]}
    assert fields["messages"]["repeated"] is True
    assert [part["name"] for part in fields["messages"]["subField"]] == ["role", "content"]


def test_croissant_has_version_date_citation_and_rai_fields(project):
    about = {"version": "1.2.0", "date": "2026-01-31", "citation": "Chen et al. 2026"}
    value = read_json(project.write(sound_chats(), SUITE, CHAT, **about).validate() / "dataset" / "croissant.json")
    assert (value["version"], value["datePublished"], value["citeAs"]) == tuple(about.values())
    assert "http://mlcommons.org/croissant/RAI/1.0" in value["conformsTo"]
    assert value["rai:dataLimitations"]
    assert not [one for one in value["rai:dataLimitations"] if "\\" in one]  # JSON is no Markdown
    assert value["rai:dataCollection"].startswith("Sources: ")
    assert "rai" in value["@context"]


def test_croissant_without_a_date_has_none(dataset):
    value = read_json(dataset / "croissant.json")
    assert "datePublished" not in value
    assert "citeAs" not in value
