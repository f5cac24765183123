"""Bad command lines: each option of each `sft` command with files and values that it cannot use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

#: Command lines that are right in a finished project, `{}` in the place of one argument, and what kind that is.
PLACES: tuple[tuple[str, str], ...] = (
    ("predict --text fine --model {}", "model"),
    ("predict --file {} --out answers.jsonl", "rows"),
    ("predict --text fine --out {}", "out"),
    ("predict --text fine --context {}", "word"),
    ("predict --text {}", "word"),
    ("compare --minutes 0.01 --dataset {}", "dataset"),
    ("compare --minutes 0.01 --candidates {}", "yaml"),
    ("onnx --model {}", "model"),
    ("onnx --rows 4 --dataset {}", "dataset"),
    ("onnx --rows {} --out onnx", "number"),
    ("init {} --into new", "word"),
    ("init qa --into {}", "out"),
    ("run {}", "word"),
    ("run train {} out", "dataset"),
    ("run evaluate data/validate/dataset {} out", "model"),
    ("run clean {} data/annotations/decisions out", "folder"),
    ("trace {}", "word"),
    ("trace 0 --data {}", "folder"),
    ("render {}", "word"),
    ("render 0 --dataset {}", "dataset"),
    ("diff {}", "word"),
    ("diff data {}", "folder"),
    ("export --to {}", "word"),
    ("export --to jsonl --dataset {}", "dataset"),
    ("export --to jsonl --out {}", "out"),
    ("release --data {}", "folder"),
    ("release --name {}", "word"),
    ("completion {}", "word"),
    ("cache trim --size {}", "number"),
    ("cache trim --days {}", "number"),
    ("cache trim --step {}", "word"),
    ("label {}", "word"),
    ("{}", "word"),
    ("predict --{} x", "word"),
)

WORDS = ("nothing-like-it", "", " ", "../../etc", "a" * 5_000, "\udcff", "é中\n", "-1", "0" * 40, "*", "@{-1}", "%s%n")
NUMBERS = ("", "x", "-1", "nan", "1e999", "9" * 40, "0", "1.5", "１２")
ROWS = {
    "empty": b"",
    "no_json": b"{",
    "list": b"[1]\n",
    "no_text": b'{"a": 1}\n',
    "number": b'{"text": 1}\n',
    "no_utf_8": b'{"text": "\xff"}\n',
    "half": b'{"text": "\\ud83d"}\n',
    "deep": b"[" * 100_000,
    "digits": b'{"text": "a", "n": ' + b"9" * 5_000 + b"}\n",
    "nul": b"\x00" * 100,
}
YAMLS = {
    "empty": b"",
    "list": b"- a\n",
    "open": b"a: [\n",
    "wrong": b"a: {model: 1}\n",
    "setting": b"a: {train: {epohcs: 1}}\n",
    "no_utf_8": b"a: \xff\n",
    "alias": b"a: &a [*a]\n",
    "null": b"a: null\n",
    "digits": b"a: " + b"9" * 5_000,
}


def _files(folder: Path, contents: dict[str, bytes]) -> Iterator[str]:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        yield str(folder / name)
    yield str(folder / "no such file")
    yield str(folder)
    yield "\x00"


def _folders(folder: Path) -> Iterator[str]:
    """Folders that hold nothing, something else, or are none."""
    (folder / "empty_folder").mkdir(exist_ok=True)
    other = folder / "other"
    (other / "data").mkdir(parents=True, exist_ok=True)
    for name in ("sft.json", "config.json", "report.json", "records.parquet", "data/train-00000-of-00001.parquet"):
        (other / name).write_bytes(b"{")
    (folder / "file").write_bytes(b"x")
    yield from map(str, (folder / "empty_folder", other, folder / "file", folder / "missing", "/dev/null", "", "\x00"))


def values(kind: str, folder: Path) -> Iterator[str]:
    """Values that an argument of this kind cannot use (or that are unlikely)."""
    if kind == "word":
        yield from WORDS
    elif kind == "number":
        yield from NUMBERS
    elif kind == "rows":
        yield from _files(folder, ROWS)
    elif kind == "yaml":
        yield from _files(folder, YAMLS)
    elif kind == "out":
        (folder / "file").write_bytes(b"x")
        yield from (str(folder / "file" / "below"), str(folder), "/proc/nothing/out", "/dev/full", "a" * 300, "\x00")
    else:
        yield from _folders(folder)


def lines(folder: Path) -> Iterator[list[str]]:
    """Every command line."""
    for line, kind in PLACES:
        for value in values(kind, folder):
            yield [word.replace("{}", value) for word in line.split()]
