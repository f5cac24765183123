"""What stands around a number: whether the text calls it a phone number, or something else, or reckons with it."""

from __future__ import annotations

import re
from typing import Literal

_WINDOW = 48  # characters before a number in which a word about it is looked for; a guess: not measured


def phone_cue(text: str, start: int, end: int) -> Literal["strong", "weak"] | None:
    """Whether words around say that a phone number stands at [start, end): `Tel.`, 电话 (strong), `call`, 联系 (weak).

    The word next before the number counts: in `phone order no. 5551234567` that is no phone's.
    """
    before = text[max(0, start - _WINDOW) : start]
    strong, weak, other = (_last_end(pattern, before) for pattern in (_STRONG, _WEAK, _OTHER))
    if _AFTER.match(text, end):
        return "strong"
    if max(strong, weak) <= other:
        return None
    if strong >= 0 and _may_stand_between(before[strong:]):
        return "strong"
    return "weak" if weak >= 0 and _may_stand_between(before[weak:]) else None


def called_otherwise(text: str, start: int) -> bool:
    """Whether the words before a number call it an order, a waybill, a version or the like, and no phone or card."""
    before = text[max(0, start - _WINDOW) : start]
    other = _last_end(_OTHER, before)
    nearer = max(_last_end(_STRONG, before), _last_end(_WEAK, before), _last_end(_OWN, before))
    return other >= max(nearer, 0) and _may_stand_between(before[other:])


def called_a_card(text: str, start: int) -> bool:
    """Whether the words before a number say that a payment card's follows."""
    before = text[max(0, start - _WINDOW) : start]
    own = _last_end(_OWN, before)
    return own > _last_end(_OTHER, before) and _may_stand_between(before[own:])


def is_sum(text: str, start: int, end: int) -> bool:
    """Whether the text reckons with the number: `4111111111111111 mod 7`."""
    return _RECKONED.match(text, end) is not None or _RECKONS.search(text[max(0, start - 24) : start]) is not None


def _last_end(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def _may_stand_between(text: str) -> bool:
    """A few words and signs, no figure, no end of a sentence."""
    return len(text) <= 28 and _BETWEEN.fullmatch(text) is not None


_BETWEEN = re.compile(r"[.:]?(?:[^\d.!?。！？;；\n]|\.(?=\S))*|\s*\n\s*", re.ASCII)

#: Words for telephones in the languages of the countries below, and short ways of naming a phone number.
_STRONG = re.compile(
    r"\b(?:(?:tele|cell|i|smart)?phones?(?: ?(?:number|no|nr|num))?|tel(?:\.? ?(?:no|nr|kom|number))?"
    r"|mob(?:ile)?(?: ?(?:number|no|phone))?"
    r"|cell(?: ?(?:number|no|phone))?|fax(?: ?(?:number|no))?|ph|hotline|helpline|landline|whats ?app"
    r"|fone|contact (?:number|no)|number to (?:call|reach|dial)|telefon\w*|handy(?:nummer)?"
    r"|mobil(?:e|telefon|nummer|funk)\w*|rufnummer"
    r"|t[ée]l(?:[ée]phone)?|portable|num[ée]ro|tel[ée]fono|m[óo]vil|celular|cellulare|recapito|telefoon\w*|mobiel\w*"
    r"|gsm"
    r"|tel[ée]m[óo]vel|contacto|kom[óo]rk\w+|puhelin\w*|тел(?:ефон\w*)?|моб(?:ильн\w*)?|номер телефона)\b\.?"
    r"|电话(?:号码?)?|電話(?:番号|號碼)?|手机(?:号码?)?|手機|座机|热线|傳真|传真|联系方式|联系电话|微信号?|携帯(?:電話"
    r"|番号)?"
    r"|전화(?:번호)?|휴대(?:폰|전화)(?:번호)?|핸드폰|연락처",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\b(?:call(?:ed|ing)?|ring|dial(?:led|ing)?|contact|reach(?:able)?|text(?:ed)?|sms|message|my (?:\w+ )?number"
    r"|number is|our office"
    r"|anrufen|rufen|ruf|erreich\w*|nummer|appele[rz]|appelle|joindre|joignable|ll[aá]m\w+|marque|n[úu]mero|chiam\w+"
    r"|numero"
    r"|bel(?:len)?|bereik\w*|ligu?e|liga[rm]?|chame|zadzwo[nń]\w*|dzwoni\w*|numer\w*|ring(?:a|er)?|soita|позвон\w*|звон\w*"
    r"|номер\w*)\b"
    r"|致电|拨打|联系|请打|可打|打给|打到|打我|找我|번호|番号|かけて|연락",
    re.IGNORECASE,
)
#: Words for what else has numbers. Short ones count as whole words only.
_OTHER = re.compile(
    r"\b(?:orders?|order (?:number|no|id)|invoices?|bill|tickets?|tracking(?: (?:number|no|id|code))?|waybills?|awb"
    r"|parcels?|shipments?"
    r"|packages?|consignments?|isbn(?:-1[03])?|issn|doi|ean|upc|gtin|asin|imei|vin|serial|s/n|batch|lot|sku|parts?"
    r"|models?|versions?|builds?|firmware"
    r"|ref(?:erence)?s?|case|claim|policy|contract|rma|po|p\.o\.|receipt|transactions?|booking|reservation|flight|item"
    r"|article"
    r"|product|code|patent|id|ids|uid|user id|account(?: id)?|timestamp|epoch|unix time|population|page|size|score"
    r"|result"
    r"|bestell\w*|auftrag\w*|rechnung\w*|sendung\w*|paket\w*|artikel\w*|kunden\w*|vertrag\w*|commande|facture|colis"
    r"|suivi|r[ée]f[ée]rence"
    r"|devis|pedido|factura|env[ií]o|paquete|seguimiento|referencia|ordine|fattura|spedizione|pacco|riferimento"
    r"|tracciamento"
    r"|encomenda|fatura|nota fiscal|rastre\w*|refer[êe]ncia|bestelling|factuur|pakket|zending|ordernummer"
    r"|zam[óo]wieni\w*|faktur\w*"
    r"|przesy[łl]k\w*|paczk\w*|заказ\w*|накладн\w*|сч[её]т\w*|артикул\w*|трек\w*)\b"
    r"(?:[- ]?(?:number|num|no|nr|id|n\.?[°º]?)(?![a-z]))?\.?(?: is| was| ist| est| es|:)?"
    r"|订单|單號|单号|运单|快递|物流|流水|编号|編號|批次|批号|型号|序列号|发票|货号|书号|条码|版本|合同|案号|工单|页码|学号|工号|考号|准考证"
    r"|时间戳"
    r"|(?:注文|伝票|追跡|型番|品番|주문|송장|운송장|모델|일련)(?:番号| ?번호)?は?",
    re.IGNORECASE,
)
#: Words that make a number a card's or account's whatever else is said before.
_OWN = re.compile(
    r"\b(?:cards?|visa|mastercard|amex|american express|maestro|jcb|discover|unionpay|debit|credit|kreditkarte|carte"
    r"|tarjeta|carta|cart[ãa]o"
    r"|kaart|karta|ssn|social security)\b|卡号?|カード|카드|карт\w*",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\W{0,2}\(?(?:mobile|cell|phone|home|office|work|fax|tel)\b(?! (?:order|case|model))"
    r"|[ ,]*is (?:my|our|his|her|the) (?:\w+ ){0,2}(?:phone|cell|mobile|number|line|fax)\b|(?:这个|这一)?(?:是"
    r"|为)?(?:我|他|她|公司)?的?(?:电话|手机)"
    r"|に電話|にお電話",
    re.IGNORECASE,
)
_RECKONED = re.compile(
    r"\s*(?:mod\b|modulo\b|[*×÷^=<>]|\+ ?\d|/ ?\d|- \d|plus\b|minus\b|times\b|divided by\b|除以|乘以?|加上?|减去?|等于)"
)
_RECKONS = re.compile(
    r"(?:\b(?:compute|calculate|factori[sz]e|is it prime|sqrt)\b|计算|[*×÷=^]|\+)\W{0,3}$", re.IGNORECASE
)
