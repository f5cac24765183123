"""One thread a process for linear algebra: what comes out must not hang on how many cores a machine has."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from threading import current_thread

import numpy as np
import pytest

from pipeline.modeling.features.linear import out_of_sample
from pipeline.runtime.store import write_table
from pipeline.runtime.threads import CORES, cores, side_by_side
from pipeline.validate.export.mixture import READ
from tests.conftest import ROOT, written

PARAMS = """
task: {{type: classification, labels: [bad, good, so_so], languages: [en, zh]}}
models: {{encoder: {{name: {encoder}}}}}
collect:
  sources:
    rows: {{kind: files, role: train, licence: MIT, path: rows.csv, fields: {{text: text}}, target: label, lang: auto}}
clean:
  steps: [repair_text, missing, exact_duplicates, near_duplicates, splits, label_errors]
label:
  prelabel: {{method: linear}}
augment:
  keep: if_helps
  methods: {{random_swap: {{factor: 0.2}}}}
value: {{seeds: 3}}
"""
WORDS = {
    "good": ["lovely", "warm", "quick", "kind", "很好", "喜欢", "bright", "fresh"],
    "bad": ["broken", "late", "rude", "cold", "太差", "失望", "dirty", "loud"],
    "so_so": ["plain", "usual", "fair", "middling", "一般", "还行", "average", "okay"],
}
THINGS = ["train", "soup", "room", "shop", "电影", "手机", "ticket", "garden", "lamp", "bread"]


def write_rows(path: Path) -> None:
    """Texts of random words, three classes, one label in ten wrong."""
    rng = np.random.default_rng(5)
    names = sorted(WORDS)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for n in range(360):
            true = names[n % 3]
            words = [*rng.choice(WORDS[true], 2), *rng.choice(THINGS, 3), *rng.choice(WORDS[names[(n + 1) % 3]], 1)]
            rng.shuffle(words)
            writer.writerow([f"{' '.join(words)} {n}", true if rng.random() > 0.1 else rng.choice(names)])


#: Runs a stage as `python -m` does, then names the heavy libraries that it has loaded.
RUNNER = """
import runpy, sys
name, sys.argv = sys.argv[1], sys.argv[1:]
try:
    runpy.run_module(f"pipeline.{name}", run_name="__main__", alter_sys=True)
except SystemExit as end:
    heavy = {"torch", "transformers", "datasets", "great_expectations", "accelerate", "nlpaug", "sklearn"}
    print(*sorted(heavy & set(sys.modules)))
    raise end
"""


def built(folder: Path, encoder: str, threads: str) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """The files that clean, label, augment and value write with so many threads, by name; and what each one loads."""
    loaded = {}
    (folder / "raw").mkdir(parents=True)
    (folder / "annotations").mkdir()
    (folder / "annotations" / "annotations.jsonl").touch()
    write_rows(folder / "raw" / "rows.csv")
    write_table(READ.empty_table(), folder / "validate" / "mixture.parquet")  # nothing is weighed
    (folder / "params.yaml").write_text(PARAMS.format(encoder=encoder), "utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS") and k != CORES}
    environment |= {"PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": threads}
    for command in (
        "collect raw collect",
        "clean collect annotations/decisions clean",
        "label clean annotations label",
        "augment label augment",
        "value collect clean label augment validate value",
    ):
        stage, *paths = command.split()
        done = subprocess.run(
            [sys.executable, "-c", RUNNER, stage, *paths],
            cwd=folder, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        loaded[stage] = done.stdout.split()
    stages = ("clean", "label", "augment", "value")
    files = {f"{s}/{name}": content for s in stages for name, content in written(folder / s).items()}
    return files, loaded


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["tfidf", "bert"])
def test_stages_write_the_same_bytes_with_one_thread_and_two(encoder: str, bert_folder: str, tmp_path: Path) -> None:
    name = bert_folder if encoder == "bert" else encoder
    (one, loaded), (two, _) = (built(tmp_path / threads, str(name), threads) for threads in "12")
    assert len(one) > 12
    assert b'"applies": true' in one["clean/report.json"]
    assert b'"applies": true' in one["value/report.json"]
    assert [name for name in one if one[name] != two[name]] == []
    if encoder == "tfidf":  # no weights: then no stage loads what only models need
        assert loaded == {
            "collect": [], "clean": ["sklearn"], "label": ["sklearn"], "augment": ["nlpaug", "sklearn"],
            "value": ["sklearn"],
        }  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({CORES: "3", "OMP_NUM_THREADS": "1"}, 3),
        ({"OMP_NUM_THREADS": "2"}, 2),
        ({CORES: "", "OMP_NUM_THREADS": "x"}, None),
    ],
)
def test_cores_are_those_given_or_those_there_are(
    environment: dict[str, str], expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (CORES, "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cores() == (expected or len(os.sched_getaffinity(0)))


def test_a_stage_computes_with_one_thread_and_passes_the_number_of_cores_on() -> None:
    code = (
        "import numpy, scipy.linalg; from pipeline.runtime.threads import cores, limit_threads; limit_threads();"
        "import threadpoolctl, torch;"
        "print({one['num_threads'] for one in threadpoolctl.threadpool_info()}, torch.get_num_threads(), cores())"
    )
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")} | {CORES: "2"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.split("\n")[0] == "{1} 1 2", done.stderr


def test_work_side_by_side_keeps_the_order_and_does_not_multiply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CORES, "2")

    def outer(n: int) -> tuple[int, set[str]]:
        return n, {current_thread().name, *side_by_side(lambda _: current_thread().name, range(3))}

    found = list(side_by_side(outer, range(5)))
    assert [n for n, _ in found] == list(range(5))
    assert all(len(threads) == 1 for _, threads in found)
    assert list(side_by_side(outer, [])) == []
    monkeypatch.setenv(CORES, "1")
    assert next(side_by_side(lambda _: current_thread().name, range(2))) == current_thread().name


def test_an_error_inside_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CORES, "2")
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(lambda n: 1 // n, [1, 0]))


def test_folds_fitted_side_by_side_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(400, 32)).astype(np.float32)
    labels = ["yes" if row[0] + rng.normal() > 0 else "no" for row in vectors]
    found = []
    for number in "12":
        monkeypatch.setenv(CORES, number)
        found.append(out_of_sample(vectors, labels, [str(n) for n in range(400)])[1])
    assert found[0].tobytes() == found[1].tobytes()
