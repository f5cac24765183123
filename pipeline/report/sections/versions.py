"""How good this version is by six quality scores, and what changed since the released one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

from pipeline.core.counts import ranked
from pipeline.report.blocks import Block, missing, note, table
from pipeline.report.figures import plain_label
from pipeline.report.inputs import FLOW, Inputs
from pipeline.report.sections.history import QUALITY_SCORES, history
from pipeline.runtime.damaged_files import Keys, check_keys
from pipeline.runtime.dataset_versions import Difference, compare, why_added, why_relabelled, why_removed


def scores(inputs: Inputs) -> list[Block]:
    """Every quality score, the released version's, what it was made from and its formula."""
    found = inputs.profile.get("quality_scores")
    if not found:
        return [missing("validate")]
    before = inputs.released.get("quality_scores", {})
    rows = []
    for name in QUALITY_SCORES:
        now, was = found[name]["score"], before.get(name, {}).get("score")
        change = None if now is None or was is None else now - was
        made_of = [[key, _short(value)] for key, value in found[name]["from"].items()]
        rows.append([f"quality_score_{name}", now, was, change, made_of, f"formula_{name}"])
    columns = {"quality_score": "code", "score_now": "float", "before": "float", "change": "change"}
    return [table("quality_scores", {**columns, "made_of": "figures", "formula": "phrase"}, rows)]


def since(inputs: Inputs) -> Mapping[str, object] | None:
    """Counts of what changed since the released version, for the first screen; None without one."""
    found = inputs.report("validate").get("changes")
    if not found:
        return None
    check_keys(found, _OF_CHANGES, inputs.folder / "validate/report.json", " in 'changes'")
    return dict(found)


_OF_CHANGES: Keys = {**dict.fromkeys(("added", "removed", "relabelled"), int), "drift": dict}


def versions(inputs: Inputs) -> list[Block]:
    """Records added, removed and relabelled since the released version, by reason, with examples; shifted shares."""
    if inputs.profile and since(inputs) is None:
        return [note("no_release"), *history(inputs)]
    old, new = inputs.table("released/index.parquet"), inputs.table("validate/index.parquet")
    if not inputs.profile or old is None or new is None:
        return [missing("validate")]
    found = compare(old, new)
    if not _changed(found):
        return [note("same_version", "good"), *_shifts(inputs), *history(inputs)]
    reasons = {
        "added": why_added(found.added, new, {}),
        "removed": why_removed(found.removed, old, _dropped(inputs)),
        "relabelled": why_relabelled(found.relabelled, new),
    }
    return [_reasons(reasons), *_examples(inputs, found), *_shifts(inputs), *history(inputs)]


def _reasons(reasons: Mapping[str, Mapping[str, int]]) -> Block:
    rows = [[kind, reason, count] for kind, counts in reasons.items() for reason, count in ranked(counts)]
    return table("version_reasons", {"change": "code", "why_changed": "text", "records": "num"}, rows)


def _dropped(inputs: Inputs) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for stage in FLOW:
        found = inputs.table(f"{stage}/dropped.parquet", ["id", "step", "reason"])
        if found is not None:
            rows = zip(*(found.column(name).to_pylist() for name in ("id", "step", "reason")), strict=True)
            reasons |= {id: f"{reason} ({stage}, {step})" for id, step, reason in rows}
    return reasons


def _examples(inputs: Inputs, found: Difference) -> list[Block]:
    size = inputs.params.max_examples * 4
    chosen: list[tuple[str, str, str | None, str | None]]
    chosen = [("relabelled", id, _label(a), _label(b)) for id, a, b in found.relabelled[:size]]
    chosen += [("moved", id, a, b) for id, a, b in found.moved[:size]]
    for kind in ("added", "removed", "rewritten"):
        chosen += [(kind, id, None, None) for id in getattr(found, kind)[:size]]
    records = inputs.records_by_id(id for _, id, *_ in chosen)
    rows = [[kind, inputs.text(records.get(id)), a, b, id] for kind, id, a, b in chosen]
    columns = {"change": "code", "text": "text", "before": "label", "after": "label", "id": "id"}
    return [table("version_examples", columns, rows, _changed(found))]


def _changed(found: Difference) -> int:
    return sum(count for kind, count in found.counts().items() if kind != "kept")


def _label(text: str) -> str:
    """A label of the index as people read it; a cut one is no JSON and stays as it is."""
    try:
        return str(plain_label(text))
    except ValueError:
        return text


def _shifts(inputs: Inputs) -> list[Block]:
    """Shares of classes, languages and sources in both versions, and how far each distribution moved."""
    old: Any = inputs.released
    new: Any = inputs.profile
    drift = inputs.report("validate")["changes"]["drift"]
    moved = table("drift", {"aspect": "code", "distance": "float"}, [[f"of_{k}", v] for k, v in drift.items()])
    rows: list[_Share] = []
    for aspect, a in _counts(old).items():
        b = _counts(new)[aspect]
        rows += [_Share(aspect, name, *_change(a, b, name)) for name in sorted({*a, *b})]
    rows.sort(key=lambda row: (-abs(row.change), row.attribute, row.slice))
    columns = {"attribute": "code", "slice": "label", "before": "pct", "after": "pct", "change": "change"}
    return [moved, table("shares", columns, rows[: inputs.params.max_rows], len(rows))]


class _Profile(TypedDict):
    """What is compared of a version's profile: records by label of each split, by language, by source."""

    classes: Mapping[str, Mapping[str, int]]
    languages: Mapping[str, int]
    sources: Mapping[str, int]


class _Share(NamedTuple):
    attribute: str
    slice: str
    before: float
    after: float
    change: float


def _counts(profile: _Profile) -> dict[str, Mapping[str, int]]:
    train = profile["classes"].get("train", {})
    return {"class": train, "lang": profile["languages"], "source": profile["sources"]}


def _change(a: Mapping[str, int], b: Mapping[str, int], name: str) -> tuple[float, float, float]:
    before, after = (one.get(name, 0) / max(1, sum(one.values())) for one in (a, b))
    return before, after, after - before


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else "–" if value is None else str(value)
