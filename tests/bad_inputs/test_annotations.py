"""Annotations, exports, decisions, gold questions and the ledger with one bad value, or damaged as a whole.

Each answer is used, set aside with file, place and reason, or the run stops with one message that names the file.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from pipeline.annotation.annotations import Reading, latest_answers, read_folder
from pipeline.annotation.checks import by_own_key, check_against
from pipeline.annotation.gold import read_gold
from pipeline.annotation.label_studio_export import readers
from pipeline.annotation.push_ledger import read_pushed
from pipeline.annotation.review_decisions import FOLDER, final_decisions, read_decisions
from pipeline.core.errors import PipelineError
from pipeline.label.ratings import ratings, rejections, summary
from pipeline.label.run import run
from pipeline.runtime.store import read_json, write_json
from tests.bad_inputs.annotations import DAMAGES, SOUND, Sound, cases
from tests.bad_inputs.outcome import MOST_SIGNS
from tests.bad_inputs.values import mutations
from tests.fixture_types import RecordProperty
from tests.label.conftest import Project

#: Files that are read, and how many go through the whole stage; drawn by seed. All are read with SFT_FUZZ_ALL=1.
READ, WHOLE = (10**6, 100) if os.environ.get("SFT_FUZZ_ALL") else (80, 3)
SEED = 1
#: Mutations of each file; see `mutations` for more of them.
COUNT = 1000


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    return Project(tmp_path)


def laid_out(project: Project, sound: Sound) -> Path:
    """The project with the records that the file is about; returns where the file goes."""
    project.write(list(sound.records), sound.task, {"prelabel": {"method": None}})
    file = project.annotations / sound.name
    file.parent.mkdir(exist_ok=True)
    file.write_text(sound.content(), "utf-8")
    return file


def read_all(project: Project, sound: Sound) -> Reading:
    """What `label` and `clean` read of the folder, as far as `label` reports it."""
    records = {one.id: one for one in sound.records}
    decisions = read_decisions(project.annotations / FOLDER)
    final_decisions(decisions)
    decided = filter(None, (one.annotation() for one in decisions))
    found = by_own_key(chain(read_folder(project.annotations, readers(sound.task)), decided), records)
    reading = latest_answers(found, check_against(records, sound.task))
    read_gold(project.annotations, sound.task)
    read_pushed(project.annotations, sound.task)
    given = ratings(reading.used)
    rejections(reading.used)
    noted = {**reading.summary(), "reply_ratings": summary(given, reading.used)}
    write_json(noted, project.root / "noted.json")
    json.loads((project.root / "noted.json").read_text("utf-8"), parse_constant=_no_number)
    return reading


def _no_number(name: str) -> None:
    raise AssertionError(f"a report holds {name}")


def run_all(project: Project, sound: Sound) -> Reading:
    """The whole stage."""
    run(project.clean, project.annotations, project.out)
    counts = read_json(project.out / "report.json")
    assert counts["in"] + counts["added"] == counts["kept"] + counts["dropped"]
    return read_all(project, sound)


def ends(project: Project, sound: Sound, bad: Iterator[tuple[str, bytes]]) -> tuple[Counter[str], list[str]]:
    """How often each end came about; and what is wrong."""
    file, counts, wrong = laid_out(project, sound), Counter[str](), list[str]()
    name = file.relative_to(project.annotations).name
    for n, (case, content) in enumerate(bad):
        file.write_bytes(content)
        try:
            reading = (run_all if n < WHOLE else read_all)(project, sound)
        except PipelineError as error:
            counts["refused"] += 1
            if name not in str(error) or len(str(error)) > MOST_SIGNS:
                wrong.append(f"{case}: {len(str(error))} signs: {str(error)[:200]}")
        except Exception as error:
            wrong.append(f"{case}: {type(error).__name__}: {error}"[:300])
        else:
            counts["set aside" if reading.set_aside else "right"] += 1
            wrong += [f"{case}: {one}" for one in reading.set_aside if not (one.reason and one.place.startswith(name))]
    return counts, wrong


@pytest.mark.parametrize("name", SOUND)
def test_sound_files_are_read_whole(project: Project, name: str) -> None:
    """The zero case: what is refused below is refused for its damage."""
    sound = SOUND[name]
    laid_out(project, sound)
    reading = read_all(project, sound)
    assert [one.reason for one in reading.set_aside] == (["unreadable_in_label_studio"] if name == "skipped" else [])
    assert len(reading.used) == (0 if name in ("skipped", "gold", "pushed") else len(sound.rows))


@pytest.mark.parametrize("name", SOUND)
def test_a_bad_value(project: Project, name: str, record_property: RecordProperty) -> None:
    sound = SOUND[name]
    bad = list(cases(sound))
    counts, wrong = ends(project, sound, iter(random.Random(SEED).sample(bad, min(READ, len(bad)))))
    told = ", ".join(f"{n} {end}" for end, n in sorted(counts.items()))
    record_property("counts", f"annotations, {name}: {told}; {len(bad)} with SFT_FUZZ_ALL=1")
    assert not wrong, "\n".join(wrong)
    assert counts["refused"] + counts["set aside"], "no bad value was noticed"


@pytest.mark.parametrize("name", SOUND)
def test_a_damaged_file(project: Project, name: str) -> None:
    sound = SOUND[name]
    content = sound.content().encode()
    counts, wrong = ends(project, sound, ((case, change(content)) for case, change in DAMAGES.items()))
    assert not wrong, "\n".join(wrong)
    assert counts["refused"] > len(DAMAGES) / 3


@pytest.mark.parametrize("name", SOUND)
def test_mutated_files(project: Project, name: str, record_property: RecordProperty) -> None:
    sound = SOUND[name]
    mutated = ((f"{content!r}", content) for content in mutations(sound.content().encode(), COUNT))
    counts, wrong = ends(project, sound, mutated)
    record_property("counts", f"annotations, {name}, mutated: {dict(sorted(counts.items()))}")
    assert not wrong, "\n".join(wrong)


def test_one_unreadable_answer_costs_itself_alone(project: Project) -> None:
    """A line that nests without end and a number of thousands of digits in an export: the others are used."""
    for name in ("lines", "export"):
        sound = SOUND[name]
        file = laid_out(project, sound)
        for awkward in ("deep", "int_of_5000_digits", "float_beyond_double", "lone_surrogate"):
            [content] = [c for case, c in cases(sound) if case.endswith(f"lead_time {awkward}") and case[:2] == "0."]
            file.write_bytes(content)
            reading = read_all(project, sound)
            assert [(one.reason, one.place[-1]) for one in reading.set_aside] == [("unreadable_value", "1")], awkward
            assert [one.record_id for one in reading.used] == ["r2", "r3"][: len(sound.rows) - 1]
        file.unlink()
