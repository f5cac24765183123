"""nlpaug without the libraries that only its language models need."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

CODE = """
import sys
from pipeline.augment.augmenters.light_nlpaug import give_language_models, import_nlpaug
import_nlpaug()
import nlpaug.augmenter.word as naw
words = naw.RandomWordAug(action="swap", aug_p=0.5).augment("one two three four five six")
print(len(words), "torch" in sys.modules, "transformers" in sys.modules)
give_language_models()
import torch
from nlpaug.util.selection.filtering import filter_top_k
print(filter_top_k(torch.tensor([0.1, 0.7, 0.2]), 1)[1].tolist())
"""


def test_torch_is_loaded_only_where_a_language_model_of_nlpaug_is_used() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["1 False False", "[1]"], done.stderr
