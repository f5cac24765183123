from pipeline.augment.augmenters import build
from pipeline.augment.augmenters.request import Request
from pipeline.core.record import content_id
from pipeline.modeling.models import Models


def ask(text, lang="en", protected=()):
    return Request(text, lang, content_id(text), protected)


def test_spelling_changes_one_letter_of_long_words_only():
    rewrite = build("spelling", {"word_share": 0.1}, Models())
    [child] = rewrite([ask("I do not see the waiter at 20", protected=())])
    assert isinstance(child, str)
    assert child.startswith("I do not see the w") or " waiter " not in child
    assert child.split()[:5] == ["I", "do", "not", "see", "the"]
    assert len(child) == len("I do not see the waiter at 20")
    assert rewrite([ask("ok no 20")]) == ["ok no 20"]
