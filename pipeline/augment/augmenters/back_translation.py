"""Back-translation: nlpaug's BackTranslationAug over an engine of ours, whole batches at a time.

Method: Sennrich et al. 2016, https://arxiv.org/abs/1511.06709. One child per parent makes sense:
a translator gives the same answer twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.augment.augmenters import apertium, http_translation, seq2seq
from pipeline.augment.augmenters.endpoint import Endpoint
from pipeline.augment.augmenters.prompts import runs_on
from pipeline.augment.augmenters.request import Request, Rewrite, Written
from pipeline.augment.policy import MethodSettings
from pipeline.cache import cached
from pipeline.registry import pick

#: What no translator should see: addresses, mentions, tags, placeholders, code.
_MASKED = re.compile(r"(?:https?://|www\.)\S+|[@#]\w+|<\w+>|\[\w+\]|\{\w+\}|`[^`]+`")


class BackTranslation(MethodSettings):
    """Settings of back_translation."""

    engine: str = "apertium"  # a name in ENGINES
    # Translation to the pivot language, then back. apertium: directions that `apertium -l` lists; seq2seq: model
    # folders or hub names, such as MarianMT ones; http: two language codes as the service writes them, such as en-es.
    forward: str = "eng-spa"
    backward: str = "spa-eng"
    endpoint: Endpoint | None = None  # engine http: a service that takes LibreTranslate's requests


#: Engine name -> `open(model or direction, endpoint)`, which gives the version for the cache and a translator of texts.
#: Opening raises EngineMissingError where the engine is not on this machine.
Translate = Callable[[list[str]], list[str]]
ENGINES: Mapping[str, Callable[[str, Endpoint | None], tuple[str, Translate]]] = {
    "apertium": lambda direction, _: apertium.open_direction(direction),
    "seq2seq": lambda name, _: seq2seq.open_model(name),
    "http": http_translation.open_direction,
}
#: Texts handed to an engine at once; what is lost at most when a run is interrupted.
_BATCH = 1024


def build(settings: BackTranslation, models: object) -> Rewrite:
    """Translate to the pivot language and back; results are cached per text."""
    open_engine = pick(ENGINES, settings.engine, "params.yaml: augment.methods.back_translation.engine")
    there_version, there = open_engine(settings.forward, settings.endpoint)
    back_version, back = open_engine(settings.backward, settings.endpoint)
    version = f"{settings.engine} {there_version} {back_version}"

    def round_trip(texts: list[str]) -> list[bytes]:
        pivots = there(texts)
        # An empty pivot has nothing to be translated back; the child is then empty and the gate says so.
        returned = iter(back([pivot for pivot in pivots if pivot.strip()]))
        return [(next(returned) if pivot.strip() else "").encode() for pivot in pivots]

    class Engine:
        device = "cpu"

        def predict(self, texts: list[str]) -> list[str]:
            results = cached("back_translation", version, [_collapse(text) for text in texts], round_trip, _BATCH)
            return [result.decode() for result in results]

    augmenter = _augmenter(Engine())

    def rewrite(requests: Sequence[Request]) -> list[str | Written]:
        if not requests:
            return []
        masked = [_mask(request.text, request.protected) for request in requests]
        results = augmenter.augment([text for text, _ in masked])
        return [_checked(_unmask(result, parts)) for result, (_, parts) in zip(results, masked, strict=True)]

    return rewrite


def _augmenter(engine: Any) -> Any:
    import nlpaug.augmenter.word as naw

    # nlpaug sends batches as they are only to classes of this very name.
    class BackTranslationAug(naw.BackTranslationAug):
        @classmethod
        def get_model(cls, **settings: Any) -> Any:
            return engine

    return BackTranslationAug()


def _checked(text: str) -> str | Written:
    """The translation, or the news that the translator repeats itself without end."""
    return Written(text, problem="endless", detail="the translation repeats itself") if runs_on(text) else text


def _collapse(text: str) -> str:
    return " ".join(text.split())


def _mask(text: str, protected: Sequence[str]) -> tuple[str, list[str]]:
    """The text with protected parts replaced by words that no language has, and those parts."""
    parts: list[str] = []

    def hide(match: re.Match[str]) -> str:
        parts.append(match.group())
        return f"Xq{len(parts) - 1}qx"

    literal = "|".join(re.escape(part) for part in sorted(protected, key=lambda part: (-len(part), part)))
    pattern = re.compile(f"{literal}|{_MASKED.pattern}") if literal else _MASKED
    return pattern.sub(hide, text), parts


def _unmask(text: str, parts: Sequence[str]) -> str:
    return re.sub(
        r"Xq(\d+)qx",
        lambda match: parts[int(match.group(1))] if int(match.group(1)) < len(parts) else match.group(),
        text,
        flags=re.IGNORECASE,
    )
