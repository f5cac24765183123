"""A second labelled set of personal data, in twelve countries and their languages; the rules were written before it.

Numbers, addresses and accounts come from Faker's providers of each country (MIT; it comes with label-studio-sdk), which write them
in forms of their own, not ours; sentences are ours. Per country: telephone numbers behind a word for them, and bare ones, which count
with the setting `countries` alone; what is no personal data in the same forms.
"""

# ruff: noqa: E501 -- sentences, one country a line
from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable, Iterator

Span = tuple[int, int, str]
#: (text, entities, country, what it is, whether `countries` is set)
Example = tuple[str, list[Span], str, str, bool]

#: country -> (Faker locale, sentences around a telephone number, sentences without a word for one, around anything else)
COUNTRIES: dict[str, tuple[str, str, str, str]] = {
    "US": ("en_US", "Give us a ring at {} before five.|Fax: {}|You can text {} too|Phone: {}, ask for Dana", "{}\nDana Whitfield, Sales|Reception {} (Mon-Fri)", "Here it is: {}.|Please use {} from now on"),
    "GB": ("en_GB", "Do ring me on {} if you are late.|Tel {}|Our landline is {}, mornings only|mob. {}", "Kind regards, Priya, {}|{} - 24 hours", "That would be {}, ta.|I put down {}"),
    "DE": ("de_DE", "Sie erreichen mich telefonisch unter {}.|Telefon: {}|Meine Handynummer lautet {}|Rufen Sie {} an", "Mit freundlichen Grüßen, Jonas Weber, {}|Empfang {}", "Es ist {}.|Bitte {} verwenden"),
    "FR": ("fr_FR", "Appelez-moi au {} après 18 h.|Tél. : {}|Mon numéro est le {}|Téléphone {}", "Cordialement, Chloé Martin - {}|Accueil {}", "C'est {}.|Merci d'utiliser {}"),
    "ES": ("es_ES", "Llámame al {} por la tarde.|Teléfono: {}|Mi móvil es {}|Tel. {}", "Un saludo, Lucía, {}|Recepción {}", "Es {}.|Por favor, usa {}"),
    "IT": ("it_IT", "Mi chiami al {} dopo le otto.|Tel.: {}|Il mio cellulare è {}|Telefono {}", "Cordiali saluti, Marco Rossi, {}|Portineria {}", "È {}.|Si prega di usare {}"),
    "NL": ("nl_NL", "Bel me op {} na zes uur.|Telefoon: {}|Mijn mobiel is {}|Tel. {}", "Groet, Sanne, {}|Receptie {}", "Het is {}.|Gebruik {} alstublieft"),
    "PL": ("pl_PL", "Proszę zadzwonić pod {}.|Telefon: {}|Tel. kom. {}|Mój numer telefonu to {}", "Pozdrawiam, Ola, {}|Recepcja {}", "To jest {}.|Proszę użyć {}"),
    "BR": ("pt_BR", "Me liga no {} depois das seis.|Telefone: {}|Meu celular é {}|Tel {}", "Abraços, João, {}|Portaria {}", "É {}.|Por favor use {}"),
    "CN": ("zh_CN", "有事打我手机{}。|联系电话：{}|请拨打{}咨询|电话 {}，找小陈", "此致，陈芳，{}|前台 {}", "是{}。|请用{}"),
    "JP": ("ja_JP", "ご連絡は電話 {} までお願いします。|電話番号：{}|携帯は{}です|TEL {}", "よろしくお願いします。田中 {}|受付 {}", "{}です。|{}を使ってください"),
    "IN": ("en_IN", "Kindly call {} for details.|Mobile: {}|WhatsApp {} anytime|Contact no. {}", "Regards, Anjali Rao, {}|Front desk {}", "It is {}.|Kindly use {}"),
}  # fmt: skip

#: What is no personal data: a word in each language before it, and in English and Chinese for all.
_NUMBERED: dict[str, str] = {
    "US": "Order #{} shipped.|Your tracking number is {}|Invoice no. {} is due",
    "GB": "Parcel {} is with the courier.|Ref: {}|Booking reference {}",
    "DE": "Bestellnummer {} wurde versandt.|Rechnung Nr. {}|Sendungsnummer: {}",
    "FR": "Commande n° {} expédiée.|Facture {}|Numéro de suivi : {}",
    "ES": "Pedido {} enviado.|Factura n.º {}|Número de seguimiento: {}",
    "IT": "Ordine {} spedito.|Fattura n. {}|Numero di spedizione: {}",
    "NL": "Bestelling {} is onderweg.|Factuur {}|Ordernummer: {}",
    "PL": "Zamówienie {} wysłane.|Faktura nr {}|Numer przesyłki: {}",
    "BR": "Pedido {} enviado.|Nota fiscal {}|Código de rastreio: {}",
    "CN": "订单{}已发货。|快递单号：{}|流水号 {}",
    "JP": "注文番号 {} を発送しました。|伝票番号：{}|追跡番号 {}",
    "IN": "Your order {} is packed.|AWB {}|Invoice number {}",
}
_BARE = [
    ("version", lambda r: f"{r.randint(1, 30)}.{r.randint(0, 20)}.{r.randint(0, 99)}", "Update to {} today.|{} is broken|升级到 {}"),
    ("year range", lambda r: f"{r.randint(1900, 1999)}-{r.randint(2000, 2030)}", "It was {}.|{}年间"),
    ("price", lambda r: f"{r.randint(1, 999)},{r.randint(100, 999)}.{r.randint(10, 99)}", "It sold for ${}.|共 {} 元"),
    ("date", lambda r: f"{r.randint(1, 28):02}.{r.randint(1, 12):02}.{r.randint(1990, 2030)}", "Since {}.|{} it rained"),
    ("isbn13", None, "ISBN {}|Read {} (Penguin)|书号 {}"),
    ("isbn10", None, "ISBN-10: {}|see {}"),
    ("ean", None, "EAN {}|barcode {}"),
    ("population", lambda r: f"{r.randint(1, 99)} {r.randint(100, 999)} {r.randint(100, 999)}", "The city has {} people.|{} votes were cast"),
    ("uuid", None, "session {}|id {}"),
    ("ratio", lambda r: f"{r.randint(1, 9)}:{r.randint(10, 59)}:{r.randint(10, 59)}.{r.randint(100, 999)}", "lap {}|用时 {}"),
    ("remote", lambda r: f"git@{r.choice(['git', 'code', 'src'])}.example.org:{r.choice(['ops', 'web'])}/{r.choice(['app', 'site'])}.git", "git clone {}|push to {} please|克隆 {}"),
    ("package", lambda r: f"{r.choice(['left-pad', 'react', 'lodash'])}@{r.randint(1, 20)}.{r.randint(0, 9)}.{r.randint(0, 9)}", "npm i {}|uses {}"),
    ("placeholder key", lambda r: r.choice(["YOUR_API_KEY_HERE", "sk-xxxxxxxxxxxxxxxxxxxxxxxx", "<your-token>"]), "api_key = {}|token: {}"),
    ("placeholder URL", lambda r: r.choice(["postgres://user:password@localhost/db", "https://$USER:$PASS@host.example.com/"]), "set DSN={}|use {}"),
]  # fmt: skip


def labelled_set(count: int, seed: int = 1) -> list[Example]:
    """`count` texts, countries in turn; of six: two telephone numbers, one bare, one other entity, two that hold none."""
    from faker import Faker

    rng = random.Random(seed)
    fakers = {}
    for number, (country, (locale, *_)) in enumerate(COUNTRIES.items()):
        fakers[country] = Faker(locale)
        fakers[country].seed_instance(seed * 100 + number)
    found = []
    for n in range(count):
        country = list(COUNTRIES)[n % len(COUNTRIES)]
        found.append(_example(country, n // len(COUNTRIES) % 6, fakers[country], rng))
    return found


def _example(country: str, turn: int, fake, rng: random.Random) -> Example:
    _, cued, bare, plain = COUNTRIES[country]
    if turn < 2:
        return _placed(rng.choice(cued.split("|")), _phone(fake, country, rng), "phone", country, False)
    if turn == 2:
        return _placed(rng.choice(bare.split("|")), _phone(fake, country, rng), "phone", country, True)
    if turn == 3:
        kind = rng.choice(
            [k for k in sorted(_KINDS) if k not in ("cn_id", "us_ssn") or country == {"cn_id": "CN", "us_ssn": "US"}[k]]
        )
        value = _KINDS[kind](fake, rng)
        if kind in ("email", "card") and rng.random() < 0.15:
            value = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)
        frame = rng.choice(plain.split("|"))
        prefix = (
            rng.choice(["https://deploy:{}@ci.example.net/x", "amqp://svc:{}@mq.example.net:5672"])
            if kind == "password"
            else "{}"
        )
        return _placed(frame.replace("{}", prefix), value, kind, country, rng.random() < 0.5)
    if turn == 4:
        digits = "".join(rng.choice(string.digits) for _ in range(rng.choice([8, 9, 10, 11, 12, 13, 14])))
        shape = rng.choice(
            [
                digits,
                digits,
                f"{digits[:3]}-{digits[3:7]}-{digits[7:]}",
                f"{digits[:4]} {digits[4:8]} {digits[8:]}".strip(),
            ]
        )
        return (
            rng.choice(_NUMBERED[country].split("|")).replace("{}", shape),
            [],
            country,
            "numbered",
            rng.random() < 0.5,
        )
    what, make, frames = rng.choice(_BARE)
    value = make(rng) if make else str(getattr(fake, {"uuid": "uuid4", "ean": "ean13"}.get(what, what))())
    return rng.choice(frames.split("|")).replace("{}", value), [], country, what, rng.random() < 0.5


def _placed(frame: str, value: str, kind: str, country: str, with_country: bool) -> Example:
    start = frame.index("{}")
    return frame.replace("{}", value), [(start, start + len(value), kind)], country, kind, with_country


def _phone(fake, country: str, rng: random.Random) -> str:
    number = fake.phone_number()
    if country == "CN" and rng.random() < 0.4:
        number = f"{rng.choice(['010', '021', '0571', '(0755)'])}{rng.choice(['-', ' ', ''])}{rng.randint(2, 8)}{rng.randint(10**6, 10**7 - 1)}"
    if country in ("FR", "DE", "BE") and rng.random() < 0.2:
        number = number.replace(" ", ".")
    if rng.random() < 0.05:
        number = number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789+-()"})
    return number


def _letters(rng: random.Random, alphabet: str, size: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(size))


_WORDS = string.ascii_letters + string.digits


def _secret(fake, rng: random.Random) -> str:
    b64 = _WORDS + "-_"
    jwt = ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"HS256"}', b'{"sub":"%d"}' % rng.randint(1, 10**9))
    )
    return rng.choice([
        "AKIA" + _letters(rng, string.ascii_uppercase + "234567", 16),
        "ghp_" + _letters(rng, _WORDS, 36),
        "github_pat_" + _letters(rng, _WORDS, 22) + "_" + _letters(rng, _WORDS, 59),
        "glpat-" + _letters(rng, b64, 20),
        "xoxb-" + _letters(rng, string.digits, 12) + "-" + _letters(rng, string.digits, 12) + "-" + _letters(rng, _WORDS, 24),
        "sk_live_" + _letters(rng, _WORDS, 24),
        "AIza" + _letters(rng, b64, 35),
        "sk-proj-" + _letters(rng, b64, 74),
        "hf_" + _letters(rng, _WORDS, 34),
        f"{jwt}.{_letters(rng, b64, 43)}",
        "SG." + _letters(rng, b64, 22) + "." + _letters(rng, b64, 43),
    ])  # fmt: skip


def _private_key(fake, rng: random.Random) -> str:
    kind = rng.choice(["RSA ", "EC ", "OPENSSH ", ""])
    lines = "\n".join(_letters(rng, _WORDS + "+/", 64) for _ in range(rng.randint(3, 12)))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


def _card(fake, rng: random.Random) -> str:
    kind = rng.choice(["visa16", "mastercard", "amex", "discover", "jcb16", "diners", "maestro", "unionpay"])
    if kind in ("maestro", "unionpay"):
        head = {"maestro": rng.choice(["6759", "5018", "6304", "6761"]), "unionpay": "62"}[kind]
        size = rng.choice({"maestro": [16, 18, 19], "unionpay": [16, 19]}[kind])
        body = head + _letters(rng, string.digits, size - len(head) - 1)
        total = sum(d if n % 2 else d * 2 - 9 * (d > 4) for n, d in enumerate(map(int, reversed(body))))
        number = f"{body}{-total % 10}"
    else:
        from faker import Faker  # providers of other countries know fewer cards

        issuer = Faker("en_US")
        issuer.seed_instance(rng.random())
        number = issuer.credit_card_number(kind)
    join = rng.choice(["", "", " ", "-"])
    sizes = [4, 6, 5] if len(number) == 15 else [4, 6, 4] if len(number) == 14 else [4] * 5
    groups, place = [], 0
    for size in sizes:
        groups.append(number[place : place + size])
        place += size
    return join.join(group for group in groups if group)


def _iban(fake, rng: random.Random) -> str:
    from faker import Faker  # some providers make numbers of a wrong length (their own country has none)

    bank = Faker(rng.choice(["de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "en_GB", "no_NO", "pt_PT", "fi_FI"]))
    bank.seed_instance(rng.random())
    number = bank.iban()
    number = number.lower() if rng.random() < 0.25 else number
    return " ".join(number[n : n + 4] for n in range(0, len(number), 4)) if rng.random() < 0.5 else number


_KINDS: dict[str, Callable] = {
    "email": lambda fake, rng: fake.email(),
    "card": _card,
    "iban": _iban,
    "secret": _secret,
    "password": lambda fake, rng: (
        fake.password(length=rng.randint(8, 16), special_chars=False) + rng.choice(["", "!", "-9", "%21"])
    ),
    "private_key": _private_key,
    "cn_id": lambda fake, rng: fake.ssn(),
    "us_ssn": lambda fake, rng: fake.ssn(),
}


def partial(text: str, truth: list[Span], spans: list[Span]) -> Iterator[Span]:
    """Entities of which a part, and not the whole, was found."""
    for start, end, kind in truth:
        touching = [s for s in spans if s[0] < end and start < s[1]]
        if touching and not any(s[0] <= start + 1 and end <= s[1] + 1 for s in touching):
            yield start, end, kind
