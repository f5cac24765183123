"""What the tests of contamination share."""

import random

from pipeline.clean.contamination.step import Decontaminate, drop_contaminated
from pipeline.clean.step import Context
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table

CHAT = Task(type="chat", languages=("en", "zh"))


NAMES = tuple("Anna Bert Clara David Emma Felix Grace Henry Ida James Klara Louis".split())  # noqa: SIM905


THINGS = tuple("apples pencils marbles tickets stamps cookies shells bricks candles ribbons".split())  # noqa: SIM905


def problem(n: int) -> str:
    """One of many word problems, each told in its own way."""
    rng = random.Random(n)
    a, b = rng.sample(NAMES, 2)
    one, two = rng.sample(THINGS, 2)
    x, y, z = (rng.randrange(3, 99) for _ in range(3))
    openings = [
        f"{a} collects {one} and keeps {x} of them in a wooden box under the old bed.",
        f"On market day {a} carries {x} {one} to town, hoping to sell most before lunch.",
        f"For the village fair {a} has been making {one}, {x} every single morning.",
    ]
    middles = [
        f"Later {b} brings {y} {two}, which they swap one for two at the corner shop.",
        f"{b} gives away {y} of his own {two} because the cupboard has grown too small.",
        f"After a long argument {b} agrees to trade {y} {two} for whatever is left.",
    ]
    ends = [f"How many {one} remain after {z} days?", f"What do {z} {two} cost them in the end?"]
    return " ".join(rng.choice(part) for part in (openings, middles, ends))


def chat(id: str, *turns: str, role: str = "train", reply: str | None = "Let me see.") -> Record:
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
    name = "maths" if role == "benchmark" else "ours"
    target = None if reply is None else {"role": "assistant", "content": reply}
    return Record(id, {"messages": messages}, Source(name, "files", f"{name}.jsonl", 7, "MIT", role), target)


def run(records, **settings):
    context = Context(CHAT)
    outcome = drop_contaminated(to_table(records, schema(CHAT)), Decontaminate(**settings), context)
    return outcome, context.review_items
