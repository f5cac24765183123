"""`task.labels: from_data`: the label set read from the sources once, and written to params.yaml for people to look at.

From then on it is a declared set like any other: a label that is not in it is refused, and so a new spelling or a
mislabelled file is noticed. Delete the list and write `from_data` again to read it anew.
"""

from __future__ import annotations

import logging
import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.collect.conditions import first_failed
from pipeline.collect.label_studio_tasks import LABEL_STUDIO, labels_said
from pipeline.collect.params import Params, RecordSource
from pipeline.collect.rows import Row
from pipeline.collect.sources import KINDS, setting, source_settings
from pipeline.collect.targets import target_of
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import Reject
from pipeline.core.settings import FROM_DATA, load, read_params

log = logging.getLogger("pipeline")

#: More distinct values than that are no label set. A guess: not measured.
_MOST = 1000
_FROM_DATA = re.compile(rf"""(['"]?){FROM_DATA}\1""")
_WIDTH = 110  # of the lines of the list
_SPACE = "\0"  # stands for a space inside a label, where no line may end


def write_labels(raw: Path, params: Path = Path("params.yaml")) -> None:
    """Replace `labels: from_data` in the file `params` by the labels of the sources, the most frequent first.

    Raises PipelineError where there is none, or more than a thousand.
    """
    task = read_params(params).get("task")
    if not isinstance(task, dict) or task.get("labels") != FROM_DATA:
        return
    counts = Counter(
        label
        for name, values in load("collect", Params, params).sources.items()
        for label in _labels(name, source_settings(name, values), raw)
    )
    if not 1 <= len(counts) <= _MOST:
        first = ", ".join(shorten(label, 30) for label in sorted(counts)[:5]) or "none"
        raise PipelineError(
            f"{params}: task.labels: from_data: the sources hold {len(counts):,} different labels (first: {first}).",
            "Set `target` of each source to the column of the label, or write the list yourself.",
        )
    labels = sorted(counts, key=lambda label: (-counts[label], label))
    written = _with_labels(params.read_bytes().decode("utf-8"), labels)
    path = params.resolve()
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(written.encode("utf-8"))
    shutil.copymode(path, beside)
    beside.replace(path)  # at once: a crash leaves the old file
    told = ", ".join(f"{label} ({counts[label]:,})" for label in labels[:20])
    log.info("collect   wrote %d labels to %s: %s%s", len(labels), params, told, " ..." if len(labels) > 20 else "")


def _with_labels(text: str, labels: Sequence[str]) -> str:
    """The settings with a list in the place of `from_data`; every other character, comments too, stays."""
    line, column = YAML().load(text)["task"].lc.value("labels")
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[:line])) + column
    end = start + len(_FROM_DATA.match(text, start)[0])  # type: ignore[index]
    indent = len(lines[line]) - len(lines[line].lstrip()) + 2
    listed = textwrap.wrap(
        ", ".join(_scalar(label).replace(" ", _SPACE) for label in labels),
        width=_WIDTH - indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    newline = "\r\n" if lines[line].endswith("\r\n") else "\n"
    return f"{text[:start]}[{(newline + ' ' * indent).join(listed).replace(_SPACE, ' ')}]{text[end:]}"


def _scalar(label: str) -> str:
    """The label as YAML writes it in a list."""
    yaml = YAML(typ="safe")
    yaml.default_flow_style, yaml.allow_unicode, yaml.width = True, True, 100_000
    with StringIO() as file:
        yaml.dump([label], file)
        return file.getvalue().strip()[1:-1]


def _labels(name: str, settings: object, raw: Path) -> Iterator[str]:
    """The labels of one source's rows, in our words, as often as they occur."""
    if not isinstance(settings, RecordSource) or settings.role in ("unlabelled", "benchmark"):
        return
    for part in KINDS[settings.kind].function(settings, raw, setting(name)):
        for row in part.rows:
            if isinstance(row, Row) and not first_failed(settings.where, row.values):
                yield from _said(row, settings)


def _said(row: Row, settings: RecordSource) -> Iterator[str]:
    """The labels of one row: of its target, or, in an export of Label Studio, of its annotator's answer."""
    try:
        answered = getattr(settings, "format", None) == LABEL_STUDIO and settings.target is None
        yield from labels_said(row, settings.labels) if answered else _names(target_of(row.values, settings))
    except Reject:  # an excluded label
        return


def _names(target: object) -> Iterator[str]:
    for one in target if isinstance(target, list) else [target]:
        label = one.get("label") if isinstance(one, dict) else one
        if isinstance(label, str) and label:
            yield label
