from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fsspec
import pytest

from pipeline.collect.sources.local_addresses import check_chain, check_not_local, without_local_redirects
from pipeline.core.errors import PipelineError

LOCAL = [
    "file:///etc/passwd",
    "/etc/passwd",
    "~/secret.csv",
    "memory://a.csv",
    "http://127.0.0.1:8000/a.csv",
    "http://127.1/a.csv",
    "http://2130706433/a.csv",
    "https://localhost/a.csv",
    "http://[::1]/a.csv",
    "http://[::ffff:127.0.0.1]/a.csv",
    "http://0.0.0.0/a.csv",
    "http://169.254.169.254/latest/meta-data",
    "http://me:word@127.0.0.1/a.csv",
    "ftp://127.0.0.1/a.csv",
]


@pytest.mark.parametrize("address", LOCAL)
def test_this_machine_is_refused(address):
    with pytest.raises(PipelineError, match="this machine"):
        check_not_local(address, "here")


@pytest.mark.parametrize("address", ["https://192.0.2.1/a.csv", "s3://localhost/a.csv", "gs://b/a.csv", "simplecache"])
def test_other_addresses_pass(address):
    check_not_local(address, "here")


@pytest.mark.parametrize(
    "url", ["README", "a/b.csv", "simplecache::a/b.csv", "simplecache::README", "zip://a::b/c.zip"]
)
def test_a_file_named_without_a_scheme_is_refused(url):
    with pytest.raises(PipelineError, match="a file of this machine"):
        check_chain([url], "here")


@pytest.mark.parametrize("url", ["https://192.0.2.1/a.csv", "https://[2001:db8::1]/a.csv"])
def test_chains_to_other_machines_pass(url):
    check_chain([url], "here")
    check_chain(["simplecache", url], "here")
    check_chain(["zip://a.csv", "simplecache", url], "here")


@pytest.mark.parametrize("chain", ["{}", "simplecache::{}"])
def test_a_redirect_to_this_machine_is_refused(chain, tmp_path):
    class Redirect(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/secret")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = chain.format(f"http://127.0.0.1:{server.server_port}/a.csv")
        options = without_local_redirects(url, {}, "here")
        with pytest.raises((PipelineError, FileNotFoundError)) as caught, fsspec.open(url, "rb", **options) as file:
            file.read()
        assert "link-local" in str(caught.value.__cause__ or caught.value)
    finally:
        server.shutdown()
        server.server_close()


def test_the_setting_decides(project):
    path = project.write("x/a.csv", "text,label\ngood,positive\n")
    with pytest.raises(PipelineError, match=r"s\.url leads to a file of this machine(.|\n)*local: true"):
        project.collect(kind="url", url=path.as_uri())
    assert project.collect(kind="url", url=path.as_uri(), local=True).texts == ["good"]
