"""Pages of the docs site that are made from the code: every setting, the Python API, the projects to start from.

MkDocs calls these functions (mkdocs.yml, `hooks`); nothing is written into docs/. Run alone, it prints the settings:

    python tools/docs_hooks.py
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

#: Links out of docs/ lead to the repository's files: on the site their names stand without a link.
_OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)+(?!docs/)[^)\s]*\)")
#: Scripts that the theme would fetch from elsewhere.
_FETCHED = re.compile(r'<script[^>]*src="https?://[^"]*"[^>]*></script>')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the code."""
    from mkdocs.structure.files import File

    for name, text in pages().items():
        files.append(File.generated(config, name, content=text))
    for report in reports():
        files.append(File.generated(config, f"gallery/{report.name}", abs_src_path=str(report)))
    return files


def reports() -> list[Path]:
    """Reports that tools/gallery.py has written: `gallery/NAME.html`, none before it has run."""
    return sorted((ROOT / "gallery").glob("*.html"))


def on_page_markdown(markdown: str, **_: object) -> str:
    """Names in place of links that leave docs/."""
    return _OUTSIDE.sub(r"\1", markdown)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """The page without the one script that its theme would fetch, and in the language that it is written in.

    So it reads the same without a network, and a screen reader reads Chinese pages as Chinese.
    """
    is_chinese = page.file.src_uri.endswith(".zh.md")
    said = output.replace('<html lang="en"', '<html lang="zh"', 1) if is_chinese else output
    return _FETCHED.sub("", said)


def on_post_template(output_content: str, **_: object) -> str:
    """The same for the page of wrong addresses."""
    return _FETCHED.sub("", output_content)


def pages() -> dict[str, str]:
    """Path below docs/ -> Markdown."""
    return {"reference/settings.md": settings_page(), "reference/python.md": api_page(), "projects.md": projects_page()}


# ------------------------------------------------------------------ settings


def settings_page() -> str:
    """Every setting of params.yaml: type, default and what the code says of it (unit, range, source)."""
    parts = ["# Every setting", "", "Made from the settings classes: what stands here is what the code checks.", ""]
    for section, kind in sections():
        parts += [f"## {section}", ""]
        parts += _table(kind, section)
        for title, entries in registries().get(section, {}).items():
            for name, entry in sorted(entries.items()):
                parts += [f"### {section}: {title} `{name}`", "", _first_line(entry.function), ""]
                parts += _table(entry.settings, f"{section}.{name}")
    return "\n".join(parts) + "\n"


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Name and settings class of every section of params.yaml."""
    import importlib

    from pipeline.runtime.params_sections import SECTIONS

    for name, place in SECTIONS.items():
        module, kind = place.split(":")
        yield name, getattr(importlib.import_module(module), kind)


def registries() -> dict[str, dict[str, Mapping[str, Any]]]:
    """Section -> what is chosen there by name -> the registry."""
    from pipeline.augment.augmenters import METHODS
    from pipeline.clean.steps import STEPS
    from pipeline.collect.sources import KINDS
    from pipeline.validate.expectations import EXPECTATIONS

    return {
        "collect": {"source of kind": KINDS},
        "clean": {"step": STEPS},
        "augment": {"method": METHODS},
        "validate": {"expectation": EXPECTATIONS},
    }


def _table(kind: type[BaseModel], path: str) -> list[str]:
    rows = [
        f"| `{name}` | {_cell(type_name)} | {_cell(default)} | {_cell(about)} |"
        for name, type_name, default, about in fields_of(kind, path)
    ]
    return ["| setting | type | default | what it is |", "|---|---|---|---|", *rows, ""] if rows else []


def fields_of(kind: type[BaseModel], path: str = "", inner: str = "") -> Iterator[tuple[str, str, str, str]]:
    """(name, type, default, comment) of every field, those of nested settings by their path."""
    from pipeline.core.settings import Settings

    about = comments(kind)
    for name, field in kind.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, Settings) and not inner.count("."):
            if inner == "" and path == "clean":
                continue  # steps have tables of their own
            yield from fields_of(nested, path, f"{inner}{name}.")
            continue
        default = "(needed)" if field.is_required() else _default(field.get_default(call_default_factory=True))
        yield f"{inner}{name}", _type_name(field), default, about.get(name, "")


def _default(value: object) -> str:
    from pipeline.core.settings import Settings

    if value is PydanticUndefined:
        return ""
    if isinstance(value, Settings):
        return str(value.model_dump(mode="json", exclude_defaults=True) or "{}")
    if value is None or isinstance(value, bool):  # not by equality: 1 and 1.0 equal True
        return "null" if value is None else str(value).lower()
    return str(value)


def _type_name(field: Any) -> str:
    kind = inspect.formatannotation(field.annotation) if field.annotation else ""
    text = (
        re.sub(r"\b(?:typing|collections\.abc|pipeline(?:\.\w+)+)\.", "", kind)
        .replace("NoneType", "null")
        .replace("None", "null")
    )
    limits = ", ".join(_limit(one) for one in field.metadata if _limit(one))
    return f"{text}; {limits}" if limits else text


def _limit(mark: object) -> str:
    signs = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "min_length": "at least (length)"}
    return " ".join(
        f"{word} {getattr(mark, sign)}" for sign, word in signs.items() if getattr(mark, sign, None) is not None
    )


def comments(kind: type[BaseModel]) -> dict[str, str]:
    """What the source says of each field: the comment lines above it, and the one behind it; of base classes too."""
    found: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        if not issubclass(owner, BaseModel) or owner is BaseModel or owner.__module__.startswith("pydantic"):
            continue
        try:
            found |= _comments_in(inspect.getsource(owner))
        except (OSError, TypeError):  # made from a table, such as the section `clean`
            continue
    return found


def _comments_in(source: str) -> dict[str, str]:
    lines = inspect.cleandoc("\n" + source).splitlines()
    found = {}
    (made,) = ast.parse("\n".join(lines)).body[:1]
    for node in made.body if isinstance(made, ast.ClassDef) else []:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        above: list[str] = []
        place = node.lineno - 2
        while place >= 0 and lines[place].lstrip().startswith("#"):
            above.insert(0, lines[place].lstrip("# :").strip())
            place -= 1
        behind = [_behind(lines[n]) for n in range(node.lineno - 1, node.end_lineno or node.lineno)]
        found[node.target.id] = " ".join(part for part in (*above, *behind) if part)
    return found


def _behind(line: str) -> str:
    """The comment at the end of a line; a # inside a text is none."""
    match = re.search(r"""^(?:[^#"']|"[^"]*"|'[^']*')*#\s*(.*)$""", line)
    return match[1].strip() if match else ""


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;").replace("{{", "{ {").strip()


def _first_line(function: object) -> str:
    return (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ")


# ------------------------------------------------------------------ Python, projects


def api_page() -> str:
    """What `import sft` offers, from its docstrings."""
    import sft

    parts = ["# Python API", "", "From the docstrings of `sft`; [From Python](../python.md) shows it in use.", ""]
    for name in sft.__all__:
        item = getattr(sft, name)
        parts += [f"## sft.{name}", ""]
        if not inspect.isclass(item):
            parts += ["```python", f"sft.{name}{inspect.signature(item)}", "```", ""]
        parts += [*_doc(item)]
        methods = inspect.getmembers(item, inspect.isfunction) if inspect.isclass(item) else []
        for method, function in methods:
            if not method.startswith("_"):
                parts += [f"### {name}.{method}", "", "```python", f"{method}{inspect.signature(function)}", "```", ""]
                parts += _doc(function)
    return "\n".join(parts) + "\n"


def _doc(item: object) -> list[str]:
    text = inspect.getdoc(item) or ""
    text, _, example = text.partition("\n>>> ")
    return [text, "", *(["```python", f">>> {example}", "```", ""] if example else [])]


def projects_page() -> str:
    """The projects that `sft init` starts from, each with its settings whole and, where it was run, its report."""
    from pipeline.commands.init import projects

    shown = {report.stem for report in reports()}
    parts = ["# Projects to start from", "", "`sft init NAME` starts one. Each runs on its sample as it is.", ""]
    for name, about in projects().items():
        text = (ROOT / f"pipeline/commands/templates/{name}.yaml").read_text("utf-8")
        parts += [f"## {name}", "", about, ""]
        if name in shown:
            parts += [f"[The report of its first run](gallery/{name}.html)", ""]
        parts += [f'??? note "params.yaml of {name}"', "", "    ```yaml"]
        parts += [f"    {line}".rstrip() for line in text.splitlines()]
        parts += ["    ```", ""]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(settings_page())
