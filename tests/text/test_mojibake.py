import pytest

from pipeline.text.mojibake import repair_chinese, repair_encoding

CHINESE = [
    "你好，世界。我们今天去学校。",
    "小明 said hello，然后走了",
    "菜很好吃，送得快",
    "味道不错",
    "中国队以3比1战胜对手，进入决赛！",
    "請不要服務質量不一致，有時是熱的",
]
SOUND = [
    *CHINESE,
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏ",
    "Où es-tu, forêt élève ? À bientôt",
    "½½¾¾¿¿¡¡ «»«» ×÷×÷×÷×÷±±±±",
    "ÄÖÜäöüß und ÄÖÜ",
    "Þórður Ævar Öxará áðan",
    "АБВГ абвг «Привет»",
    "日本語のテキストです",
    "한국어 텍스트",
    "cat猫 dog毛",
    "茅台酒 毛猫",
    "魑魅魍魉 饕餮 氤氲",
    "",
]


def misread(text: str, write: str, read: str, errors: str = "strict") -> str:
    return text.encode(write).decode(read, errors)


@pytest.mark.parametrize("text", SOUND)
def test_sound_text_stays(text):
    assert repair_encoding(text) == text


@pytest.mark.parametrize("text", CHINESE)
@pytest.mark.parametrize(
    ("write", "read"), [("utf-8", "latin-1"), ("utf-8", "sloppy-windows-1252"), ("gbk", "latin-1")]
)
def test_chinese_read_as_western_comes_back(text, write, read):
    assert repair_encoding(misread(text, write, read)) == text
    assert repair_encoding(misread(misread(text, write, read), "utf-8", "latin-1")) == text


@pytest.mark.parametrize("text", ["味道不错", "味道不错 ok", "小明 said hello，然后走了的", "中文", "ok\n味道不错"])
def test_utf8_read_as_gb18030_comes_back(text):
    assert repair_encoding(misread(text, "utf-8", "gb18030")) == text


def test_what_was_read_as_gb18030_twice_comes_back():
    assert repair_encoding(misread(misread("味道不错", "utf-8", "gb18030"), "utf-8", "gb18030")) == "味道不错"


def test_lost_bytes_are_put_back_only_where_one_character_fits():
    damaged = misread("你好，世界。我们今天去学校。", "utf-8", "gbk", "replace")
    assert repair_chinese(damaged) == "你好，世界。我\ufffd今天去\ufffd校\ufffd"


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("don鈥檛 go", "don’t go"),
        ("na茂ve", "naïve"),
        ("用户说：\nÄãºÃ£¬ÊÀ½ç", "用户说：\n你好，世界"),
        ("原文 浣犲ソ锛屼笘鐣� here", "原文 你好，世\ufffd here"),
    ],
)
def test_damage_in_part_of_a_text(damaged, repaired):
    assert repair_chinese(damaged) == repaired
