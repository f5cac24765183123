"""Effect of each data step, in full: the model itself, fine-tuned on each state of the data (variants/dvc.yaml).

    python -m pipeline.variants start                    write variants/dvc.yaml and variants/params.yaml
    python -m pipeline.variants data VARIANT DATA OUT    one variant's training data, with the project's dev and test;
                                                         VARIANT_control: the same changes at random
    python -m pipeline.variants run SEED DATASET OUT     train and predict the test split
    python -m pipeline.variants report RUNS OUT          paired comparison of all runs

The quick form, the stage `value`, answers the same question with a linear head in seconds.
"""

from __future__ import annotations

import sys

from pipeline.core.errors import exit_code
from pipeline.variants.run import main

if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
