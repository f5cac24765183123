"""The labelled set of benchmarks/pii.py: generated sentences with personal data, and with what only looks like it."""

from __future__ import annotations

import random
from collections.abc import Callable

Span = tuple[int, int, str]
Maker = Callable[[random.Random], str]


def digits(rng: random.Random, count: int, first: str = "0123456789") -> str:
    return rng.choice(first) + "".join(rng.choice("0123456789") for _ in range(count - 1))


def luhn_digit(number: str) -> int:
    total = sum(d if n % 2 else d * 2 - 9 * (d > 4) for n, d in enumerate(map(int, reversed(number))))
    return -total % 10


def card(rng: random.Random, shift: int = 0) -> str:
    start, size = rng.choice([("4", 16), ("51", 16), ("55", 16), ("34", 15), ("6011", 16), ("62", 16), ("62", 19)])
    number = start + digits(rng, size - 1 - len(start))
    number += str((luhn_digit(number) + shift) % 10)
    join = rng.choice([" ", "-", "", " "])
    if size == 15:
        return join.join([number[:4], number[4:10], number[10:]])
    return join.join(number[n : n + 4] for n in range(0, size, 4))


def cn_id(rng: random.Random, shift: int = 0) -> str:
    area = rng.choice(["110105", "310101", "440305", "510104", "330106"])
    day = f"{rng.randint(1950, 2010)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    number = area + day + digits(rng, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = sum(w * int(c) for w, c in zip(weights, number, strict=True)) % 11
    return number + "10X98765432"[(check + shift) % 11]


def iban(rng: random.Random, shift: int = 0) -> str:
    country, size = rng.choice([("DE", 18), ("FR", 23), ("GB", 18), ("NL", 14), ("ES", 20)])
    body = digits(rng, size)
    if country in ("GB", "NL"):
        body = rng.choice(["NWBK", "ABNA", "BARC", "INGB"]) + body[4:]
    letters = "".join(str(int(c, 36)) for c in f"{body}{country}00")
    check = f"{(98 - int(letters) % 97 + shift - 1) % 97 + 1:02}"
    number = country + check + body
    return " ".join(number[n : n + 4] for n in range(0, len(number), 4)) if rng.random() < 0.6 else number


def email(rng: random.Random) -> str:
    first, last = (
        rng.choice(["ann", "li.wei", "j_smith", "Maria", "zhang3", "o-brien"]),
        rng.choice(["", "+news", ".k", "88"]),
    )
    host = rng.choice(["example.com", "mail.example.co.uk", "example.cn", "corp.example.org", "163.example.com.cn"])
    return f"{first}{last}@{host}"


def cn_mobile(rng: random.Random) -> str:
    number = "1" + rng.choice("3456789") + digits(rng, 9)
    form = rng.choice(["{}", "{}", "+86 {}", "86-{}", "{a} {b} {c}", "{a}-{b}-{c}", "+86{}"])
    return form.format(number, a=number[:3], b=number[3:7], c=number[7:])


def us_phone(rng: random.Random) -> str:
    a, b, c = digits(rng, 3, "2345679"), digits(rng, 3, "2345679"), digits(rng, 4)
    form = rng.choice(
        ["({a}) {b}-{c}", "{a}-{b}-{c}", "{a}.{b}.{c}", "+1 {a} {b} {c}", "1-{a}-{b}-{c}", "{a} {b} {c}", "+1{a}{b}{c}"]
    )
    return form.format(a=a, b=b, c=c)


def uk_phone(rng: random.Random) -> str:
    a, b = digits(rng, 4, "2345678"), digits(rng, 4)
    mobile = "07" + digits(rng, 3) + rng.choice([" ", ""]) + digits(rng, 6)
    return rng.choice([f"020 {a} {b}", f"+44 20 {a} {b}", f"+44 (0)20 {a} {b}", f"(020) {a} {b}", mobile])


def cn_landline(rng: random.Random) -> str:
    area = rng.choice(["010", "021", "0755", "0571", "028"])
    number = digits(rng, 8, "2345678")
    return rng.choice(
        [
            f"{area}-{number}",
            f"({area}){number}",
            f"{area} {number}",
            f"+86 {area[1:]} {number}",
            f"400-{digits(rng, 3)}-{digits(rng, 4)}",
        ]
    )


def ipv4(rng: random.Random) -> str:
    return ".".join(str(rng.randint(1, 254)) for _ in range(4))


def ipv6(rng: random.Random) -> str:
    groups = [f"{rng.randint(0, 65535):x}" for _ in range(8)]
    return rng.choice([":".join(groups), f"2001:db8::{groups[0]}", f"fe80::{groups[0]}:{groups[1]}"])


def ssn(rng: random.Random) -> str:
    return f"{rng.choice([123, 219, 456, 512, 601, 733]):03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


#: Kind of entity -> (what makes one, English frames, Chinese frames); frames are separated by |.
ENTITIES: dict[str, list[tuple[Maker, str, str]]] = {
    "email": [
        (
            email,
            "Write to {}.|my mail is {} thanks|Contact: {}|<{}>|{}, please reply",
            "请发邮件至{}。|邮箱：{}|我的邮箱是{}，谢谢|联系{}即可",
        )
    ],
    "card": [
        (
            card,
            "Card {} was charged twice.|my card number is {}|Visa: {}|paid with {} yesterday",
            "银行卡号{}被重复扣款|卡号：{}|我用{}付的款。",
        )
    ],
    "cn_id": [
        (
            cn_id,
            "ID {} was checked|Chinese ID card no. {}",
            "身份证号{}|身份证：{}。|我的身份证{}已过期|证件号码 {}，请核对",
        )
    ],
    "cn_mobile": [(cn_mobile, "Call {} in Shenzhen.|mobile {}", "手机号{}|请打{}找我|电话：{}。|联系方式{}，微信同号")],
    "phone": [
        (us_phone, "Call me at {}.|phone {} after six|Tel: {}|my number is {}, thanks", "请致电{}|美国电话：{}。"),
        (uk_phone, "Ring {} before noon.|Tel. {}|our office: {}", "英国电话{}"),
        (cn_landline, "Beijing office: {}|hotline {}", "电话：{}|客服热线{}，全天|请拨打{}转8001"),
    ],
    "ip": [
        (ipv4, "host {} is down|Blocked {} again.|ping {}", "服务器{}无响应|地址：{}。"),
        (ipv6, "host {} is down|address {}", "地址 {} 无法访问"),
    ],
    "iban": [(iban, "Transfer to {}.|IBAN: {}|my account {} please", "请汇款到 {} 。")],
    "us_ssn": [(ssn, "SSN {} on file|my social security number is {}.", "社会安全号 {}")],
}

NEGATIVES: list[tuple[str, Maker, str, str]] = [
    (
        "wrong card digit",
        lambda r: card(r, r.randint(1, 9)),
        "Order {} has shipped.|reference {}",
        "订单{}已发货|流水号：{}",
    ),
    ("wrong id digit", lambda r: cn_id(r, r.randint(1, 10)), "batch {}", "批次号{}|单号 {}，请核对"),
    ("wrong iban digit", lambda r: iban(r, r.randint(1, 96)), "code {} is invalid", "编号 {} 无效"),
    (
        "order number",
        lambda r: digits(r, r.choice([8, 9, 12, 14, 20]), "23456789"),
        "Order {} is late.|ticket #{}|invoice no. {}",
        "订单号{}|单号：{}。",
    ),
    (
        "coded number",
        lambda r: f"{r.choice(['ORD', 'INV', 'SKU', 'RMA'])}-{digits(r, 4)}-{digits(r, 4)}",
        "{} is late|see {}",
        "订单{}|型号{}缺货",
    ),
    (
        "version",
        lambda r: ".".join(str(r.randint(0, 30)) for _ in range(3)),
        "version {} crashes|v{} is out|upgrade to {}",
        "升级到{}版本|版本号：{}",
    ),
    (
        "four-part version",
        lambda r: f"{r.randint(1, 120)}.{r.randint(0, 9)}.{r.randint(0, 99)}.{r.randint(0, 200)}",
        "Chrome version {} crashes|firmware v{}|build {} of the driver",
        "固件版本{}|版本号：{}",
    ),
    (
        "long version",
        lambda r: f"{r.randint(1, 120)}.0.{r.randint(1000, 9000)}.{r.randint(10, 200)}",
        "Chrome {} crashes|build {}",
        "浏览器{}崩溃",
    ),
    (
        "date",
        lambda r: r.choice(
            [
                "{y}-{m:02}-{d:02}",
                "{d:02}/{m:02}/{y}",
                "{m}.{d}.{y}",
                "{y}{m:02}{d:02}",
                "{y}-{m:02}-{d:02} 10:{m:02}:{d:02}",
            ]
        ).format(y=r.randint(1990, 2030), m=r.randint(1, 12), d=r.randint(1, 28)),
        "due {}|On {} it broke.|since {}",
        "截止{}|日期：{}。",
    ),
    ("years", lambda r: f"{r.randint(1900, 1999)}-{r.randint(2000, 2030)}", "from {}|the years {}", "{}年间"),
    (
        "price",
        lambda r: r.choice(["${:,.2f}", "{:,.2f} USD", "{:.2f}"]).format(r.random() * 10 ** r.randint(2, 8)),
        "it costs {}|I paid {} for it",
        "售价{}|共计{}元",
    ),
    (
        "ISBN",
        lambda r: f"978-{digits(r, 1)}-{digits(r, 3)}-{digits(r, 5)}-{digits(r, 1)}",
        "ISBN {}|the book {}",
        "书号{}",
    ),
    ("score", lambda r: f"{r.randint(0, 120)}-{r.randint(0, 120)}", "won {}|it ended {}", "比分{}"),
    ("coordinates", lambda r: f"{r.uniform(-90, 90):.6f}, {r.uniform(-180, 180):.6f}", "at {}|location {}", "坐标{}"),
    ("time", lambda r: f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}", "at {}|took {}", "耗时{}"),
    (
        "hash",
        lambda r: "".join(r.choice("0123456789abcdef") for _ in range(r.choice([7, 16, 32, 40]))),
        "commit {}|sha {}",
        "提交{}",
    ),
    ("MAC address", lambda r: ":".join(f"{r.randint(0, 255):02x}" for _ in range(6)), "device {}", "设备{}"),
    (
        "handle",
        lambda r: f"@{r.choice(['ann', 'li_wei', 'bob'])}{r.randint(1, 9999)}",
        "thanks {}|{} agrees",
        "感谢{}|{} 说得对",
    ),
    ("URL", lambda r: f"https://example.com/{digits(r, 11, '1')}/item?id={digits(r, 12)}", "see {}", "见 {} "),
    (
        "part number",
        lambda r: f"{digits(r, 3)}-{digits(r, 2)}{r.choice('ABC')}-{digits(r, 4)}",
        "part {}|model {}",
        "型号{}",
    ),
    ("timestamp", lambda r: str(r.randint(1_400_000_000_000, 1_900_000_000_000)), "timestamp {}|at {} ms", "时间戳{}"),
    ("long identifier", lambda r: digits(r, 11, "2456789"), "user id {}|account {}", "用户编号{}"),
    ("sum", lambda r: f"{r.randint(100, 999)} + {r.randint(100, 999)} = {r.randint(200, 1999)}", "so {}", "算得{}"),
    ("ratio", lambda r: f"{r.randint(1, 99)}.{r.randint(10, 99)} %", "grew by {}", "增长{}"),
    (
        "plain",
        lambda r: "",
        "I waited for 20 minutes and got 3 of 10 items.|Room 1204, floor 12, 8 am",
        "我等了20分钟，10件只到了3件。|12楼1204室，早上8点",
    ),
]


def labelled_set(count: int, seed: int = 0) -> list[tuple[str, list[Span], str, str]]:
    """(text, entities, language, what it is), half of the texts with an entity."""
    rng = random.Random(seed)
    found = []
    for n in range(count):
        lang = "zh" if rng.random() < 0.5 else "en"
        if n % 2:
            kind = rng.choice(sorted(ENTITIES))
            make, english, chinese = rng.choice(ENTITIES[kind])
            entity = make(rng)
            frame = rng.choice((chinese if lang == "zh" else english).split("|"))
            start = frame.index("{}")
            found.append((frame.replace("{}", entity), [(start, start + len(entity), kind)], lang, kind))
        else:
            name, make, english, chinese = rng.choice(NEGATIVES)
            frame = rng.choice((chinese if lang == "zh" else english).split("|"))
            found.append((frame.replace("{}", make(rng)), [], lang, name))
    return found
