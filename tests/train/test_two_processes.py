"""One training run shared by two processes: by hand, for its cost.

They are started by torchrun, as `accelerate launch` does it on several GPUs, and by `accelerate launch` with a
configuration for processors that asks for FSDP, which accelerate leaves out there: nothing is sharded.

SFT_TWO_PROCESSES=1 python -m pytest tests/train/test_two_processes.py
"""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.train.conftest import labelled, write_dataset

pytestmark = pytest.mark.skipif(
    not os.environ.get("SFT_TWO_PROCESSES"), reason="run by hand with SFT_TWO_PROCESSES=1: a minute of CPU time"
)

PARAMS = """
task: {{type: classification, labels: [negative, neutral, positive], languages: [en, zh]}}
models: {{encoder: {{name: {encoder}}}}}
train: {{epochs: 6, batch_size: {batch}, evaluations: 3, max_length: 32, optimizer: {optimizer},
  early_stopping_patience: {patience}, learning_rate: 1e-2, warmup_ratio: 0, dropout: 0}}
"""
ONE = [sys.executable]
TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]


FSDP = """
compute_environment: LOCAL_MACHINE
distributed_type: FSDP
fsdp_config: {fsdp_version: 2, fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP, fsdp_state_dict_type: FULL_STATE_DICT}
use_cpu: true
mixed_precision: 'no'
num_machines: 1
num_processes: 2
machine_rank: 0
"""


@pytest.fixture(params=["torchrun", "accelerate"])
def two(request, tmp_path):
    """The command that starts two processes."""
    if request.param == "torchrun":
        return TWO
    (tmp_path / "accelerate.yaml").write_text(FSDP, "utf-8")
    return [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(tmp_path / "accelerate.yaml")]


def trained(folder, how, encoder, batch, optimizer="sgd", patience=0):
    """Runs the stage `train` in a project of its own; what it printed."""
    folder.mkdir()
    write_dataset(folder / "dataset", train=labelled() * 2, validation=labelled())
    text = PARAMS.format(encoder=encoder, batch=batch, optimizer=optimizer, patience=patience)
    (folder / "params.yaml").write_text(text, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    command = [*how, "-m", "pipeline.train", "dataset", "out"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def weights(folder):
    from safetensors.numpy import load_file

    return load_file(folder / "out" / "model" / "model.safetensors")


def test_two_processes_learn_what_one_learns_with_batches_twice_as_large(two, bert_folder, tmp_path):
    import numpy as np

    trained(tmp_path / "one", ONE, bert_folder, 24)  # all rows in one step: which rows meet in a batch cannot differ
    said = trained(tmp_path / "two", two, bert_folder, 12)
    one, both = (json.loads((tmp_path / name / "out" / "report.json").read_text()) for name in ("one", "two"))
    assert one["steps"] == both["steps"] > 0
    assert one["best_step"] == both["best_step"]
    assert both["dev"]["loss"] == pytest.approx(one["dev"]["loss"], abs=1e-3)
    first, second = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert all(np.allclose(first[name], second[name], atol=1e-4) for name in first)
    assert said.count("train     step 1 of") <= 1, "the first process alone tells how far it is"
    left = {path.name for path in (tmp_path / "two").iterdir()}
    assert left == {"cache", "dataset", "out", "params.yaml"}, "no folder of a second process is left"
    assert not list((tmp_path / "two" / "cache").glob("checkpoints/*/*"))


def test_stopping_early_stops_both(bert_folder, tmp_path):
    trained(tmp_path / "two", TWO, bert_folder, 4, "adamw", patience=1)
    assert (tmp_path / "two" / "out" / "model" / "model.safetensors").is_file()
