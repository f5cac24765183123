"""Records of a whole run in miniature: what collect, clean, label and augment left of them."""

import pytest

from pipeline.core.record import Change, Decision, Record, Source, Vote, as_json, share
from pipeline.core.settings import Task
from pipeline.modeling.models import Model, Models
from pipeline.value.params import Params
from pipeline.value.variants import Stages
from tests.value.dialogue_rows import dialogue

TOPICS = {
    "sport": ("match", "goal", "team", "coach", "足球", "比赛"),
    "food": ("soup", "bread", "cook", "dinner", "面条", "米饭"),
    "money": ("bank", "loan", "price", "coins", "银行", "贷款"),
}
LABELS = tuple(sorted(TOPICS))


def make(n, label=None, split=None, text=None, **more):
    topic = LABELS[n % 3]
    words = TOPICS[topic]
    line = text or f"{words[n % 6]} {words[(n // 6) % 6]} and word{n % 17} thing{n % 23}"
    role = "test" if split == "test" else "train"
    return Record(
        f"r{n:05d}", {"text": line}, Source("s", "files", "f", n, "cc0", role), label or topic, "en", split, **more
    )


def split_of(n):
    return "test" if n % 5 == 0 else "dev" if n % 11 == 1 else "train"


@pytest.fixture(scope="session")
def task():
    return Task(type="classification", labels=LABELS, languages=("en", "zh"))


@pytest.fixture(scope="session")
def models():
    return Models(encoder=Model(name="tfidf"))


@pytest.fixture(scope="session")
def params():
    return Params(resamples=300, seeds=3)


@pytest.fixture(scope="session")
def sound():
    """600 good records that no step changes."""
    records = [make(n, split=split_of(n)) for n in range(600)]
    return Stages(records, records, records, records)


@pytest.fixture(scope="session")
def noisy():
    """45 % of the labels are wrong as collected; `clean` drops most of the wrong ones, `label` repairs the rest."""
    true = [make(n, split=split_of(n)) for n in range(600)]
    wrong = {r.id for r in true if r.split != "test" and share("noise", r.id) < 0.45}
    flip = {r.id: LABELS[(LABELS.index(r.target) + 1) % 3] for r in true if r.id in wrong}
    given = [make(n, flip.get(r.id), split=None) for n, r in enumerate(true)]
    kept = [make(n, flip.get(r.id), r.split) for n, r in enumerate(true) if r.id not in wrong or share("k", r.id) < 0.3]
    repaired = [
        make(n, split=r.split, history=(Change("label", "target", as_json(flip[r.id]), as_json(r.target)),))
        if r.id in flip
        else r
        for n, r in enumerate(true)
        if r.id in {k.id for k in kept}
    ]
    return Stages(given, kept, repaired, repaired)


@pytest.fixture(scope="session")
def votes():
    """Three votes a record, one of them wrong; the label stage decides by majority."""
    records = []
    for n in range(300):
        truth, wrong = LABELS[n % 3], LABELS[(n + 1) % 3]
        ballots = tuple(Vote(f"w{k}", wrong if k == n % 3 else truth) for k in range(3))
        records.append((make(n, split=split_of(n)), ballots))
    open_ = [r.derive("x", target=None) for r, _ in records]
    bare = [make_votes(r, b) for r, (_, b) in zip(open_, records, strict=True)]
    decided = [r.derive("label", labels_by=Decision("crowd:majority", 0.9)) for r, _ in records]
    return Stages(bare, bare, decided, decided)


def make_votes(record, ballots):
    return record.derive("collect", votes=ballots)


@pytest.fixture
def rows():
    """Two sound sources and one whose replies say nothing, and held-out replies of the sound ones."""
    good = [dialogue(n, source) for source in ("good", "other") for n in range(14)]
    bad = [dialogue(n, "bad", reply="bad slow film bad slow film bad 质量") for n in range(12)]
    return [*good, *bad, *(dialogue(n, "good", "test") for n in range(20))]
