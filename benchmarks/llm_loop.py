"""Language models in the loop: what was promised, measured with scripted models of known errors.

    python -m benchmarks.llm_loop precision [FOLDER] [banking77] [cluener] [seeds]   # both, 100 seeds each, by default
    python -m benchmarks.llm_loop judges [seeds]               # planted leanings, the better reply restored
    python -m benchmarks.llm_loop kills [rounds]               # ten kills a round: what is asked again
    python -m benchmarks.llm_loop cost                         # the report beside the service's own count

FOLDER holds the public sets; it is `$SHARED_DATA`, else `../shared/data`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.llm_labellers import Scripted, banking77, cluener, example, label_answer, span_answer
from pipeline.core.conversation import Conversation, Message
from pipeline.label.language_model import predict
from pipeline.label.language_model.predict import language_model
from pipeline.label.language_model.settings import LlmPrelabel
from pipeline.label.params import Prelabel
from pipeline.llm.client import ask_all
from pipeline.llm.judges.bias import Judged, JudgeModel, better_of, length_bias, position_bias
from pipeline.llm.judges.gold import as_judged
from pipeline.llm.judges.judge import Choice, Pair, compare
from pipeline.llm.judges.rubric import Rubric
from pipeline.llm.question import ask
from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint, Prices
from pipeline.modeling.models import Models
from tests.llm.server import as_json, last, serving

ROOT = Path(__file__).resolve().parents[1]
PRECISION, ROWS, CALIBRATION = 0.95, 1500, 1500
SETS = {"banking77": banking77, "cluener": cluener}


def precision(folder: Path, seeds: int, names: list[str]) -> None:
    """Share of accepted answers that are right, seed by seed; all others go to people."""
    for name in names:
        task, rows = SETS[name](folder)
        if task.type == "ner":
            answers = {text: span_answer(text, target, task.labels) for text, target in rows}
        else:
            answers = {text: label_answer(target, task.labels) for text, target in rows}
        started, held, shares, asked = time.process_time(), [], [], []
        for seed in range(seeds):
            drawn = random.Random(seed).sample(rows, CALIBRATION + ROWS)
            learn = [example(f"k{n}", text, target, True) for n, (text, target) in enumerate(drawn[:CALIBRATION])]
            open_ones = [example(f"o{n}", text, target, False) for n, (text, target) in enumerate(drawn[CALIBRATION:])]
            scripted = Scripted(answers, seed)
            settings = LlmPrelabel(shots=0, confidence="logprobs", calibration_rows=CALIBRATION)
            params = Prelabel(method="llm", llm=settings, min_precision=PRECISION)
            with (
                tempfile.TemporaryDirectory() as cache,
                patch.object(predict, "open_model", lambda *_, model=scripted: model),
            ):
                os.environ["SFT_CACHE"] = cache
                found = language_model(learn, open_ones, Models(), params, task)
            bar = found.confidence_threshold
            taken = {id for id, a in found.answers.items() if bar is not None and a.confidence >= bar}
            right = [
                found.answers[f"o{n}"].value == target
                for n, (_, target) in enumerate(drawn[CALIBRATION:])
                if f"o{n}" in taken
            ]
            held.append(float(np.mean(right)) if right else 1.0)
            shares.append(len(taken) / ROWS)
            asked.append(found.report["accuracy"])
        good = sum(value >= PRECISION - 0.01 for value in held)
        print(
            f"{name:10} {len(task.labels):3} labels: precision >= {PRECISION - 0.01:.2f} in {good} of {seeds} seeds "
            f"(mean {np.mean(held):.3f}, worst {min(held):.3f}); accepted {np.mean(shares):.2f}, to people "
            f"{1 - np.mean(shares):.2f}; the labeller alone is right on {np.mean(asked):.2f}; "
            f"{time.process_time() - started:.0f} CPU s",
            flush=True,
        )


def _judge(position: float, length: float, accuracy: float, seed: int) -> Callable[[dict, int], str]:
    """Names the first place with probability `position`, the longer reply with `length`, else the better one."""

    def answer(body: dict, number: int) -> str:
        text = body["messages"][1]["content"].partition("\n\nAnswer with JSON")[0]
        first, second = text.partition("# Reply 1\n")[2].split("\n\n# Reply 2\n")
        rng = random.Random(f"{seed} {text}")
        draw = rng.random()
        if draw < position:
            better = "1"
        elif draw < position + length:
            better = "1" if len(first) > len(second) else "2"
        else:
            right = "1" if "good" in first else "2"
            better = right if rng.random() < accuracy else {"1": "2", "2": "1"}[right]
        return as_json({"reason": "", "better": better})

    return answer


def judges(seeds: int, count: int = 1200) -> None:
    """Two judges over HTTP: their leanings estimated, the better reply by both together beside each alone."""
    planted = (("wordy", 0.0, 0.35, 0.8), ("first", 0.35, 0.0, 0.8))
    print(f"{'seed':>4} {'judge':6} {'position':>17} {'length':>17} {'right alone':>11} {'together':>8}")
    for seed in range(seeds):
        rng = random.Random(seed)
        pairs: list[Pair] = []
        better: list[Choice] = []
        for n in range(count):
            good, bad = "good " + "x " * rng.randint(1, 20), "poor " + "x " * rng.randint(1, 20)
            is_first = rng.random() < 0.5
            conversation = Conversation((Message("user", f"question {n}"),))
            first, second = (good, bad) if is_first else (bad, good)
            pairs.append(Pair(conversation, Message("assistant", first), Message("assistant", second)))
            better.append("first" if is_first else "second")
        said: list[list[Judged]] = []
        with tempfile.TemporaryDirectory() as cache:
            os.environ["SFT_CACHE"] = cache
            for name, position, length, accuracy in planted:
                with serving(_judge(position, length, accuracy, seed)) as service:
                    endpoint = Endpoint(url=service.url, model=name, parallel=32, mask_personal_data=False)
                    found = compare(RemoteModel(endpoint, "benchmark"), pairs, Rubric())
                said.append([as_judged(c, pair, b) for c, pair, b in zip(found, pairs, better, strict=True)])
        half = count // 2
        models = [JudgeModel.fit(one[:half]) for one in said]
        rest = range(half, count)
        together = np.mean([better_of(models, [one[n] for one in said])[0] == better[n] for n in rest])
        for (name, position, length, _), one in zip(planted, said, strict=True):
            alone = np.mean([one[n].comparison.choice == better[n] for n in rest])
            leans = [(position, position_bias(one)), (length, length_bias(one))]
            shown = " ".join(
                f"{true:.2f} -> {lean.value:+.3f} {'ok' if abs(lean.value - true) <= 0.05 else 'NO':>4}"
                for true, lean in leans
                if lean
            )
            print(f"{seed:>4} {name:6} {shown} {alone:>11.3f} {together:>8.3f}")


_RUN = """
import sys
from pipeline.llm.client import ask_all
from pipeline.llm.question import ask
from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint
engine = RemoteModel(Endpoint(url=sys.argv[1], model="tiny", parallel=4), "benchmark")
ask_all(engine, [ask(f"number {n}") for n in range(120)])
"""


def kills(rounds: int) -> None:
    """Ten kills a round: requests whose answer had been kept and that were asked again (0 is promised), and requests
    that were on their way when the process died."""
    from pipeline.core.cache import known

    for number in range(rounds):
        rng = random.Random(number)
        again = 0
        with tempfile.TemporaryDirectory() as folder:
            os.environ["SFT_CACHE"] = str(Path(folder) / ".cache")
            with serving(lambda body, n: f"answer {last(body)}", latency=lambda n: 0.02) as service:
                version = f"{service.url} tiny"
                keys = {f"number {n}": ask(f"number {n}").key() for n in range(120)}
                environment = {**os.environ, "PYTHONPATH": str(ROOT)}
                for kill in range(11):
                    kept, start = set(known("llm", version, list(keys.values()))), len(service.asked)
                    process = subprocess.Popen([sys.executable, "-c", _RUN, service.url], env=environment, cwd=folder)
                    stop = start + rng.randint(1, 14)
                    while kill < 10 and process.poll() is None and len(service.asked) < stop:
                        time.sleep(0.002)
                    if kill < 10:
                        time.sleep(rng.random() * 0.03)
                        process.send_signal(signal.SIGKILL)
                    process.wait()
                    again += sum(keys[last(body)] in kept for body in service.asked[start:])
                counts = Counter(last(body) for body in service.asked)
        lost = sum(counts.values()) - 120
        print(
            f"round {number}: 10 kills, {len(counts)} of 120 answered, kept answers asked again: {again}, "
            f"requests under way at a kill and asked again: {lost} (at most {10 * 4})"
        )


def cost() -> None:
    """Tokens, requests and money of the report beside those that the service counted, with troubles on the way."""
    troubles = [(429, "slow down", {"retry-after": "0.01"}), (503, "", {}), "no JSON"]

    def answer(body: dict, number: int) -> object:
        return (
            troubles[number % 17 % 3]
            if number % 17 < 3 and body["seed"] == 0 and number < 60
            else "fine " * (number % 9 + 1)
        )

    with tempfile.TemporaryDirectory() as cache, serving(answer) as service:
        os.environ["SFT_CACHE"] = cache
        prices = Prices(input=0.5, output=1.5)
        engine = RemoteModel(
            Endpoint(url=service.url, model="m", first_pause=0.01, parallel=8, prices=prices), "benchmark"
        )
        ask_all(engine, [ask(f"question number {n}, of some length") for n in range(300)])
        ask_all(engine, [ask(f"question number {n}, of some length") for n in range(300)])  # all from the cache
    usage = engine.usage.as_notes()
    theirs = (service.prompt_tokens * 0.5 + service.written_tokens * 1.5) / 1e6
    print(
        f"prompt tokens {usage['prompt_tokens']} / {service.prompt_tokens}, written {usage['written_tokens']} / "
        f"{service.written_tokens}, money {usage['money']:.6f} / {theirs:.6f} (report / service); "
        f"answers {usage['requests']}, from the cache {usage['cached']}, tries that failed {usage['retries']}"
    )


def main() -> None:
    name, *rest = sys.argv[1:] or ["precision"]
    numbers = [int(one) for one in rest if one.isdigit()]
    names = [one for one in rest if one in SETS]
    folders = [Path(one) for one in rest if not one.isdigit() and one not in SETS]
    if name == "precision":
        default = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
        precision(folders[0] if folders else default, numbers[0] if numbers else 100, names or list(SETS))
    elif name == "judges":
        judges(numbers[0] if numbers else 3)
    elif name == "kills":
        kills(numbers[0] if numbers else 3)
    else:
        cost()


if __name__ == "__main__":
    main()
