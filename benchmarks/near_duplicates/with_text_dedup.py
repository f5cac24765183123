"""text-dedup's minhash with the settings of its own example file (verified), one process: TEXTS OUT.

`min_length` is 1: with more it drops short texts and calls them filtered, which would count as found.
"""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
from datasets import load_from_disk

CONFIG = """
[input]
input_type = "local_files"
file_type = "parquet"
[input.read_arguments]
path = "parquet"
data_files = "{texts}"
split = "train"
cache_dir = "cache"
[algorithm]
algorithm_name = "minhash"
text_column = "text"
seed = 42
batch_size = 10000
num_perm = 240
threshold = 0.7
false_positive_weight = 0.5
false_negative_weight = 0.5
hash_bits = 64
ngram_size = 5
min_length = 1
num_proc = 1
check_false_positive = true
[output]
output_dir = "output"
[debug]
enable_profiling = false
"""


def main() -> None:
    texts = Path(sys.argv[1])
    Path("config.toml").write_text(CONFIG.format(texts=texts))
    subprocess.run([sys.executable, "-m", "text_dedup.minhash"], check=True)
    kept = set(load_from_disk("output")["n"])
    Path(sys.argv[2]).write_text(json.dumps({"": sorted(set(pq.read_table(texts)["n"].to_pylist()) - kept)}))


if __name__ == "__main__":
    main()
