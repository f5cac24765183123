"""Is a source with shuffled replies named as harmful, and no sound one? Needs SHARED_DATA=<folder> and the generator.

    python -m benchmarks.value_replies [repeats [first]]      # with the generator and the encoder of `sft init chat`
    python -m benchmarks.value_replies fit [repeats]  # the fit of replies to their prompts alone: seconds

Four sources of dialogues: dolly's open questions, dolly's advice (general questions and brainstorming), and the two
halves of BELLE's seed tasks. 40 dialogues of each train, 25 others of each are held out. Each repeat draws others,
and shuffles the replies of one source, another one each time, in the training data; then all four are left sound.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
from functools import partial
from pathlib import Path

from pipeline.core.record import Record, Source, content_id
from pipeline.core.settings import Task, load
from pipeline.modeling.models import Model, Models
from pipeline.value.dialogues import Dialogue, train_dialogues
from pipeline.value.params import Params
from pipeline.value.prompt_fit import fit_of_dialogues, fit_of_group
from pipeline.value.reply_effects import measure_replies
from pipeline.value.variants import Stages

DATA = Path(os.environ.get("SHARED_DATA", "../shared/data")) / "instruct_seeds"
TASK = Task(type="chat", languages=("en", "zh"))
TRAIN, HELD_OUT = 40, 25
LONGEST = 450  # letters, of which a Chinese one counts as two: most fit into the tokens that the trial reads
Pair = tuple[str, str]


def sources() -> dict[str, list[Pair]]:
    dolly = json.loads((DATA / "dolly_3k.json").read_text("utf-8"))
    lines = (DATA / "belle_zh_seed_tasks.json").read_text("utf-8").splitlines()
    belle = [row | row["instances"][0] for row in map(json.loads, lines)]
    found = {
        "open_questions": [pair(row) for row in dolly if row["category"] == "open_qa"],
        "advice": [pair(row) for row in dolly if row["category"] in ("general_qa", "brainstorming")],
        "belle_a": [pair(row) for row in belle[0::2]],
        "belle_b": [pair(row) for row in belle[1::2]],
    }
    return {name: [one for one in pairs if is_short(one)] for name, pairs in found.items()}


def pair(row: dict[str, str]) -> Pair:
    return f"{row['instruction']}\n{row['input']}".strip(), row["output"].strip()


def is_short(one: Pair) -> bool:
    text = "".join(one)
    return bool(one[1]) and sum(1 + (ord(letter) > 0x2E7F) for letter in text) <= LONGEST


def record(name: str, number: int, one: Pair, split: str) -> Record:
    fields = {"messages": [{"role": "user", "content": one[0]}]}
    lang = "zh" if name.startswith("belle") else "en"
    source = Source(name, "files", "f", number, "see SOURCE.txt", "train")
    return Record(content_id(name, split, str(number)), fields, source, one[1], lang, split)  # type: ignore[arg-type]


def drawn(seed: int, bad: str | None) -> list[Record]:
    found = []
    for name, pairs in sources().items():
        some = random.Random(f"{seed} {name}").sample(pairs, min(len(pairs), TRAIN + HELD_OUT))
        test, train = some[:HELD_OUT], some[HELD_OUT:]
        if name == bad:
            step = 1 + seed % (len(train) - 1)
            train = [(asked, train[(n + step) % len(train)][1]) for n, (asked, _) in enumerate(train)]
        found += [record(name, n, one, "train") for n, one in enumerate(train)]
        found += [record(name, n, one, "test") for n, one in enumerate(test)]
    return found


def fits(repeats: int, encoder: Model) -> None:
    names = list(sources())
    for seed in range(repeats):
        for bad in (names[seed % len(names)], None):
            dialogues = train_dialogues(drawn(seed, bad), TASK)
            found = fit_of_dialogues(dialogues, encoder)
            groups = {name: fit_of_group(found, partial(_is_of, name), Params()) for name in names}
            shares = {name: round(fit.share.value, 3) for name, fit in groups.items() if fit}
            named = [name for name, fit in groups.items() if fit and fit.less and fit.less.high < 0]
            print(f"repeat {seed}: shuffled {bad}: named {named or 'none'}; {shares}", flush=True)


def _is_of(name: str, dialogue: Dialogue) -> bool:
    return dialogue.of["source"] == name


def main() -> None:
    if sys.argv[1:2] == ["fit"]:
        models = load("models", Models, Path("pipeline/commands/templates/chat.yaml"))
        return fits(int(sys.argv[2]) if sys.argv[2:] else 5, models.encoder)
    repeats = int(sys.argv[1]) if sys.argv[1:] else 5
    first = int(sys.argv[2]) if sys.argv[2:] else 0
    models = load("models", Models, Path("pipeline/commands/templates/chat.yaml"))
    assert models.generator is not None
    names = list(sources())
    for seed in range(first, first + repeats):
        for bad in (names[seed % len(names)], None):
            before = resource.getrusage(resource.RUSAGE_SELF)
            rows = drawn(seed, bad)
            report = measure_replies(
                Stages(rows, rows, rows, rows), (), TASK, models.generator, Params(), models.encoder
            )
            after = resource.getrusage(resource.RUSAGE_SELF)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            named = [one["name"] for one in report["effects"] if one["verdict"] == "hurt"]
            gains = {one["name"]: f"{one['gain']['value']:+.4f} (p {one['p']:.3f})" for one in report["effects"]}
            print(f"repeat {seed}: shuffled {bad}: named {named or 'none'}; {seconds:.0f} CPU s; {gains}", flush=True)


if __name__ == "__main__":
    main()
