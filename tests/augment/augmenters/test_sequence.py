from pipeline.augment.augmenters import build
from pipeline.augment.augmenters.request import Request, Written, as_written
from pipeline.augment.augmenters.sequence import Sequential, _in_turn
from pipeline.core.record import content_id
from pipeline.modeling.models import Models

TEXT = "The friendly waiter brought wonderful dishes to our table"


def ask(text, lang="en", protected=()):
    return Request(text, lang, content_id(text), protected)


def texts(results):
    return [as_written(result).text for result in results]


def test_sequence_runs_methods_in_turn_and_keeps_protected_words():
    rewrite = build(
        "sequence", {"of": [{"method": "random_delete", "word_share": 0.2}, {"method": "spelling"}]}, Models()
    )
    requests = [ask(TEXT, protected=("friendly waiter",))]
    [child] = texts(rewrite(requests))
    assert "friendly waiter" in child.lower()
    assert len(child.split()) < len(TEXT.split())
    assert any(word not in TEXT.lower() for word in child.lower().split())
    assert texts(rewrite(requests)) == [child]


def test_a_sequence_is_what_its_members_are():
    swap, name, new = {"method": "random_swap"}, {"method": "label_names"}, {"method": "generation", "mode": "evolve"}
    flags = [((), (False, False)), ([name], (True, True)), ([name, swap], (True, False)), ([new, swap], (True, False))]
    for members, expected in flags:
        settings = Sequential(of=(swap, *members))
        assert (settings.is_new, settings.label_is_given) == expected


def test_a_new_question_keeps_its_answer_while_its_words_change():
    steps = [
        lambda requests: [Written(f"new {request.text}", "the new reply") for request in requests],
        lambda requests: [request.text.upper() for request in requests],
    ]
    assert _in_turn(steps, [ask("question")]) == [Written("NEW QUESTION", "the new reply")]
