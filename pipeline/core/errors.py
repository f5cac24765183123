"""The one error a user is meant to see, and the way it is shown."""

from __future__ import annotations

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


def exit_code(work: Callable[[], object]) -> int:
    """Run `work`; print a `PipelineError` or an interrupt plainly. Returns 0, 1 or 130."""
    try:
        work()
    except PipelineError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except ModuleNotFoundError as error:
        told = missing_package(error)
        if told is None:
            raise
        sys.stderr.write(f"error: {told}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped by the user; run the same command again to go on\n")
        return 130
    return 0


def shorten(value: object, limit: int = 80) -> str:
    """`value` as one printable line of at most `limit` characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
