"""The task of the model that is served."""

from __future__ import annotations

from pipeline.core.settings import Task

TASK = Task(type="classification", labels=("neg", "好"), languages=("en", "zh"))
