"""The one error a user is meant to see, and the way it is shown."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable


class PipelineError(Exception):
    """A problem the user can fix: what is wrong and where, then how to fix it.

    Anything else that is raised is a bug of ours and keeps its traceback.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class Refused(PipelineError):
    """What a stage found speaks against going on: the run ends with this error, and what was found is kept."""


#: Package of an extra -> the extra. The core builds datasets; what trains or talks to services comes on request.
EXTRAS = {
    **dict.fromkeys(("torch", "transformers", "accelerate", "peft", "safetensors", "onnxruntime", "fastapi"), "train"),
    **dict.fromkeys(("uvicorn", "sacrebleu", "rouge_score", "sentencepiece", "gguf", "math_verify"), "train"),
    "label_studio_sdk": "studio",
    "openai": "llm",
    "httpx2": "llm",
    "xllamacpp": "llamacpp",
    "daft": "ray",
    "ray": "ray",
    "s3fs": "cloud",
}


def missing_package(error: ModuleNotFoundError) -> PipelineError | None:
    """What to tell where a package of an extra is not installed; None for any other module."""
    name = (error.name or "").split(".")[0]
    if name not in EXTRAS:
        return None
    return PipelineError(
        f"This needs the package {name}, which is not installed.", f"pip install 'sft-data-pipeline[{EXTRAS[name]}]'"
    )


#: What an operating system refuses, and what a person can do about it.
REFUSALS = {
    errno.ENOSPC: "The disk is full. Make room",
    errno.EDQUOT: "Your share of the disk is used up. Make room",
    errno.EFBIG: "Files may not grow so large here (ulimit -f). Raise the limit",
    errno.EACCES: "This user may not do that. Change the permissions, or run as the owner",
    errno.EPERM: "This user may not do that. Change the permissions, or run as the owner",
    errno.EROFS: "The disk is read-only. Mount it for writing, or work in another folder",
    errno.EMFILE: "Too many files are open (ulimit -n). Raise the limit",
    errno.EIO: "The disk has a fault. Look at the system's log",
    errno.ENOTDIR: "A file stands where a folder is needed. Move it away",
    errno.EISDIR: "A folder stands where a file is needed. Move it away",
    errno.ENAMETOOLONG: "The name is too long. Choose a shorter one",
    errno.ENOENT: "Check the path",
    errno.EEXIST: "Something of that name is there already. Move it away",
}


def refused_by_system(error: OSError) -> PipelineError | None:
    """What to tell where the operating system refused to read or write; None for anything else.

    Arrow's errors carry the number in their text.
    """
    number = error.errno or next((n for n in REFUSALS if f"[errno {n}]" in str(error).lower()), None)
    if number not in REFUSALS:
        return None
    place = f"{error.filename}: " if error.filename else ""
    why = error.strerror if error.strerror and len(error.strerror) < 100 else os.strerror(number)
    return PipelineError(f"{place}{why}.", f"{REFUSALS[number]}; then run the same command again.")


def exit_code(work: Callable[[], object]) -> int:
    """Run `work`; print a `PipelineError` or an interrupt plainly. Returns 0, 1 or 130."""
    try:
        work()
    except PipelineError as error:
        sys.stderr.write(f"{_error()} {error}\n")
        return 1
    except (ModuleNotFoundError, OSError) as error:
        told = refused_by_system(error) if isinstance(error, OSError) else missing_package(error)
        if told is None:
            raise
        sys.stderr.write(f"{_error()} {told}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped by the user; run the same command again to go on\n")
        return 130
    return 0


def _error() -> str:
    """The word that an error begins with: red on a terminal that shows colours (https://no-color.org)."""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stderr.isatty()
    return "error:" if is_plain else "\x1b[31merror:\x1b[0m"


def shorten(value: object, limit: int = 80) -> str:
    """`value` as one printable line of at most `limit` characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
