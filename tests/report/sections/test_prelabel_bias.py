"""Whether people follow the pre-label."""

from __future__ import annotations

from tests.report.pages import section, with_notes


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
