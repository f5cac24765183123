"""Personal data and secrets: what is found, whole; what is none."""

from itertools import pairwise

import pytest

from pipeline.text.personal_data import KINDS, find, masked

KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
LONG = "kR7vT2mQ9xB4nZ8cL5wJ1hD6fG3sP0yA" * 2
PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEAx7k2\n" * 4 + "-----END RSA PRIVATE KEY-----"

FOUND = [
    ("Mail jo@example.org now", "jo@example.org", "email"),
    ("ring leaked.person6 AT example DOT com", "leaked.person6 AT example DOT com", "email"),
    ("写给ｌｅａｋｅｄ７＠ｅｘａｍｐｌｅ．ｃｏｍ吧", "ｌｅａｋｅｄ７＠ｅｘａｍｐｌｅ．ｃｏｍ", "email"),
    ("Call +49 (0)30 901820.", "+49 (0)30 901820", "phone"),
    ("Fax: 0049 30 1234567", "0049 30 1234567", "phone"),
    ("Tel. 030 / 90 18 20", "030 / 90 18 20", "phone"),
    ("Tel. kom. 735 298 415", "735 298 415", "phone"),
    ("+1 (555) 010-9999 x23", "+1 (555) 010-9999 x23", "phone"),
    ("电话（０１０）６２７８－１２３４", "（０１０）６２７８－１２３４", "phone"),
    ("携帯は090-1234-5678です", "090-1234-5678", "phone"),
    ("找我：+86-139-1234-5678", "+86-139-1234-5678", "cn_mobile"),
    ("６０１１ ０００９ ９０１３ ９４２４", "６０１１ ０００９ ９０１３ ９４２４", "card"),
    ("JCB 3530 1113 3330 0000", "3530 1113 3330 0000", "card"),
    ("Fone: (11) 91234-5678", "(11) 91234-5678", "phone"),
    ("Maestro: 6759649826438453", "6759649826438453", "card"),
    ("my card 560000001233 is lost", "560000001233", "card"),
    ("de89 3704 0044 0532 0130 00 bitte", "de89 3704 0044 0532 0130 00", "iban"),
    ("身份证11010519491231002X的", "11010519491231002X", "cn_id"),
    ("SSN 123-45-6708", "123-45-6708", "us_ssn"),
    ("from 2001:db8::1 on", "2001:db8::1", "ip"),
    (f"token={KEY}.", KEY, "secret"),
    ("在代码`AKIAQYLPMN5HHHFPZAM2`里", "AKIAQYLPMN5HHHFPZAM2", "secret"),
    ('api_key = "q8Zr4Lk0Tn2Vb7Xc5Md1"', "q8Zr4Lk0Tn2Vb7Xc5Md1", "secret"),
    (f"密钥：\n{PEM}\n完", PEM, "private_key"),
    ("用https://svc:m8kSc-fiQ!@ci.example.net/x", "m8kSc-fiQ!", "password"),
    ("redis://:kecoA1Zm77Ob@cache.example:6379", "kecoA1Zm77Ob", "password"),
    ("请求头Authorization: Basic Ym9iOnRWNmU2NnN5b1ha", "Ym9iOnRWNmU2NnN5b1ha", "secret"),
    (f"key sk-proj-_{LONG}", f"sk-proj-_{LONG}", "secret"),
    (f"`sk-ant-oat01-{LONG}`", f"sk-ant-oat01-{LONG}", "secret"),
    (f"gsk_{LONG}", f"gsk_{LONG}", "secret"),
    (f"xai-{LONG}a9", f"xai-{LONG}a9", "secret"),
    ("http://x.example/?token=SECRETTOKEN9&a=1", "SECRETTOKEN9", "password"),
]

NOT_FOUND = [
    "",
    "Call 911!",
    "Order 4111 1111 1111 1112",
    "order 5551234567 shipped",
    "my phone order no. 5551234567",
    "My tracking number is 435 389 0406",
    "my policy number is fgt 123654987",
    "注文番号 375-9865-2427 を発送しました。",
    "Fattura n. 8771 6528 03",
    "Ihre Sendung 00340434161094042557",
    "顺丰 SF1234567890123，快递单号13812345678",
    "ISBN 978-0-306-40615-7, 0-278-16991-0",
    "EAN 4006381333931",
    "版本1.2.3.4, driver 10.0.19045.3803",
    "2026-11-21 10:15:00, 1990-2004, 12.05.1999",
    "1 234 567 people called",
    "立博：2.37/3.00/2.75，主胜",
    "4111111111111111 mod 7",
    "code GB59 BARC 0806 3488 2668 21 is invalid",
    "git clone git@git.example.org:ops/app.git; ssh me@host.example.org",
    "npm i left-pad@1.3.0, logo@2x.png",
    "postgres://user:password@localhost/db https://$USER:$PASS@host.example.com/",
    "api_key = YOUR_API_KEY_HERE, token: sk-xxxxxxxxxxxxxxxxxxxxxxxx",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "-----BEGIN RSA PRIVATE KEY-----",
    "sk-toggleable__content-and-a-long-name-1, sk-learn-and-other-things-2",
    "Authorization: Basic abcdefghijklmn12",
    "Mozilla/5.0 Chrome/120.0.7581.230 Safari/537.36, nginx/4.14.86.59",
    "3f786850-e387-550f-dab8-36ed7e6dc881, sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "```\nx = 4111111111111111\nmail('jo@example.org')\n```",
]


@pytest.mark.parametrize(("text", "entity", "kind"), FOUND)
def test_entities_are_found_whole(text, entity, kind):
    assert [(text[start:end], found) for start, end, found in find(text)] == [(entity, kind)]


def test_every_kind_has_an_example():
    assert {kind for *_, kind in FOUND} == set(KINDS)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_no_personal_data_is_left(text):
    assert find(text) == []


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Recepcja 733 195 545", "PL"),
        ("Portineria 3204017536", "IT"),
        ("Reception 8233732455 (Mon-Fri)", "US"),
        ("Front desk 9147542355", "IN"),
        ("Empfang 030 901820", "DE"),
        ("Accueil 01.42.68.53.00", "FR"),
    ],
)
def test_national_numbers_count_by_country(text, country):
    assert find(text) == []
    assert [kind for *_, kind in find(text, [country])] == ["phone"]
    assert find(f"order {text.partition(' ')[2]}".replace("desk ", ""), [country]) == []


@pytest.mark.parametrize(
    "text",
    [
        "52.376394, -106.904460 and 0.102484",
        "arXiv:2221.56363",
        "学号2373542635",
        "Chrome/120.0.3476.173 Safari/537.36",
    ],
)
def test_places_papers_students_and_versions_are_no_numbers_of_a_country(text):
    assert find(text, ["US", "CN", "DE", "GB", "FR"]) == []


def test_spans_do_not_overlap_and_are_in_order():
    text = "a@b.com, +44 20 7946 0001; de89370400440532013000 https://u:Zx9q1@h.example.org"
    spans = find(text)
    assert [kind for *_, kind in spans] == ["email", "phone", "iban", "password"]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize(
    "text",
    [
        "postgres://u:p%40ss1@db:5432/x",
        "https://example.org/?token=abcd1234efgh5678",
        "write to a@b.com or +44 20 7946 0001",
        "DE89370400440532013000, 4111 1111 1111 1111, 11010519491231002X",
        "aws key AKIAIOSFODNN7EXAMPLQ",
    ],
)
def test_what_masking_wrote_is_nothing_to_mask(text):
    once = masked(text, find(text), {})
    assert once != text
    assert find(once) == []
