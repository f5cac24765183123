"""What is wrong with a reply, each as a score from 0 (no sign) to 1 (sure), for English and Chinese.

Plain patterns and counts: they say what a reply looks like, not whether it is right. Tables, lists, code, recipes and
one-word answers score 0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pipeline.text.language import accounts_for, detect
from pipeline.text.scripts import CJK, HAN, count_han


def refusal(reply: str) -> float:
    """1 where a short reply opens with a refusal, .6 where it goes on and on after one, 0 otherwise."""
    opening = _OPENING.match(reply.strip())
    if opening is None or not _REFUSES.search(opening[0]):
        return 0.0
    return 1.0 if _words(reply) <= _SHORT else 0.6


def speaks_as_model(prompt: str, reply: str) -> float:
    """1 where a reply says that a language model wrote it (`as an AI`, 作为语言模型); .5 where it was asked about."""
    if not _AS_MODEL.search(reply):
        return 0.0
    return 0.5 if _ASKED_ABOUT_MODEL.search(prompt) else 1.0


def placeholder(reply: str) -> float:
    """1 where a sign for no output is all there is: `<no output>`, `TODO`, `[insert answer]`, 暂无."""
    return float(_PLACEHOLDER.fullmatch(reply.strip()) is not None)


def empty(reply: str) -> float:
    """1 where nothing but white space, dots and dashes stands there."""
    return float(not reply.strip(" \t\r\n\u200b\ufeff.-_…。"))


def cut(reply: str) -> float:
    """1 where a code fence is open or the end waits for more (`and`, a comma, 因为); .4 where prose just stops."""
    text = reply.rstrip()
    if len(re.findall(r"^\s*```", text, re.MULTILINE)) % 2:
        return 1.0
    last = text[text.rfind("\n") + 1 :]
    if not _is_prose(last) or _ENDED.search(last) or _is_list(last):
        return 0.0
    return 1.0 if _WAITING.search(last) and not _is_verse(text) else 0.4


def _is_prose(line: str) -> bool:
    return _words(line) >= _SENTENCE and not _NO_PROSE.match(line) and not line.endswith("```")


def _is_list(line: str) -> bool:
    """Words between commas, and nothing behind the last of them that waits for more as no other item does."""
    items = [item.strip() for item in _COMMAS.split(line.strip())]
    if len(items) < _ITEMS or any(_words(item) > _ITEM or not item for item in items):
        return False
    waiting = [bool(_WAITING.fullmatch(item)) for item in items]
    return not waiting[-1] or any(waiting[:-1])


def _is_verse(text: str) -> bool:
    """Whether an earlier line breaks off at a comma as the last one does: lines of verse do."""
    lines = text.splitlines()
    return text.endswith((",", "，")) and any(line.rstrip().endswith((",", "，")) for line in lines[:-1])


def loop(prompt: str, reply: str) -> float:
    """Share of the reply that says again what it said: repeated sentences and lines, or one unit to the end.

    0 where the prompt asks for repetition.
    """
    if asks_for_repetition(prompt):
        return 0.0
    units = [" ".join(unit.split()) for unit in _UNITS.split(reply)]
    long = Counter(unit for unit in units if len(unit) >= _UNIT)
    again = sum(len(unit) * (n - 1) for unit, n in long.items() if n >= _TIMES)
    ends = _repeated_end(reply[-_MOST:])
    return min(1.0, max(again, ends) / max(len(reply.strip()), 1))


def _repeated_end(text: str) -> int:
    """Characters at the end that repeat the unit before them; a ruler such as ----- is none."""
    tail = _TAIL.search(text)
    return len(tail[0]) - len(tail[1]) if tail and len(set(tail[1])) > 2 else 0


def asks_for_repetition(prompt: str) -> bool:
    """Whether a prompt wants something said again: `repeat`, `five times`, 重复."""
    return _ASKS_REPETITION.search(prompt) is not None


def echo(prompts: Sequence[str], reply: str) -> float:
    """1 where the reply is the prompt again (case and white space aside), alone or with little more."""
    plain = " ".join(reply.casefold().split())
    for prompt in prompts[-1:]:
        asked = " ".join(prompt.casefold().split())
        if len(asked) >= _UNIT and plain.startswith(asked):
            return len(asked) / len(plain)
    return 0.0


def unseen(prompt: str, reply: str) -> float:
    """1 where prompt or reply speak of a picture, file or page that no text holds; .5 for one named by the way."""
    if _PICTURE_TAG.search(prompt) or _SHOWN.search(reply):
        return 1.0
    if _LINK_ALONE.search(prompt) and _words(_LINK.sub("", prompt)) <= _SHORT:
        return 1.0
    return 0.5 if _ATTACHED.search(prompt) else 0.0


def other_language(prompt: str, reply: str, languages: Sequence[str], min_letters: int = 15) -> float:
    """How sure it is, from .99 on, that the reply is not in its prompt's language, and the prompt no reason for it."""
    if len(_CODE_SIGNS.findall(reply)) > len(reply) / 40:
        return 0.0
    asked = _asked_in(prompt, languages, min_letters)
    answered = detect(reply, [asked], min_letters) if asked else None
    if asked is None or answered is None or answered[0] == asked or answered[1] < _SURE:
        return 0.0
    return 0.0 if accounts_for(prompt, [asked], min_letters) else answered[1]


def _asked_in(prompt: str, languages: Sequence[str], min_letters: int) -> str | None:
    """The language of a prompt; without a CJK letter it is a language that has none, however unsure the verdict."""
    verdict = detect(prompt, languages, min_letters)
    if verdict is None:
        return None
    if verdict[0] in languages and verdict[1] >= _LIKELY:
        return verdict[0]
    return None if _CJK.search(prompt) else next((code for code in languages if code not in ("zh", "ja", "ko")), None)


def _words(text: str) -> int:
    """Words; two Chinese characters count as one."""
    han = count_han(text)
    return len(re.findall(rf"[^\W\d_{HAN}]+|\d+", text)) + han // 2


_SHORT = 60  # words of a reply that is a refusal and no more; a guess: not measured
_SENTENCE = 8  # words from which a last line is prose; a guess: not measured
_UNIT = 12  # characters of a unit whose return counts; a guess: not measured
_TIMES = 3  # a guess: not measured
_SURE = 0.99  # a guess: not measured
_LIKELY = 0.8  # a guess: not measured
_CJK = re.compile(f"[{CJK}]")
_CODE_SIGNS = re.compile(r"[{}()\[\]=_<>;]")
_MOST = 20_000  # a guess: not measured
_UNITS = re.compile(r"\n|(?<=[.!?。！？;；])\s*")
_ASKS_REPETITION = re.compile(
    r"\brepeat|\b(?:\d+|\w+) times\b|重复|复读|[\d一二三四五六七八九十百千]+[遍次]", re.IGNORECASE
)
_TAIL = re.compile(r"(.{2,200}?)\1{4,}\s*.{0,40}\Z", re.DOTALL)

_OPENING = re.compile(r"(?:[^.!?。！？\n]*[.!?。！？\n]?){1,2}")
_DOES = (
    r"(?:answer|help(?! but)|assist|provide|do|complete|fulfil|comply|generate|create|write|access|browse"
    r"|discuss|engage"
    r"|process|see|view|open|share|give|support|continue)"
)
_DOES_ZH = (
    r"(?:回答|提供|帮|协助|完成|生成|查询|查看|访问|获取|满足|执行|处理|继续|预测|联网|发送|展示|显示|打开"
    r"|给[你您]|为[你您])"
)
_REFUSES = re.compile(
    r"\bI(?:'m| am) not able to (?:browse|access|see|view|answer|provide|help)"
    r"|\bI(?:'m| am) (?:sorry|afraid|unable|not able|not allowed|not capable)\b"
    r"(?=.*\b(?:can(?:not|['’]t| not)|unable|won['’]t|don['’]t|(?<!was )(?<!were )(?<!could )not)\b)"
    rf"|\b(?:I|we) (?:can(?:not|['’]t| not)(?! wait)|(?:won['’]t|will not)(?: be able to)?|am unable to"
    r"|am not able to|must decline) "
    rf"(?:\w+ ){{0,2}}?{_DOES}"
    r"|\bI must (?:decline|refuse)|\bI do(?:n['’]t| not) have (?:the ability|access|real-?time)"
    r"|(?:抱歉|对不起|遗憾|不好意思)[^。！？\n]{0,40}"
    r"(?:不能|无法|没有[^。]{0,8}(?:能力|办法|功能)|不会|不可以|不便|不应该)"
    rf"|(?:我|我们|模型|人工智能|助[手理])[^。！？\n]{{0,24}}(?:无法|不能够?|不可以|没有能力)[^。！？\n]{{0,12}}{_DOES_ZH}",
    re.IGNORECASE | re.DOTALL,
)
_AS_MODEL = re.compile(
    r"\bas an? (?:\w+ ){0,3}?(?:ai|language model|artificial intelligence|chat ?bot"
    r"|virtual assistant)\b(?! (?:engineer|teacher"
    r"|researcher|company|student|expert|developer))|\bI(?:['’]m| am) (?:just |only "
    r"|simply )?an? (?:\w+ ){0,3}?(?:ai|language model"
    r"|chat ?bot|virtual assistant|artificial intelligence)\b|\b(?:OpenAI|ChatGPT) (?:trained"
    r"|created) me\b|\bmy (?:training"
    r" data|knowledge cut-?off)\b"
    r"|(?:^|我|虽然|但|[，。,！!\s])作为(?:一[个名款种位]|您的)?[^。，,！？\n]{0,12}(?:语言模型|人工智能|AI|智能助[手理]|机器人|数字助[手理])"
    r"|(?:我(?:只)?|而)是(?:一[个名款种位])?[^。，,！？\n]{0,12}(?:语言模型|人工智能(?!领域|专业)|AI(?!工程)|智能助[手理]|数字助[手理])",
    re.IGNORECASE,
)
_ASKED_ABOUT_MODEL = re.compile(
    r"\b(?:are you|who are you|do you|can you feel|your (?:name|opinion|feelings|training|limits?)"
    r"|language model|ai|chatbot)\b"
    r"|你(?:是|会|能|有|吃|的|觉得|认为|怎么看|自己|喜欢|可以)|人工智能|语言模型|机器人|AI",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"[<\[({]? ?(?:no ?(?:output|input|response|answer|reply|content)(?: (?:needed|required|available"
    r"|given|provided))?|none|null"
    r"|nan|n/?a|tbd|todo|to be (?:added|completed|determined)|placeholder|undefined|empty|blank|output"
    r"|response|answer|your"
    r" (?:answer|response)(?: here)?|insert (?:your )?(?:answer|response|text|output)(?: here)?"
    r"|lorem ipsum[^\n]*|无输出|暂无(?:回答|内容"
    r"|数据)?|空|略|待补充|待定|此处(?:填写|插入)[^\n]{0,12}|未提供)[.。!]? ?[>\])}]?[.。]?",
    re.IGNORECASE,
)
_COMMAS = re.compile("[,，、]")
_ITEMS, _ITEM = 5, 3  # items of a list at least; words of an item at most; guesses: not measured
_NO_PROSE = re.compile(r"\s*(?:[-*•·#|>]|\d+[.)、]|https?://|[\w ]{1,30}[:：]\s|\$|\\|[{}();<]|[A-Z][^.!?]{0,60}$)")
_ENDED = re.compile(r"(?:[.!?。！？…)）\]】}\"”’'」』~～;；:：*`|>]|[^\w\s,，、])\s*$|\bhttps?://\S+$")
_WAITING = re.compile(
    r"(?:[,，、]|\b(?:and|or|the|a|an|of|to|with|for|in|that|which|is|are|was|because|but|by|as|from|his"
    r"|her|their|its|can|will)"
    r"|[和与及把被让对将于或而但]|因为|例如|比如|以及|如果)\s*$",
    re.IGNORECASE,
)
_PICTURE_TAG = re.compile(
    r"<(?:image|img|video|audio)\b[^>]*>|!\[[^\]]*\]\([^)]*\)|\[(?:image|picture|photo|图片|图像)\]|(?:in|of"
    r"|from|describe) (?:this|the"
    r" (?:attached|following|above|below|given)) (?:image|picture|photo|screenshot|video|figure|chart)\b"
    r"|(?:这张|这幅|下面的?|上面的?|附件的?|附上的?)(?:图片|照片|图像|截图|视频)",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    r"\b(?:shown|seen|see|depicted) in the (?:image|figure|picture|photo|screenshot|diagram) (?:above|below)"
    r"|如(?:下|上)?图所示|见(?:下|上)图|点击(?:下方|上方|此)链接",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://\S+|www\.\S+")
_LINK_ALONE = re.compile(
    r"\b(?:summari[sz]e|read|review|open|visit|watch|translate|analy[sz]e|extract|based on|according to"
    r"|look at)\b[^.\n]{0,60}"
    r"(?:https?://|www\.)|(?:总结|阅读|打开|访问|翻译|分析|看看|观看|根据)[^。\n]{0,20}(?:https?://|www\.)",
    re.IGNORECASE,
)
_ATTACHED = re.compile(
    r"\battached (?:file|document|image|picture|pdf|spreadsheet)|\bthe (?:attachment|screenshot)\b|附件|附图",
    re.IGNORECASE,
)
