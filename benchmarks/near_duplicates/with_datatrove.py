"""datatrove's minhash deduplication in its four stages, one task, default configuration: TEXTS OUT."""

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def main() -> None:
    rows = pq.read_table(sys.argv[1]).to_pylist()
    Path("in").mkdir()
    lines = (json.dumps({"id": str(row["n"]), "text": row["text"]}) for row in rows)
    Path("in/texts.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    config = MinhashConfig()
    reader = JsonlReader("in")
    stages = [
        (1, [reader, MinhashDedupSignature(output_folder="signatures", config=config)]),
        (config.num_buckets, [MinhashDedupBuckets("signatures", "buckets", config=config)]),
        (1, [MinhashDedupCluster("buckets", "remove", config=config)]),
        (1, [reader, MinhashDedupFilter("remove"), JsonlWriter("kept", compression=None)]),
    ]
    for number, (tasks, pipeline) in enumerate(stages):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=f"logs{number}").run()
    written = [line for path in Path("kept").glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    kept = {int(json.loads(line)["id"]) for line in written}
    Path(sys.argv[2]).write_text(json.dumps({"": sorted({row["n"] for row in rows} - kept)}))


if __name__ == "__main__":
    main()
