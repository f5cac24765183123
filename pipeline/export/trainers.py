"""What trainers need beside the exported rows: LLaMA-Factory, axolotl and TRL.

Written from their documentation; the exported columns decide what is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set

Columns = Mapping[str, Set[str]]

_TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}
#: What TRL calls a split -> the split.
_TABLES = {"train": "train", "eval": "validation"}
#: Formatting -> what LLaMA-Factory calls a column -> the column.
_COLUMNS = {
    "sharegpt": {"messages": "conversations", "system": "system", "tools": "tools"},
    "alpaca": {
        "prompt": "instruction",
        "query": "input",
        "response": "output",
        "system": "system",
        "history": "history",
    },
}


def llama_factory(formatting: str) -> Callable[[Columns], Mapping[str, str]]:
    """`dataset_info.json` with one entry a split, as `dataset_dir` of LLaMA-Factory holds it."""

    def files(splits: Columns) -> Mapping[str, str]:
        entries = {split: _entry(split, formatting, columns) for split, columns in splits.items()}
        return {"dataset_info.json": json.dumps(entries, indent=2) + "\n"}

    return files


def _entry(split: str, formatting: str, columns: Set[str]) -> dict[str, object]:
    named = {name: column for name, column in _COLUMNS[formatting].items() if column in columns}
    tags = {"tags": _TAGS} if formatting == "sharegpt" else {}
    return {"file_name": f"{split}.jsonl", "formatting": formatting, "columns": named, **tags}


def axolotl(splits: Columns) -> Mapping[str, str]:
    """`axolotl.yaml`: the part of a configuration that names the data."""
    lines = ["# Paste into an axolotl configuration; paths are relative to where axolotl runs."]
    lines += _axolotl_part("datasets", "train", splits)
    lines += _axolotl_part("test_datasets", "validation", splits)
    return {"axolotl.yaml": "\n".join(lines) + "\n"}


def _axolotl_part(key: str, split: str, splits: Columns) -> list[str]:
    if split not in splits:
        return []
    lines = [
        f"{key}:",
        f"  - path: {split}.jsonl",
        "    ds_type: json",
        "    split: train",
        "    type: chat_template",
        "    field_messages: messages",
        "    message_property_mappings: {role: role, content: content}",
        "    message_field_training: weight  # turns with weight 0 are not learned",
        "    roles_to_train: [assistant]",
        "    train_on_eos: turn",
    ]
    return [*lines, *(["    field_tools: tools"] if "tools" in splits[split] else [])]


def trl(splits: Columns) -> Mapping[str, str]:
    """`sft_trl.py`: a script of TRL that trains on the files beside it."""
    files = {split: f"{split}.jsonl" for split in splits if split in ("train", "validation")}
    is_completion = any("completion" in columns for columns in splits.values())
    loss = "" if is_completion else ", assistant_only_loss=True"
    tables = ", ".join(f'{kind}_dataset=data["{split}"]' for kind, split in _TABLES.items() if split in files)
    text = f'''"""Train on the files beside this script: python sft_trl.py MODEL. Needs trl."""

import sys
from pathlib import Path

import torch
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

here = Path(__file__).parent
files = {json.dumps(files)}
data = load_dataset("json", data_files={{split: str(here / name) for split, name in files.items()}})
arguments = SFTConfig(output_dir="trained", use_cpu=not torch.accelerator.is_available(){loss})
trainer = SFTTrainer(sys.argv[1], args=arguments, {tables})
trainer.train()
'''
    return {"sft_trl.py": text}
