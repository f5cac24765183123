"""Encoders as ONNX: written by `sft onnx`, run by ONNX Runtime wherever a model folder is loaded."""

from __future__ import annotations

import contextlib
import io
import logging
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import PipelineError, shorten

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: The file that makes a folder an exported model.
FILE = "model.onnx"


@dataclass(frozen=True)
class OnnxModel:
    """Looks like a transformers model to the heads: called with tensors, it gives an object with logits."""

    session: Any
    config: Any
    device: str = "cpu"

    def __call__(self, **inputs: Tensor) -> object:
        """The model's outputs, as tensors, by name."""
        import torch

        nothing = torch.zeros_like(inputs["input_ids"])  # a single text is all of type 0
        given = {one.name: inputs.get(one.name, nothing).numpy() for one in self.session.get_inputs()}
        names = [one.name for one in self.session.get_outputs()]
        found = self.session.run(names, given)
        return SimpleNamespace(**{name: torch.from_numpy(value) for name, value in zip(names, found, strict=True)})

    def eval(self) -> OnnxModel:
        """Itself: it cannot be trained."""
        return self


def load(folder: Path) -> OnnxModel:
    """The exported model in `folder`. Raises PipelineError where the file is damaged."""
    import onnxruntime
    from transformers import AutoConfig

    try:
        session = onnxruntime.InferenceSession(str(folder / FILE), providers=["CPUExecutionProvider"])
        return OnnxModel(session, AutoConfig.from_pretrained(folder))
    except Exception as error:  # the runtime raises kinds of its own
        raise PipelineError(
            f"{folder / FILE}: ONNX Runtime cannot load it: {shorten(error, 200)}", "Export the model again: sft onnx"
        ) from None


def export(folder: Path, out: Path) -> None:
    """Write the encoder in `folder` to `out` as ONNX, with all that predicting needs beside it.

    Raises PipelineError for models that write text: their generation loop is no single graph.
    """
    from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoTokenizer
    from transformers import AutoModelForSequenceClassification as Sequence
    from transformers import AutoModelForTokenClassification as Tokens

    config = AutoConfig.from_pretrained(folder)
    kind = (config.architectures or [""])[0]
    kinds = {
        "SequenceClassification": Sequence,
        "TokenClassification": Tokens,
        "QuestionAnswering": AutoModelForQuestionAnswering,
    }
    auto = next((auto for name, auto in kinds.items() if kind.endswith(name)), None)
    if auto is None:
        raise PipelineError(
            f"{folder}: {kind or 'this model'} writes text; `sft onnx` takes encoders.",
            "Encoders give labels, numbers, entities or answers. Serve this model as it is: sft serve",
        )
    tokenizer, model = AutoTokenizer.from_pretrained(folder), auto.from_pretrained(folder, dtype="float32").eval()
    out.mkdir(parents=True, exist_ok=True)
    names = ["start_logits", "end_logits"] if kind.endswith("QuestionAnswering") else ["logits"]
    _write(model, tokenizer, names, out / FILE)
    config.save_pretrained(out)
    tokenizer.save_pretrained(out)
    shutil.copyfile(folder / "sft.json", out / "sft.json")


def to_int8(folder: Path) -> None:
    """Bring the weights of matrix products of an exported model to 8 bits, in place; activations are at run time."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole, part = onnx.load(folder / FILE), folder / f"{FILE}.int8"
    del whole.graph.value_info[:]  # the exporter's notes on shapes are from before it folded transposes: found anew
    with _quiet():
        quantize_dynamic(whole, part, weight_type=QuantType.QInt8)
    part.replace(folder / FILE)


def _write(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, names: list[str], file: Path) -> None:
    import torch

    class Graph(torch.nn.Module):
        """Inputs by position, outputs as a tuple."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
            """The outputs named in `names`, in that order, of the inputs named in `inputs`."""
            outputs = self.model(**dict(zip(inputs, given, strict=True)))
            return tuple(outputs[name] for name in names)

    wanted = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in tokenizer.model_input_names]
    inputs = wanted if getattr(model.config, "type_vocab_size", 0) > 1 else wanted[:2]
    ids = torch.arange(18).reshape(2, 9) % model.config.vocab_size
    # Padding and two types of text in the example: tracing drops what all rows have alike.
    example = {"input_ids": ids, "attention_mask": (ids != 8).long(), "token_type_ids": (ids % 9 > 4).long()}
    free = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens")}
    with _quiet():
        torch.onnx.export(
            Graph().eval(),
            tuple(example[name] for name in inputs),
            str(file),
            input_names=inputs,
            output_names=names,
            dynamic_shapes={"given": tuple(free for _ in inputs)},
            dynamo=True,
            external_data=False,
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporter and quantiser print pages of progress and warn of packages that they do without; logs are as before."""
    loggers = [logging.getLogger(), logging.getLogger("torch.onnx")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
