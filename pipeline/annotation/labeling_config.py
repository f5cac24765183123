"""The labeling config of a Label Studio project: made from the task type, and held against what a project has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from pipeline.annotation.answers import COMMENT, UNSURE
from pipeline.annotation.controls import Control, controls
from pipeline.core.errors import shorten
from pipeline.core.settings import Task
from pipeline.tasks import task_type
from pipeline.tasks.region import WHOLE_TEXT

#: More labels than that get a search field. A guess: not measured.
MANY_LABELS = 12
#: What people read beside the task type's own question, by language.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"labels": "What the labels mean", "comment": "Remark", "unsure": "unsure"},
    "zh": {"labels": "标签说明", "comment": "备注", "unsure": "不确定"},
}
#: Captions of the panels that task types have, by language.
_CAPTIONS: Mapping[str, Mapping[str, str]] = {
    "en": {"reasoning": "Reasoning", "calls": "Tool calls (JSON) and tools"},
    "zh": {"reasoning": "思考过程", "calls": "工具调用（JSON）与工具定义"},
}
#: Large text with room between lines, in the direction of its script, line breaks kept.
_STYLE = (
    '[class*="richtext__container"], [class*="richtext"] [class*="line"], [class*="paragraphs"] '
    "{font-size: 18px; line-height: 1.6; unicode-bidi: plaintext; text-align: start; white-space: pre-wrap} "
    '[class*="richtext__line"] {width: 100%} '  # else a line is as wide as its text, and stands left
    '[class*="textarea__actions"] {opacity: 1 !important; visibility: visible !important; display: flex !important}'
)
#: Turns of a conversation, made of Markdown (`pipeline.studio.conversation_pages`): Label Studio's page unstyles HTML.
_TURNS = (
    '[class*="richtext__container"] {white-space: normal} '
    ".turn {padding: .2em .8em; margin-bottom: .8em; border-left: 4px solid rgba(128, 128, 128, .5)} "
    ".turn.user {border-color: #2f6fde} .turn.assistant {border-color: #1d9a6c} "
    ".who {font-size: 13px; opacity: .7} .turn p {margin: 0 0 .6em} "
    ".turn p, .turn li, .turn pre {unicode-bidi: plaintext; text-align: start} "
    ".turn pre, .turn code {font-family: monospace !important; font-size: 15px; background: rgba(128, 128, 128, .15)} "
    ".turn pre {white-space: pre-wrap; padding: .5em .8em; margin: 0 0 .6em} .turn pre code {background: none} "
    ".turn ul {list-style: disc; margin: 0 0 .6em 1.5em} .turn ol {list-style: decimal; margin: 0 0 .6em 1.5em} "
    ".turn h1, .turn h2, .turn h3 {font-weight: bold} .turn th, .turn td {border: 1px solid; padding: .1em .5em} "
    ".turn blockquote {border-left: 3px solid; padding-left: .6em} "
    ".turn details {margin: 0 0 .6em} .turn summary {cursor: pointer; opacity: .8}"
)
#: Without regions to list, the panels beside the text are empty: they go.
_NO_PANELS = (
    ".lsf-sidepanels__wrapper_align_right {display: none !important} "
    ".lsf-sidepanels {padding-right: 0 !important} .lsf-sidepanels__content {flex: 1; max-width: none !important}"
)
#: Where there are regions, the panels that list them are folded to a strip, and open under the mouse.
_FOLDED_PANELS = (
    ".lsf-sidepanels {padding-right: 28px !important; position: relative} "
    ".lsf-sidepanels__content {flex: 1; max-width: none !important} "
    ".lsf-sidepanels__wrapper_align_right {position: absolute !important; right: 0; top: 0; z-index: 20; "
    "height: calc(100% - 56px) !important; overflow: hidden; "  # Submit stays in reach
    "transform: translateX(calc(100% - 28px)); transition: transform .15s} "
    ".lsf-sidepanels__wrapper_align_right:hover, .lsf-sidepanels__wrapper_align_right:focus-within "
    "{transform: none}"
)


@dataclass(frozen=True)
class Screen:
    """What the annotator's screen shows beside the task type's own controls; `language` is en or zh."""

    language: str = "en"
    label_descriptions: Mapping[str, str] = field(default_factory=dict)
    comment: bool = False  # a text area for remarks
    unsure: bool = False  # a box to tick
    rating: str = ""  # controls with which replies are rated, as XML
    ask: str = ""  # what to do, in place of the task type's own words


def project_config(task: Task, screen: Screen | str) -> str:
    """The task type's config under what to do, with the parts of `screen` (or, for a language alone, none of them)."""
    shown = Screen(screen) if isinstance(screen, str) else screen
    kind, words = task_type(task), _WORDS[shown.language]
    own = kind.labeling_config(task)
    ours = next(iter(controls(own)))
    has_regions = kind.target_kind(task) in ("spans", "answers")
    turns = f" {_TURNS}" if task.type == "chat" else ""
    style = f"{_STYLE}{turns} {_FOLDED_PANELS if has_regions else _NO_PANELS}"
    top = f"<Style>{escape(style)}</Style><Header value={quoteattr(shown.ask or kind.ASK[shown.language])}/>"
    top += '<Header value="$progress" size="6"/>' + _meanings(task, shown, words["labels"])
    if len(task.labels) > MANY_LABELS:
        top += f'<Filter name="filter" toName={quoteattr(ours.name)} minlength="0"/>'
    bottom = ""
    if shown.unsure:
        box = f'<Choice value={quoteattr(words["unsure"])} alias="{UNSURE}"/>'
        bottom += f'<Choices name="{UNSURE}" toName="{ours.target}" choice="multiple" showInLine="true">{box}</Choices>'
    if shown.comment:
        area = f'<TextArea name="{COMMENT}" toName="{ours.target}" {WHOLE_TEXT}/>'
        bottom += f"<Collapse><Panel value={quoteattr(words['comment'])}>{area}</Panel></Collapse>"
    if shown.rating:  # right behind the conversation, which is the first thing that a chat's screen shows
        conversation, _, rest = own.partition("/>")
        own = f"{conversation}/>{shown.rating}{rest}"
    for name, caption in _CAPTIONS[shown.language].items():
        own = own.replace(f'<Panel value="{name}">', f"<Panel value={quoteattr(caption)}>")
    return own.replace("<View>", f"<View>{top}", 1).removesuffix("</View>") + f"{bottom}</View>"


def _meanings(task: Task, screen: Screen, title: str) -> str:
    """What each label means, in a panel that opens on a click."""
    told = [(label, screen.label_descriptions[label]) for label in task.labels if label in screen.label_descriptions]
    lines = "".join(f'<Header size="6" value={quoteattr(f"{label}: {meaning}")}/>' for label, meaning in told)
    return f"<Collapse><Panel value={quoteattr(title)}>{lines}</Panel></Collapse>" if told else ""


def config_problems(config: str, task: Task) -> list[str]:
    """Why answers of `task` cannot be shown or taken with this config; empty where they can.

    People may restyle the page and add controls of their own: only what our answers use must be there.
    """
    try:
        found = {control.name: control for control in controls(config)}
    except (ElementTree.ParseError, ValueError) as error:
        return [f"it is not readable as XML: {shorten(error)}"]
    needed = controls(task_type(task).labeling_config(task))
    return [problem for ours in needed for problem in _differences(ours, found.get(ours.name))]


def _differences(ours: Control, theirs: Control | None) -> Iterator[str]:
    if theirs is None:
        yield f"the control '{ours.name}' ({ours.tag}) is missing"
        return
    if (theirs.tag, theirs.target) != (ours.tag, ours.target):
        yield f"the control '{ours.name}' is not a {ours.tag} on '{ours.target}' any more"
    missing = [value for value in ours.values if value not in theirs.values]
    if missing:
        yield f"the label '{missing[0]}' is missing from '{ours.name}' ({len(missing)} missing in all)"


def extra_labels(config: str, task: Task) -> list[str]:
    """Labels that the project offers and `task.labels` does not hold: answers with them cannot be used."""
    ours = {control.name: set(control.values) for control in controls(task_type(task).labeling_config(task))}
    return sorted(
        {v for control in controls(config) for v in control.values if control.name in ours}
        - set().union(*ours.values())
    )
