from __future__ import annotations

import hashlib
import json
import logging

import pytest

from pipeline.collect.sources.url import portable_address
from pipeline.core.errors import PipelineError

TEXTS = "text,label\ngood,positive\n不好,negative\n"


def test_url_file_pinned_and_cached(project):
    path = project.write("x/a.csv", TEXTS)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    source = {"kind": "url", "url": path.as_uri(), "sha256": sha256, "local": True}
    assert project.collect(**source).rows[0]["source"]["locator"] == "file:a.csv"
    path.unlink()
    assert len(project.collect(**source).rows) == 2


def test_url_that_changed_or_is_gone(project, caplog):
    path = project.write("x/a.csv", TEXTS)
    with pytest.raises(PipelineError, match=f"file:a.csv has sha256 [0-9a-f]+, expected {'0' * 64}"):
        project.collect(kind="url", url=path.as_uri(), local=True, sha256="0" * 64)
    caplog.set_level(logging.WARNING, "pipeline")
    project.collect(kind="url", url=path.as_uri(), local=True)
    assert f"pin it with sha256: {hashlib.sha256(path.read_bytes()).hexdigest()}" in caplog.text
    path.unlink()
    with pytest.raises(PipelineError, match=r"file:a\.csv cannot be fetched: FileNotFoundError"):
        project.collect(kind="url", url=path.as_uri(), local=True)
    with pytest.raises(PipelineError, match="cannot be fetched: ValueError: Protocol not known"):
        project.collect(kind="url", url="nostore://x/a.csv")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@host:8/a/b.csv?sig=secret#x", "https://host:8/a/b.csv"),
        ("s3://bucket/a.csv", "s3://bucket/a.csv"),
        ("file:///home/me/a.csv", "file:a.csv"),
        ("/home/me/a.csv", "file:a.csv"),
        ("zip://d/a.csv::https://me:secret@host/x.zip?sig=secret", "zip://d/a.csv::https://host/x.zip"),
        ("simplecache::https://me:secret@host/a.csv", "simplecache::https://host/a.csv"),
        ("zip://a.csv::simplecache::https://me:secret@host/x.zip", "zip://a.csv::simplecache::https://host/x.zip"),
        ("zip://a.csv::/home/me/x.zip", "zip://a.csv::file:x.zip"),
        ("https://me:se::cret@host/a.csv", "https://host/a.csv"),
    ],
)
def test_url_locator_has_no_secret_and_no_local_folder(url, expected):
    assert portable_address(url) == expected


def test_url_error_on_a_chained_address_shows_no_secret(project):
    with pytest.raises(PipelineError, match="cannot be fetched") as caught:
        project.collect(kind="url", format="csv", url="zip://a.csv::nostore://me:secret@host/x.zip")
    assert "secret" not in str(caught.value)


@pytest.mark.slow
def test_url_from_s3(project, monkeypatch):
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        client.create_bucket(Bucket="texts")
        client.put_object(Bucket="texts", Key="a.jsonl", Body=json.dumps({"text": "好"}).encode())
        found = project.collect(kind="url", url="s3://texts/a.jsonl", options={"endpoint_url": endpoint})
        assert found.texts == ["好"]
        assert found.rows[0]["source"]["locator"] == "s3://texts/a.jsonl"
    finally:
        server.stop()
