"""What the tests of collect share."""

from __future__ import annotations

RECORDS = {
    "kind": "files",
    "role": "train",
    "licence": "MIT",
    "path": "a.csv",
    "key": "id",
    "target": "y",
    "lang": "en",
}
