"""Exported files through the code of the trainers that they are for: LLaMA-Factory and axolotl.

    sft export --form sharegpt --form alpaca --form messages --out exported
    python tools/trainers_read.py llama_factory exported/sharegpt   # in an environment that has llamafactory
    python tools/trainers_read.py llama_factory exported/alpaca
    python tools/trainers_read.py axolotl exported/messages         # in an environment that has axolotl

Each loads `dataset_info.json` or `axolotl.yaml` with the trainer's own loader and encodes every row with its own
template code, under a byte-level tokenizer made here; no model, no network. It ends with 1 where a row was skipped,
misses one of its own texts, or learns what it should not. docs/conversations.md says what was run, and with which
versions.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.machinery
import importlib.util
import json
import os
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

#: Tokens of ChatML, and of Qwen3's reasoning and calls.
_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
#: A Qwen-like chat template for axolotl, with tools, reasoning and results.
_CHATML = """{%- if tools %}<|im_start|>system
{% if messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}<tools>{{ tools | tojson }}</tools><|im_end|>
{% endif %}{%- for message in messages -%}
{% if not (tools and loop.first and message.role == 'system') %}<|im_start|>{{ message.role }}
{% if message.reasoning_content %}<think>
{{ message.reasoning_content }}
</think>

{% endif %}{{ message.content }}{% for call in message.tool_calls or [] %}
<tool_call>
{{ call.function | tojson }}
</tool_call>{% endfor %}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def main() -> int:
    """Read the arguments, and the folder with the trainer's code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("trainer", choices=["llama_factory", "axolotl"])
    parser.add_argument("folder", type=Path, help="a form's folder of `sft export`")
    parser.add_argument("--template", default="qwen3_nothink", help="of LLaMA-Factory (default: %(default)s)")
    options = parser.parse_args()
    read = {"llama_factory": llama_factory, "axolotl": axolotl}[options.trainer]
    bad = sum(_told(split, rows, encoded) for split, rows, encoded in read(options.folder.resolve(), options.template))
    return 1 if bad else 0


Encoded = Sequence[Mapping[str, Any]]


def _told(split: str, rows: Sequence[Mapping[str, Any]], encoded: Sequence[tuple[str, str]]) -> int:
    """Print what became of a split's rows; the number of rows that are not as they should be."""
    wrong = {
        str(row.get("id")): found for row, read in zip(rows, encoded, strict=False) if (found := _wrong(row, *read))
    }
    for id, found in list(wrong.items())[:3]:
        print(f"  {id}: {found}")
    print(f"{split}: {len(rows)} rows, {len(encoded)} encoded, {len(wrong)} of them not as they should be")
    return len(rows) - len(encoded) + len(wrong)


def _wrong(row: Mapping[str, Any], text: str, learned: str) -> str:
    """What is wrong with what was encoded of a row."""
    missing = [one for one in _texts(row) if one.strip() not in text]
    turns = row.get("messages") or []
    off = [turn["content"] for turn in turns if turn.get("weight") == 0]
    asked = [turn["content"] for turn in turns if turn["role"] in ("user", "tool")]
    said = "\n".join(turn["content"] for turn in turns if turn["role"] == "assistant" and turn.get("weight") != 0)
    if missing:
        return f"not there: {missing[0]!r}"
    if not learned and not off:
        return "nothing is learned"
    too_much = [one for one in off + asked if len(one) > 20 and one in learned and one not in said]
    return f"learned: {too_much[0]!r}" if too_much else ""


def _texts(row: Mapping[str, Any]) -> Iterator[str]:
    """What must be found again: texts of turns; of calls their names."""
    for turn in row.get("conversations") or row.get("messages") or []:
        if turn.get("from") == "function_call":
            value = turn["value"].partition("<tool_call>")[2].removesuffix("</tool_call>") or turn["value"]
            calls = json.loads(value.rpartition("</think>")[2])
            yield from (call["name"] for call in (calls if isinstance(calls, list) else [calls]))
        else:
            yield turn.get("value") or turn.get("content") or ""
            yield turn.get("reasoning_content") or ""
        yield from (call["function"]["name"] for call in turn.get("tool_calls") or [])
    yield from (row.get(name) or "" for name in ("instruction", "output", "system"))
    yield from (said for pair in row.get("history") or [] for said in pair)


def _tokenizer() -> Any:
    """A tokenizer of bytes with the tokens of ChatML: whatever is encoded can be read again."""
    transformers, tokenizers = importlib.import_module("transformers"), importlib.import_module("tokenizers")
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    model = tokenizers.models.BPE(vocab={sign: n for n, sign in enumerate(alphabet)}, merges=[])
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    made.add_special_tokens(_SPECIAL)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=_CHATML
    )


def _decoded(tokenizer: Any, encoded: Encoded) -> list[tuple[str, str]]:
    """What each row reads as, and the part of it that is learned."""
    return [
        (
            tokenizer.decode(one["input_ids"]),
            tokenizer.decode([label for label in one["labels"] if label != -100]),
        )
        for one in encoded
    ]


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def llama_factory(folder: Path, template: str) -> Iterator[tuple[str, list[dict[str, Any]], list[tuple[str, str]]]]:
    """Each split of `dataset_info.json` through `llamafactory.data.get_dataset`."""
    os.environ.setdefault("DISABLE_VERSION_CHECK", "1")
    if importlib.util.find_spec("torchaudio") is None:  # read for sounds alone; installing it brings CUDA
        sys.modules["torchaudio"] = types.ModuleType("torchaudio")
        sys.modules["torchaudio"].__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    data, hparams = importlib.import_module("llamafactory.data"), importlib.import_module("llamafactory.hparams")
    transformers = importlib.import_module("transformers")
    print(f"llamafactory {version('llamafactory')}, template {template}")
    tokenizer = _tokenizer()
    for split, entry in json.loads((folder / "dataset_info.json").read_text("utf-8")).items():
        arguments = hparams.DataArguments(
            dataset=split, dataset_dir=str(folder), template=template, cutoff_len=100_000, overwrite_cache=True
        )
        form = data.get_template_and_fix_tokenizer(tokenizer, arguments)
        training = transformers.Seq2SeqTrainingArguments(output_dir=str(folder / "trained"), report_to=[])
        model = hparams.ModelArguments(model_name_or_path="none")
        found = data.get_dataset(form, model, arguments, training, stage="sft", tokenizer=tokenizer)
        yield split, _rows(folder / entry["file_name"]), _decoded(tokenizer, found["train_dataset"])


def axolotl(folder: Path, _: str) -> Iterator[tuple[str, list[dict[str, Any]], list[tuple[str, str]]]]:
    """Each data set of `axolotl.yaml` through axolotl's loader and its strategy `chat_template`."""
    yaml, dicts = importlib.import_module("yaml"), importlib.import_module("axolotl.utils.dict")
    loaders = importlib.import_module("axolotl.utils.data.shared")
    strategies = importlib.import_module("axolotl.prompt_strategies.chat_template")
    print(f"axolotl {version('axolotl')}")
    os.chdir(folder)
    tokenizer, told = _tokenizer(), yaml.safe_load((folder / "axolotl.yaml").read_text("utf-8"))
    for part in [*told["datasets"], *told.get("test_datasets", [])]:
        setting = dicts.DictDefault(part)
        common = {"train_on_inputs": False, "sequence_len": 100_000, "chat_template": "tokenizer_default"}
        strategy = strategies.load(tokenizer, dicts.DictDefault(common), ds_cfg=part)
        table = loaders.load_dataset_with_config(setting, use_auth_token=False)
        found = [strategy.tokenize_prompt(row) for row in table]
        yield part["path"], _rows(folder / part["path"]), _decoded(tokenizer, found)


if __name__ == "__main__":
    sys.exit(main())
