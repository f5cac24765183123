"""Texts embedded per second: ours against the plain loop (fixed batches of 64, in order, all cores on each batch).

    python benchmarks/embedding.py [rows]

Reads data/clean/records.parquet (run `dvc repro clean` first) and the encoder of params.yaml. Both ways run in this one
process on the same texts, nothing cached; the largest difference between their vectors is printed too.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch

from pipeline.core.settings import load
from pipeline.modeling.features.encoder import MAX_TOKENS, embed, load_encoder
from pipeline.modeling.models import Models, local_path


def plain_loop(texts: list[str], path: str) -> np.ndarray:
    tokenizer, model = load_encoder(path)
    vectors = []
    for start in range(0, len(texts), 64):
        part = texts[start : start + 64]
        batch = tokenizer(part, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        vectors.append(torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1).numpy())
    return np.concatenate(vectors)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    model = load("models", Models).encoder
    path = local_path(model, "models.encoder")
    fields = pq.read_table("data/clean/records.parquet", columns=["fields"])["fields"].to_pylist()
    texts = sorted({field["text"] for field in fields})[:: max(1, len(fields) // rows)][:rows]
    plain_loop(texts[:64], path)  # warm up

    started = time.perf_counter()
    theirs = plain_loop(texts, path)
    plain = len(texts) / (time.perf_counter() - started)

    packages = Path(os.environ.get("SFT_CACHE", ".cache")).resolve() / "packages"
    with tempfile.TemporaryDirectory() as cache:
        (Path(cache) / "packages").symlink_to(packages)
        os.environ["SFT_CACHE"] = cache
        started = time.perf_counter()
        ours = embed(texts, model)
        fast = len(texts) / (time.perf_counter() - started)

    print(f"texts {len(texts)}  threads {torch.get_num_threads()}")
    print(f"plain loop {plain:.0f} texts/s   ours {fast:.0f} texts/s   ratio {fast / plain:.2f}")
    print(f"largest difference {np.abs(ours - theirs).max():.1e}")


if __name__ == "__main__":
    main()
