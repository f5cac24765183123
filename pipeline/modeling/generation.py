"""Language models that write text: answers of a causal model, translations of a seq2seq model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.modeling.encoder_decoder import load_encoder_decoder
from pipeline.modeling.generator import load_generator
from pipeline.modeling.models import Model, local_path

_WHERE = "models.generator"


class CausalLM:
    """A causal language model that answers one prompt at a time, loaded on first use.

    One at a time, because padding in a batch changes rounding: an answer must not depend on its neighbours.
    """

    def __init__(self, model: Model) -> None:
        _check(local_path(model, _WHERE), _WHERE)
        self._model = model
        self._loaded: tuple[Any, Any] | None = None

    def answer(self, prompt: str, seed: str, temperature: float, max_tokens: int) -> str:
        """The model's answer to one user turn. Sampled with `seed` (hex); greedy at temperature 0."""
        import torch

        tokenizer, model = self._loaded = self._loaded or load_generator(self._model)
        turns = [{"role": "user", "content": prompt}]
        inputs = tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        room = _window(model) - max_tokens
        inputs = {name: inputs[name][:, -max(room, 1) :] for name in ("input_ids", "attention_mask")}
        sampling = (
            {"do_sample": True, "temperature": temperature, "top_p": 0.95} if temperature else {"do_sample": False}
        )
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(int(seed[:8], 16))
            tokens = model.generate(
                **inputs, max_new_tokens=max_tokens, pad_token_id=tokenizer.eos_token_id, **sampling
            )
        return str(tokenizer.decode(tokens[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))


class Seq2Seq:
    """A translation model, loaded on first use."""

    def __init__(self, path: str, where: str = "augment.methods.back_translation") -> None:
        _check(path, where)
        self._path = path
        self._where = where
        self._loaded: tuple[Any, Any] | None = None

    def translate(self, texts: list[str], batch: int = 16, max_tokens: int = 256) -> list[str]:
        """One translation per text, greedy. Texts of like length share a batch; longer than the model: cut."""
        import torch

        tokenizer, model = self._loaded = self._loaded or load_encoder_decoder(self._path, self._where)
        order = sorted(range(len(texts)), key=lambda n: (len(texts[n]), texts[n]))
        results = [""] * len(texts)
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            inputs = tokenizer(
                [texts[n] for n in part], padding=True, truncation=True, max_length=max_tokens, return_tensors="pt"
            )
            inputs.pop("token_type_ids", None)
            with torch.inference_mode():
                tokens = model.generate(**inputs, max_new_tokens=max_tokens, num_beams=1, do_sample=False)
            for n, text in zip(part, tokenizer.batch_decode(tokens, skip_special_tokens=True), strict=True):
                results[n] = text
        return results


def _window(model: Any) -> int:
    return int(getattr(model.config, "max_position_embeddings", None) or 2048)


def _check(path: str, where: str) -> None:
    """A path that looks like a folder must exist; anything else may be a hub name."""
    if (path.startswith((".", "/", "~")) or path.count("/") > 1) and not Path(path).exists():
        raise PipelineError(f"{where}: '{path}' is not there.", "Name a model folder, or a hub model while online.")
