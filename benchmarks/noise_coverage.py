"""How often the interval of the estimated label noise covers the truth, on data whose noise is known.

    python benchmarks/noise_coverage.py [--draws 8] [--rows 1500] [--worlds easy,weak]

Every draw makes new records (features or texts), plants wrong labels at a known rate, scores them with the detector of
single labels out of fold, and asks for the estimate. A row a condition: the share of draws whose 90 % interval covers
the share of wrong labels that was planted (overall, and over classes), the share where the estimate says that this data
cannot tell, and the mean width of the intervals that were given. `--draws 100` is the full run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.clean.label_errors.detectors import single_labels
from pipeline.clean.label_errors.label_noise import Share, label_noise
from pipeline.core.settings import Task
from pipeline.modeling.features.dense import dense_features
from pipeline.modeling.features.linear import stratified_folds
from pipeline.modeling.features.neighbours import named
from pipeline.modeling.models import Model

if TYPE_CHECKING:
    from pipeline.clean.label_errors.detectors.contract import Scores

TASK = Task(type="classification", labels=("a", "b"))
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class World(NamedTuple):
    """Records whose classes are known: features of shape (records, dimensions), and the true class of each."""

    vectors: NDArray[np.float32]
    true: Integers
    classes: int


def gaussian(
    rng: np.random.Generator,
    rows: int,
    classes: int = 4,
    apart: float = 4.0,
    heavy: bool = False,
    shares: Floats | None = None,
) -> World:
    """Clouds around one centre a class, `apart` standard deviations from each other; `heavy`: with heavy tails."""
    true = rng.choice(classes, rows, p=shares)
    centres = np.eye(classes, 16) * apart / np.sqrt(2)
    spread = rng.standard_normal((rows, 16))
    if heavy:
        spread /= np.sqrt(rng.chisquare(3, rows) / 3)[:, None]
    vectors = centres[true] + spread
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return World(vectors.astype(np.float32), true.astype(np.int64), classes)


def texts(rng: np.random.Generator, rows: int, classes: int = 4) -> World:
    """Texts of ten words, a few of them of the class's own vocabulary, now and then one of another class's."""
    true = rng.choice(classes, rows)
    written = []
    for label in true.tolist():
        own, other = rng.poisson(2.5), rng.poisson(0.4)
        words = [f"c{label}w{rng.zipf(1.5) % 60}" for _ in range(own)]
        words += [f"c{rng.integers(classes)}w{rng.zipf(1.5) % 60}" for _ in range(other)]
        words += [f"w{rng.zipf(1.3) % 800}" for _ in range(10)]
        written.append(" ".join(words))
    return World(dense_features(written, Model(name="tfidf"), rows), true.astype(np.int64), classes)


UNEVEN = np.array([0.9, 0.1])
WORLDS: dict[str, Callable[[np.random.Generator, int], World]] = {
    "easy": lambda rng, rows: gaussian(rng, rows, apart=6.0),
    "overlap": lambda rng, rows: gaussian(rng, rows, apart=3.5),
    "two": lambda rng, rows: gaussian(rng, rows, classes=2, apart=3.0),
    "heavy": lambda rng, rows: gaussian(rng, rows, apart=5.0, heavy=True),
    "90:10": lambda rng, rows: gaussian(rng, rows, classes=2, apart=4.0, shares=UNEVEN),
    "90:10 weak": lambda rng, rows: gaussian(rng, rows, classes=2, apart=2.0, shares=UNEVEN),
    "twelve": lambda rng, rows: gaussian(rng, rows, classes=12, apart=5.0),
    "weak": lambda rng, rows: gaussian(rng, rows, apart=1.5),
    "none": lambda rng, rows: gaussian(rng, rows, apart=0.0),
    "texts": texts,
}


def symmetric(rng: np.random.Generator, world: World, rate: float) -> Integers:
    """A share of the labels is any other class."""
    moved = (world.true + rng.integers(1, world.classes, len(world.true))) % world.classes
    return np.where(rng.random(len(world.true)) < rate, moved, world.true)


def confused(rng: np.random.Generator, world: World, rate: float) -> Integers:
    """A share of the labels is the class that this class is taken for: the next one."""
    return np.where(rng.random(len(world.true)) < rate, (world.true + 1) % world.classes, world.true)


NOISE = {
    "clean": (symmetric, 0.0),
    "5 % symmetric": (symmetric, 0.05),
    "10 % symmetric": (symmetric, 0.1),
    "30 % symmetric": (symmetric, 0.3),
    "10 % confused": (confused, 0.1),
    "30 % confused": (confused, 0.3),
}


def scored(world: World, given: Integers) -> tuple[Scores, list[str], Integers]:
    """Out-of-fold scores of these labels, the labels by name, and their classes as the step numbers them."""
    ids = [str(n) for n in range(len(given))]
    labels = [f"class {code:02d}" for code in given.tolist()]
    strata = single_labels.strata(labels)
    folds = stratified_folds(strata, ids, 5, 0)
    prepared = single_labels.Prepared(world.vectors, ids, ids, 1.0, "0", named(world.vectors, ids))
    found = single_labels.score_out_of_fold(prepared, np.arange(len(given)), labels, folds, TASK)
    return found.recipes[next(iter(found.recipes))], labels, strata


class Tally:
    """What became of the intervals of one condition."""

    def __init__(self) -> None:
        self.asked = self.told = self.covered = 0
        self.width = 0.0

    def add(self, share: Share | None, truth: float) -> None:
        """Count one interval, or that none was given."""
        self.asked += 1
        if share is not None:
            self.told += 1
            self.covered += share.low <= truth <= share.high
            self.width += share.high - share.low

    def cells(self) -> str:
        """Covered of those told, not told, mean width."""
        if not self.told:
            return f"{'-':>9}{'100 %':>9}{'-':>8}"
        untold = 1 - self.told / self.asked
        return f"{self.covered / self.told:>9.0%}{untold:>9.0%}{self.width / self.told:>8.3f}"


def judge(world: World, given: Integers, overall: Tally, classes: Tally) -> None:
    """Hold the estimate for these labels against the truth."""
    found, labels, strata = scored(world, given)
    noise = label_noise(found, labels, strata)
    wrong = given != world.true
    overall.add(noise.share, float(wrong.mean()))
    for code in np.unique(strata).tolist():
        classes.add(noise.by_class.get(code), float(wrong[strata == code].mean()))


def main() -> None:
    """Print a row for each condition."""
    parser = argparse.ArgumentParser(description="Coverage of the estimated label noise")
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--worlds", default=",".join(WORLDS), help="comma-separated")
    parser.add_argument("--seed", type=int, default=0, help="of the first draw")
    args = parser.parse_args()
    print(f"{args.draws} draws of {args.rows:,} records a condition; 90 % intervals")
    print(f"{'':<28}{'overall':>26}{'by class':>26}")
    print(f"{'world':<12}{'noise':<16}" + 2 * f"{'covered':>9}{'untold':>9}{'width':>8}" + f"{'CPU s':>8}")
    for name in args.worlds.split(","):
        draws = [WORLDS[name](np.random.default_rng([args.seed, n]), args.rows) for n in range(args.draws)]
        for kind, (plant, rate) in NOISE.items():
            started = time.process_time()
            overall, classes = Tally(), Tally()
            for n, world in enumerate(draws):
                rng = np.random.default_rng([args.seed, n, int(100 * rate)])
                judge(world, plant(rng, world, rate), overall, classes)
            seconds = time.process_time() - started
            print(f"{name:<12}{kind:<16}{overall.cells()}{classes.cells()}{seconds:>8.1f}", flush=True)


if __name__ == "__main__":
    main()
