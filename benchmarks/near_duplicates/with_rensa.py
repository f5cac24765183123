"""rensa's deduplicator as in its README (words at 0.8), or given our shingles: TEXTS OUT words|characters."""

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
from rensa import RMinHashDeduplicator
from shingling import shingles

THRESHOLD = {"words": 0.8, "characters": 0.5}


def main() -> None:
    how = sys.argv[3]
    texts = pq.read_table(sys.argv[1])["text"].to_pylist()
    index = RMinHashDeduplicator(threshold=THRESHOLD[how], num_perm=128, use_lsh=True)
    keep = index.add_pairs((str(n), shingles(text, how)) for n, text in enumerate(texts))
    Path(sys.argv[2]).write_text(json.dumps({"": [n for n, stays in enumerate(keep) if not stays]}))


if __name__ == "__main__":
    main()
