"""Kind `hub`: a data set of the Hugging Face hub, or a local folder of that form. The only user of `datasets` here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from pipeline.collect.params import RecordSource
from pipeline.collect.rows import AnyRow, Part, Row
from pipeline.core.cache import cache_folder
from pipeline.core.errors import PipelineError, shorten


class HubSettings(RecordSource):
    """Which data set, pinned."""

    path: str  # name on the hub, such as `org/name`, or a folder (beginning with `.`, `/` or `~`)
    revision: str | None = Field(default=None, min_length=1)  # commit or tag; needed for the hub
    config: str | None = None  # the data set's configuration, where it has several
    splits: tuple[str, ...] = Field(min_length=1)  # such as [train]

    @model_validator(mode="after")
    def _is_pinned(self) -> HubSettings:
        if not self.is_local and self.revision is None:
            raise ValueError("set revision: the data set may change under its name")
        return self

    @property
    def is_local(self) -> bool:
        """Whether `path` names a folder."""
        return self.path.startswith((".", "/", "~"))


def read(settings: HubSettings, raw: Path, where: str) -> Iterator[Part]:
    """One part a split; class numbers become class names."""
    name = Path(settings.path).name if settings.is_local else f"{settings.path}@{settings.revision}"
    config = f"/{settings.config}" if settings.config else ""
    for split in settings.splits:
        yield Part(f"hub:{name}{config}/{split}", _rows(_load(settings, split, where)))


def _load(settings: HubSettings, split: str, where: str) -> Any:
    path = str(Path(settings.path).expanduser()) if settings.is_local else settings.path
    if settings.is_local and not Path(path).is_dir():
        raise PipelineError(f"{where}.path: no folder '{settings.path}'.", "Relative paths start at the project.")
    import datasets

    datasets.disable_progress_bars()
    try:
        return datasets.load_dataset(
            path, settings.config, split=split, revision=settings.revision, cache_dir=str(cache_folder() / "hub")
        )
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise PipelineError(
            f"{where}: {settings.path} ({split}) cannot be loaded: {type(error).__name__}: {shorten(error, 200)}",
            "Check path, revision, config and splits; without a network, give the path of a local copy.",
        ) from None


def _rows(dataset: Any) -> Iterator[AnyRow]:
    names = {
        column: feature.names for column, feature in dataset.features.items() if hasattr(feature, "names")
    }  # ClassLabel
    for number, values in enumerate(dataset, 1):
        for column, labels in names.items():
            value = values[column]
            values[column] = labels[value] if isinstance(value, int) and 0 <= value < len(labels) else None
        yield Row(number, values)
