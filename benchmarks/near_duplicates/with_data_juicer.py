"""data-juicer's document_minhash_deduplicator with its defaults, one process: TEXTS OUT."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

CONFIG = """
project_name: near_duplicates
dataset_path: {here}/texts.jsonl
export_path: {here}/out/kept.jsonl
np: 1
open_tracer: false
process:
  - document_minhash_deduplicator: {{}}
"""


def main() -> None:
    here = Path.cwd()
    rows = pq.read_table(sys.argv[1]).to_pylist()
    Path("texts.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    Path("config.yaml").write_text(CONFIG.format(here=here))
    subprocess.run([Path(sys.executable).parent / "dj-process", "--config", "config.yaml"], check=True)
    written = [line for path in Path("out").glob("kept*.jsonl") for line in path.read_text("utf-8").splitlines()]
    kept = {json.loads(line)["n"] for line in written}
    Path(sys.argv[2]).write_text(json.dumps({"": sorted({row["n"] for row in rows} - kept)}))


if __name__ == "__main__":
    main()
