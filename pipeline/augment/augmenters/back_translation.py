"""Back-translation: nlpaug's BackTranslationAug over an engine of ours, whole batches at a time.

Method: Sennrich et al. 2016, https://arxiv.org/abs/1511.06709. One child per parent makes sense:
a translator gives the same answer twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pipeline.augment.augmenters import apertium, http_translation, seq2seq
from pipeline.augment.augmenters.light_nlpaug import import_nlpaug
from pipeline.augment.augmenters.prompts import runs_on
from pipeline.augment.augmenters.request import Request, Rewrite, Written
from pipeline.augment.policy import MethodSettings
from pipeline.core.cache import Unkept, cached
from pipeline.core.registry import pick
from pipeline.llm.settings import Service

if TYPE_CHECKING:
    from nlpaug import Augmenter

#: What no translator should see: addresses, mentions, tags, placeholders, code.
_MASKED = re.compile(r"(?:https?://|www\.)\S+|[@#]\w+|<\w+>|\[\w+\]|\{\w+\}|`[^`]+`")


class BackTranslation(MethodSettings):
    """Settings of back_translation."""

    engine: str = "apertium"  # a name in ENGINES
    # Translation to the pivot language, then back. apertium: directions that `apertium -l` lists; seq2seq: model
    # folders or hub names, such as MarianMT ones; http: two language codes as the service writes them, such as en-es.
    forward: str = "eng-spa"
    backward: str = "spa-eng"
    endpoint: Service | None = None  # engine http: a service that takes LibreTranslate's requests

    def check(self, where: str) -> None:
        """The engine's name."""
        pick(ENGINES, self.engine, f"{where}.engine")


#: One translation per text; None for a text that the engine will not take today, but may another day.
Translate = Callable[[list[str]], Sequence[str | None]]
#: Engine name -> `open(models or directions, endpoint)`, which gives for each the version for the cache and a
#: translator of texts. Opening raises EngineMissingError where the engine is not on this machine.
ENGINES: Mapping[str, Callable[[Sequence[str], Service | None], Sequence[tuple[str, Translate]]]] = {
    "apertium": lambda directions, _: [apertium.open_direction(direction) for direction in directions],
    "seq2seq": lambda names, _: [seq2seq.open_model(name) for name in names],
    "http": http_translation.open_directions,
}
#: Texts handed to an engine at once; what is lost at most when a run is interrupted. A service gets as many as it
#: translates at a time. A guess: not measured.
_BATCHES = {"apertium": 1024, "seq2seq": 128}


def build(settings: BackTranslation, models: object) -> Rewrite:
    """Translate to the pivot language and back; each direction's results are cached per text."""
    open_engine = pick(ENGINES, settings.engine, "params.yaml: augment.methods.back_translation.engine")
    opened = open_engine((settings.forward, settings.backward), settings.endpoint)
    batch = _BATCHES.get(settings.engine, http_translation.TEXTS * (settings.endpoint or Service(url="")).parallel)
    there, back = (partial(_translated, f"{settings.engine} {version}", ask, batch) for version, ask in opened)

    class Engine:
        device = "cpu"

        def predict(self, texts: list[str]) -> list[str]:
            """Each text to the pivot language and back, in order; empty where the pivot is, which the gate refuses."""
            pivots = there([_collapse(text) for text in texts])
            # An empty pivot has nothing to be translated back; the child is then empty and the gate says so.
            returned = iter(back([pivot for pivot in pivots if pivot.strip()]))
            return [next(returned) if pivot.strip() else "" for pivot in pivots]

    augmenter = _augmenter(Engine())

    def rewrite(requests: Sequence[Request]) -> list[str | Written]:
        if not requests:
            return []
        masked = [_mask(request.text, request.protected) for request in requests]
        results = augmenter.augment([text for text, _ in masked])
        return [_checked(_unmask(result, parts)) for result, (_, parts) in zip(results, masked, strict=True)]

    return rewrite


def _translated(version: str, translate: Translate, batch: int, texts: list[str]) -> list[str]:
    def compute(part: list[str]) -> list[bytes]:
        return [Unkept() if text is None else text.encode() for text in translate(part)]

    return [result.decode() for result in cached("translation", version, texts, compute, batch)]


def _augmenter(engine: object) -> Augmenter:
    import_nlpaug()
    import nlpaug.augmenter.word as naw

    # nlpaug sends batches as they are only to classes of this very name.
    class BackTranslationAug(naw.BackTranslationAug):
        @classmethod
        def get_model(cls, **settings: object) -> object:
            """Our engine, whatever models nlpaug was told of: it asks here for what translates."""
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
