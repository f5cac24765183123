"""A finished run saved as `train` saves it, and loaded as `sft predict` loads it."""

from pipeline.modeling.predictor import load_predictor
from pipeline.runtime.store import write_json


def saved(folder, start, head, run, task, recipe):
    if hasattr(head, "finish"):
        head.finish(start.model)
    start.model.save_pretrained(folder)
    start.tokenizer.save_pretrained(folder)
    settings = {"task": task.model_dump(mode="json"), **recipe.model_dump(mode="json"), **run.best.predictor_settings}
    write_json(settings, folder / "sft.json")
    return load_predictor(folder)
