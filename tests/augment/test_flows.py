import random

import pytest

from pipeline.augment.augmenters import augmenter, build
from pipeline.augment.augmenters.request import Request, as_written
from pipeline.errors import PipelineError
from pipeline.modeling.models import Models
from pipeline.record import content_id

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
        ("synonyms", {"languages": ["zh"], "thesaurus": {"zh": "no/such.txt"}}, "No such file"),
        ("random_swap", {"word_share": 0}, r"random_swap\.word_share"),
        ("random_delete", {"word_share": 2.0}, r"random_delete\.word_share"),
    ],
)
def test_wrong_flows_are_named(name, values, message):
    with pytest.raises(PipelineError, match=message):
        build(name, values, Models())


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
