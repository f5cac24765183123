"""`models.generator` through llama.cpp, where the package `xllamacpp` is installed: GGUF files, quantised as they are.

It runs inside this process and takes the same requests as a service. Its sampling holds answers to JSON schemas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import PipelineError, shorten
from pipeline.llm.completions import answer_of, body_of
from pipeline.llm.question import Answer, Question
from pipeline.llm.service_errors import TOO_LONG
from pipeline.llm.usage import Usage
from pipeline.modeling.models import Model, identity, local_path
from pipeline.runtime.threads import cores

if TYPE_CHECKING:
    import xllamacpp

_WHERE = "models.generator"
#: Tokens of prompt and answer together that the model is opened for. A guess: not measured.
_WINDOW = 4096


class LlamaCpp:
    """One GGUF file, loaded on first use. Raises PipelineError where it is none, or llama.cpp is not installed."""

    masks_personal_data = False

    def __init__(self, model: Model) -> None:
        self._path = local_path(model, _WHERE)
        if not self._path.endswith(".gguf") or not Path(self._path).is_file():
            raise PipelineError(f"{_WHERE}: '{self._path}' is no GGUF file, which llama.cpp needs.", "Name one.")
        self.usage = Usage()
        self.version = f"llama.cpp {identity(model)}"
        self._server: Any = None

    def answer_all(self, questions: Sequence[Question], on_answer: Callable[[Question, Answer], None]) -> None:
        """Ask every question, one after the other: an answer depends on no neighbour."""
        self._server = self._server or _opened(self._path)
        for question in questions:
            answer = self._ask(question)
            self.usage.count(answer)
            on_answer(question, answer)

    def _ask(self, question: Question) -> Answer:
        from openai.types.chat import ChatCompletion

        # Without its own cache: what was asked before must not change an answer.
        found = self._server.handle_chat_completions({**body_of(question, "", with_schema=True), "cache_prompt": False})
        error = found.get("error")
        if error and TOO_LONG.search(str(error)):
            return Answer("", "too_long", shorten(error.get("message"), 200))
        if error:
            raise PipelineError(f"{_WHERE}: llama.cpp refused: {shorten(error, 200)}", "Check the model file.")
        return answer_of(question, ChatCompletion.model_validate(found))


def _opened(path: str) -> xllamacpp.Server:
    try:
        import xllamacpp
    except ImportError:
        raise PipelineError(
            "models.generator_engine: llama.cpp is not installed.",
            "pip install 'sft-data-pipeline[llamacpp]' (the package xllamacpp), or set it to transformers.",
        ) from None
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel, params.warmup = _WINDOW, 1, False
    params.cpuparams.n_threads = cores()
    params.verbosity = -1
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise PipelineError(f"{_WHERE}: '{path}' does not load: {shorten(error, 200)}", "Check the file.") from None
