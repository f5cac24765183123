import random

import pytest

from pipeline.augment.augmenters import augmenter, build
from pipeline.augment.augmenters.request import EngineMissingError, Request, Written, as_written
from pipeline.augment.augmenters.sequence import Sequential, _in_turn
from pipeline.augment.params import Params, enabled_methods
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.modeling.models import Models

TEXT = "The friendly waiter brought wonderful dishes to our table"


def ask(text, lang="en", protected=()):
    return Request(text, lang, content_id(text), protected)


def texts(results):
    return [as_written(result).text for result in results]


def test_our_methods_stand_in_nlpaug_flows_beside_its_own():
    import nlpaug.augmenter.char as nac
    import nlpaug.flow as naf
    from nlpaug import Augmenter

    ours = augmenter("random_swap")
    assert isinstance(ours, Augmenter)
    flow = naf.Sequential([naf.Sometimes([ours], aug_p=1.0), nac.KeyboardAug(aug_char_max=1, aug_word_max=1)])
    random.seed(3)
    [first] = flow.augment(TEXT)
    assert first != TEXT
    random.seed(4)
    both = ours.augment([TEXT, "another text of words"])
    assert len(both) == 2
    assert sorted(both[0].lower().split()) == sorted(TEXT.lower().split())


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


def test_nlpaugs_own_augmenters_run_seeded():
    values = {"flow": [{"augmenter": "char.RandomCharAug", "action": "swap", "aug_word_max": 1}]}
    [child] = build("nlpaug", values, Models())([ask(TEXT)])
    assert child != TEXT
    assert build("nlpaug", values, Models())([ask(TEXT)]) == [child]


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("sequence", {}, "sequence.of is empty"),
        ("sequence", {"of": [{"word_share": 1}]}, "'method' is missing"),
        ("sequence", {"of": [{"method": "synonym"}]}, "unknown name 'synonym'"),
        ("sequence", {"of": [{"method": "spelling", "share": 1}]}, r"sequence\.of\.0\.spelling\.share is not a known"),
        ("nlpaug", {"flow": [{"augmenter": "char.KeybordAug"}]}, "Did you mean 'char.KeyboardAug'"),
        ("nlpaug", {"flow": [{"augmenter": "char.KeyboardAug", "wrong": 1}]}, "could not be made"),
        ("nlpaug", {"flow": [{"augmenter": "word.WordEmbsAug"}]}, "could not be made: .*model_type"),
        ("sequence", {"of": [{"method": "spelling", "factor": 1}]}, r"spelling\.factor belongs to the whole sequence"),
        ("sequence", {"of": [{"method": "spelling", "min_cosine": 0.9}]}, r"min_cosine belongs to the whole"),
        ("sequence", {"of": [{"method": "back_translation", "engine": "deepl"}]}, "unknown name 'deepl'"),
        ("synonyms", {"languages": ["zh"], "thesaurus": {"zh": "no/such.txt"}}, "No such file"),
        ("random_swap", {"word_share": 0}, r"random_swap\.word_share"),
        ("random_delete", {"word_share": 2.0}, r"random_delete\.word_share"),
    ],
)
def test_wrong_flows_are_named(name, values, message):
    with pytest.raises(PipelineError, match=message):
        build(name, values, Models())


@pytest.mark.parametrize(
    "methods",
    [
        {"sequence": {"of": [{"method": "synonym"}]}},
        {"sequence": {"of": [{"method": "sequence", "of": []}]}},
        {"nlpaug": {"flow": [{"augmenter": "char.Keybord"}]}},
        {"back_translation": {"engine": "deepl"}},
    ],
)
def test_names_are_checked_when_params_are_read_even_of_methods_that_are_off(methods):
    [(name, values)] = methods.items()
    with pytest.raises(PipelineError, match=rf"augment\.methods\.{name}"):
        enabled_methods(Params(methods={name: {**values, "enabled": False}}))


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


def test_what_nlpaug_cannot_work_with_is_told_with_the_remedy(monkeypatch):
    import nltk

    quoted = {"flow": [{"augmenter": "char.RandomCharAug", "aug_char_p": "0.5"}]}
    with pytest.raises(PipelineError, match=r"nlpaug\.flow: the flow could not run: TypeError: must be real number"):
        build("nlpaug", quoted, Models())([ask(TEXT)])
    monkeypatch.setattr(nltk, "download", lambda *names, **options: False)
    monkeypatch.setattr(nltk.data, "path", [])
    with pytest.raises(EngineMissingError, match=r"python -m nltk\.downloader punkt_tab"):
        build("nlpaug", {"flow": [{"augmenter": "sentence.RandomSentAug"}]}, Models())([ask(f"{TEXT}. It was good.")])


def test_spelling_changes_one_letter_of_long_words_only():
    rewrite = build("spelling", {"word_share": 0.1}, Models())
    [child] = rewrite([ask("I do not see the waiter at 20", protected=())])
    assert child.startswith("I do not see the w") or " waiter " not in child
    assert child.split()[:5] == ["I", "do", "not", "see", "the"]
    assert len(child) == len("I do not see the waiter at 20")
    assert rewrite([ask("ok no 20")]) == ["ok no 20"]


def test_chinese_synonyms_swap_words_of_the_list_and_nothing_else():
    rewrite = build("synonyms", {"languages": ["zh"], "word_share": 1.0}, Models())
    [child] = rewrite([ask("这家餐厅的味道非常好", "zh")])
    assert child != "这家餐厅的味道非常好"
    assert child.startswith("这家")
    assert child.endswith("好")
    assert rewrite([ask("哈哈", "zh"), ask("味道不好", "zh", ("味道",))]) == ["哈哈", "味道不好"]


def test_a_list_of_ones_own_serves_any_language(tmp_path):
    path = tmp_path / "de.txt"
    path.write_text("# Wörter\nschön, hübsch\n", "utf-8")
    rewrite = build("synonyms", {"languages": ["de"], "thesaurus": {"de": str(path)}}, Models())
    assert rewrite([ask("das schön Haus", "de")]) == ["das hübsch Haus"]
    path.write_text("Haus Gebäude\n", "utf-8")
    rewrite = build("synonyms", {"languages": ["de"], "thesaurus": {"de": str(path)}}, Models())
    assert rewrite([ask("Haus oder haus", "de"), ask("das Gebäude", "de")]) == ["Gebäude oder haus", "das Haus"]
    path.write_text("allein\n", "utf-8")
    with pytest.raises(PipelineError, match=r"de\.txt:1: 'allein' stands alone"):
        build("synonyms", {"languages": ["de"], "thesaurus": {"de": str(path)}}, Models())
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PipelineError, match="not UTF-8"):
        build("synonyms", {"languages": ["de"], "thesaurus": {"de": str(path)}}, Models())


def test_shipped_chinese_groups_hold_each_word_once():
    from pipeline.augment.augmenters.thesaurus import SHIPPED

    lines = [line.split() for line in SHIPPED["zh"].read_text("utf-8").splitlines() if not line.startswith("#")]
    words = [word for line in lines for word in line]
    assert len(lines) > 150
    assert len(words) == len(set(words))
    assert all(len(line) > 1 for line in lines)
