"""datasketch as in its documentation: the first of each cluster stays: TEXTS OUT words|characters."""

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
from datasketch import MinHash, MinHashLSH
from shingling import shingles

PERMUTATIONS = 128
THRESHOLD = {"words": 0.8, "characters": 0.5}


def main() -> None:
    how = sys.argv[3]
    texts = pq.read_table(sys.argv[1])["text"].to_pylist()
    index = MinHashLSH(threshold=THRESHOLD[how], num_perm=PERMUTATIONS)
    kept: dict[int, MinHash] = {}
    removed = []
    for n, text in enumerate(texts):
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([part.encode() for part in shingles(text, how)])
        if any(signature.jaccard(kept[m]) >= THRESHOLD[how] for m in index.query(signature)):
            removed.append(n)
        else:
            index.insert(n, signature)
            kept[n] = signature
    Path(sys.argv[2]).write_text(json.dumps({"": removed}))


if __name__ == "__main__":
    main()
