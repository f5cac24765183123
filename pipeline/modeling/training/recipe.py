"""How a model is fine-tuned: the settings that every head and strategy reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Settings
from pipeline.modeling.lm.chat_settings import ChatSettings


class Lora(Settings):
    """Low-rank adapters (Hu et al. 2021, https://arxiv.org/abs/2106.09685), merged into the weights at the end."""

    RENAMED: ClassVar[Mapping[str, str]] = {"modules": "target_modules"}

    rank: int = Field(8, ge=1)  # 4-64; the paper's default
    alpha: float = Field(16.0, gt=0)  # update scale is alpha / rank; a guess: not measured
    dropout: float = Field(0.0, ge=0, lt=1)
    target_modules: Literal["attention", "all"] = "all"  # which linear layers get an adapter
    load_in_4bit: bool = False  # QLoRA: frozen linear layers in four bits, by bitsandbytes (training/four_bits.py)


class Contrastive(Settings):
    """Contrastive fine-tuning for few labelled rows (modeling/heads/contrastive.py)."""

    pairs: int = Field(20, ge=2)  # a row; half of them with a row of its label. SetFit's usual number
    batch_size: int = Field(16, ge=1)  # pairs a step; a guess: not measured
    learning_rate: float = Field(2e-5, gt=0)  # SetFit's


class Recipe(Settings):
    """Strategy, rates and limits of one fine-tuning run, under the names that `transformers` and TRL have for them."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "batch": "batch_size",
        "accumulate": "gradient_accumulation_steps",
        "max_tokens": "max_length",
        "answer_tokens": "max_answer_length",
        "schedule": "lr_scheduler_type",
        "warmup": "warmup_ratio",
        "clip": "max_grad_norm",
        "pack": "packing",
        "gradual": "gradual_unfreezing",
        "focal": "focal_gamma",
        "patience": "early_stopping_patience",
    }

    epochs: float = Field(2.0, ge=0)  # passes over the training rows; 0 keeps the starting model; a guess: not measured
    batch_size: int = Field(32, ge=1)  # examples per forward pass; a guess: not measured
    gradient_accumulation_steps: int = Field(1, ge=1)  # forward passes per step: batch_size x this many examples a step
    max_length: int = Field(128, ge=8)  # longer examples are cut or dropped (see over_long); a guess: not measured
    over_long: Literal["truncate", "drop"] = "truncate"  # chat: a cut reply never shows its end; drop is safer
    chat: ChatSettings = ChatSettings()  # language models: what of a conversation is learned, and how it is asked
    instructions: dict[str, str] = Field({})  # text to text: language -> what to ask, with {text} and {language}

    # `stride` is a guess: not measured.
    stride: int = Field(32, ge=0)  # ner, qa: tokens that two neighbouring windows of a long text share
    max_answer_length: int = Field(64, ge=1)  # qa: longest answer; a guess: not measured

    learning_rate: float = Field(1e-4, gt=0)  # of the pretrained body's top layer, at its peak; a guess: not measured
    head_learning_rate: float = Field(1e-3, gt=0)  # of the new classification layer; a guess: not measured
    layer_decay: float = Field(1.0, gt=0, le=1)  # each layer further down learns this much slower; 0.85-0.95 is usual
    lr_scheduler_type: Literal["linear", "cosine", "constant"] = "linear"  # of the rates, after the warm-up
    # `warmup_ratio`: as where BERT is fine-tuned (https://github.com/google-research/bert, run_classifier.py).
    warmup_ratio: float = Field(0.1, ge=0, le=1)  # share of all steps
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    momentum: float = Field(
        0.9, ge=0, lt=1
    )  # sgd only; the usual value (Goyal et al. 2017, https://arxiv.org/abs/1706.02677)
    weight_decay: float = Field(0.01, ge=0)  # never on biases and norms; PyTorch's default of AdamW
    max_grad_norm: float = Field(1.0, ge=0)  # largest gradient norm; 0 never clips; default of Transformers' Trainer
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"  # auto: bfloat16 on accelerators that have it
    gradient_checkpointing: bool = False  # recompute activations: far less memory, about a third more time
    packing: bool = False  # language models: several short examples share one row of max_length, kept apart

    freeze: Literal["none", "embeddings", "all"] | int = (
        "embeddings"  # a number: embeddings and that many lowest layers
    )
    # Encoders with a Unigram tokenizer (multilingual e5): keep the pieces that train texts use, and single characters.
    trim_vocabulary: bool = False
    gradual_unfreezing: float = Field(
        0.0, ge=0, le=1
    )  # share of the run in which layers are unfrozen one by one, from the top
    lora: Lora | None = None  # train adapters only
    dropout: float | None = Field(None, ge=0, lt=1)  # null keeps the model's own
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    class_weights: Literal["none", "balanced"] = "none"  # balanced: inverse class frequency (classification)
    sampling: Literal["all", "balanced"] = "all"  # balanced: rare classes are drawn as often as frequent ones
    focal_gamma: float = Field(0.0, ge=0)  # (1 - p) ** focal_gamma weighs an example; 2 is usual, 0 is cross-entropy

    crf: bool = False  # ner: scores of neighbouring tags are learned too, a linear-chain CRF (heads/crf.py)
    # The linear head (epochs: 0) is fitted anew on train and dev together at the end, its C chosen by cross-validation;
    # null: where it is all that is trained.
    refit: bool | None = None
    # Few labelled rows, one label each (8 to 64 a class): tune the encoder on pairs of them, then fit the linear head.
    contrastive: Contrastive | None = None

    # `evaluations` is a guess: not measured.
    evaluations: int = Field(4, ge=1)  # evaluations on the dev split, evenly spread; the best model is kept
    early_stopping_patience: int = Field(0, ge=0)  # stop after this many evaluations without a gain; 0: never early
    seed: int = 0

    def refuse_class_settings(self, why: str) -> None:
        """Raise PipelineError for a setting that needs one class a record; `why` says why the task has none."""
        needless = {"class_weights": "none", "sampling": "all", "focal_gamma": 0.0}
        for name, neutral in needless.items():
            if getattr(self, name) != neutral:
                shown = f"{neutral:g}" if isinstance(neutral, float) else neutral
                raise PipelineError(f"params.yaml: train.{name}: {why}.", f"Set it to {shown}.")

    @property
    def refits(self) -> bool:
        """Whether the classification layer is fitted anew at the end; not after `contrastive`, which knows train."""
        return self.epochs == 0 and self.contrastive is None if self.refit is None else self.refit

    @model_validator(mode="after")
    def _a_crf_has_its_own_loss(self) -> Recipe:
        others = self.label_smoothing or self.focal_gamma or self.class_weights != "none"
        if self.crf and (others or self.lora is not None):
            raise ValueError("crf: its loss takes no class_weights, label_smoothing or focal_gamma, and no lora")
        return self

    @model_validator(mode="after")
    def _only_a_linear_head_is_refitted(self) -> Recipe:
        if self.refit and self.epochs:
            raise ValueError(
                "refit: a model that is fine-tuned keeps its best look at dev; set epochs: 0, or refit: false"
            )
        if self.contrastive and (self.epochs or self.refit):
            raise ValueError("contrastive: a linear head follows it; set epochs: 0 and leave refit out")
        return self

    @model_validator(mode="after")
    def _instructions_hold_the_text(self) -> Recipe:
        for language, instruction in self.instructions.items():
            if "{text}" not in instruction:
                raise ValueError(f"instructions: '{language}' has no place for the {{text}}")
        return self
