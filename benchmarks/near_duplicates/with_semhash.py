"""semhash at its default threshold (0.9): TEXTS OUT [ENCODER].

Its default model is fetched from a hub: STATIC_MODEL is a folder that model2vec can load in its place.
"""

import json
import os
import sys
from pathlib import Path

import pyarrow.parquet as pq
from model2vec import StaticModel
from semhash import SemHash


def main() -> None:
    texts = pq.read_table(sys.argv[1])["text"].to_pylist()
    folder = os.environ.get("STATIC_MODEL")
    model = StaticModel.from_pretrained(folder) if folder else None
    rows = [{"text": text, "n": str(n)} for n, text in enumerate(texts)]
    index = SemHash.from_records(records=rows, columns=["text"], model=model)
    kept = {int(row["n"]) for row in index.self_deduplicate().selected}
    Path(sys.argv[2]).write_text(json.dumps({"": [n for n in range(len(texts)) if n not in kept]}))


if __name__ == "__main__":
    main()
