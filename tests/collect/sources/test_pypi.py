from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from tests.core.test_packages import make_wheel, zipped

TEXTS = "text,label\ngood,positive\n不好,negative\n"


def test_pypi_reads_members_and_zips_in_wheels(project, monkeypatch):
    index = project.folder / "index"
    sha256 = make_wheel(index, {"t/a.csv": TEXTS, "t/b.zip": zipped({"b.tsv": "text\tn\n二\t1\n"})})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    package = {"kind": "pypi", "package": "tiny-data==1.0.0", "sha256": sha256}
    found = project.collect(members="t/a.csv", target="label", **package)
    assert found.rows[0]["source"]["locator"] == "tiny-data==1.0.0/t/a.csv"
    inner = project.collect(members="t/b.zip!b.tsv", **package).rows[0]
    assert (inner["fields"]["text"], inner["source"]["locator"]) == ("二", "tiny-data==1.0.0/t/b.zip!b.tsv")
    with pytest.raises(PipelineError, match=r"params.yaml: collect.sources.s: .* has sha256"):
        project.collect(members="t/a.csv", **package | {"sha256": "0" * 64})
    with pytest.raises(PipelineError, match="sha256: String should match pattern"):
        project.collect(members="t/a.csv", **package | {"sha256": "abc"})
