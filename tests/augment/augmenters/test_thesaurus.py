import pytest

from pipeline.augment.augmenters import build
from pipeline.augment.augmenters.request import Request
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.modeling.models import Models


def ask(text, lang="en", protected=()):
    return Request(text, lang, content_id(text), protected)


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
