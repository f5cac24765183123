import random
from collections import Counter

from pipeline.clean.groups import Pair, close_pairs, joined_groups
from pipeline.clean.step import Context
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table
from tests.clean.chats import chat
from tests.clean.records import table

CHAT = Task(type="chat", languages=("en", "zh"))


def near(records, task=CHAT, **settings):
    rows = to_table(records, schema(task)) if task is CHAT else table(records)
    return drop_near_duplicates(rows, NearDuplicates(**settings), Context(task))


def largest(outcome) -> int:
    return max(Counter(filter(None, outcome.kept["group"].to_pylist())).values(), default=1)


def test_templated_word_problems_do_not_become_one_group():
    rng = random.Random(1)
    names = [
        "Anna",
        "Bert",
        "Clara",
        "David",
        "Emma",
        "Felix",
        "Grace",
        "Henry",
        "Ida",
        "James",
        "Klara",
        "Louis",
        "Mona",
        "Nils",
        "Olga",
        "Peter",
    ]
    things = [
        "apples",
        "pencils",
        "marbles",
        "tickets",
        "stamps",
        "cookies",
        "shells",
        "bricks",
        "candles",
        "ribbons",
        "buttons",
        "flowers",
    ]
    problems = []
    for _ in range(800):
        a, b = rng.sample(names, 2)
        x, y, thing = rng.randrange(10, 99), rng.randrange(2, 9), rng.choice(things)
        problem = f"{a} has {x} {thing}. {b} gives {a} {y} more {thing}. How many {thing} does {a} have now?"
        problems.append(chat(problem, f"{a} has {x} + {y} = {x + y} {thing} now. The answer is {x + y}."))
    outcome = near({record.id: record for record in problems}.values())
    assert largest(outcome) <= 40
    assert outcome.dropped.num_rows <= 8


def pairs_of(chain: int, similarity: float) -> list[Pair]:
    return [Pair(n, n + 1, similarity, similarity) for n in range(chain - 1)]


def test_a_group_that_is_too_large_is_told_and_divided():
    own, sources = [None] * 30, ["web"] * 30
    texts = {n: f"text {n}" for n in range(30)}
    pairs = [Pair(n, n + 1, 0.85 if n % 2 else 0.65, 0.85) for n in range(29)]
    close, told = close_pairs(own, sources, texts, pairs, (0.6, 0.9), 0.1)
    assert [pair.similarity for pair in close] == [0.85] * 14
    assert told == [
        {"source": "web", "records": 30, "share": 1.0, "text": "text 0", "similarity": 0.7, "largest_part": 2}
    ]
    assert len(set(joined_groups(own, texts, close))) == 14 + 1  # pairs, and two records without a group


def test_small_groups_and_groups_of_the_source_are_not_divided():
    texts = {n: str(n) for n in range(30)}
    assert close_pairs([None] * 10, ["web"] * 10, texts, pairs_of(10, 0.65), (0.6, 0.9), 0.1) == (
        pairs_of(10, 0.65),
        [],
    )
    own: list[str | None] = ["web:one"] * 30
    close, (told,) = close_pairs(own, ["web"] * 30, texts, [], (0.6, 0.9), 0.1)
    assert (close, told["largest_part"]) == ([], 30)
    assert close_pairs([], [], {}, [], (0.6, 0.9), 0.1) == ([], [])
