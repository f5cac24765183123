"""What damaged reports and tables are told: the file, the key or column, and what stands there."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.core.errors import PipelineError
from pipeline.runtime.damaged_files import Each, Keys, check_columns, check_keys

KEYS: Keys = {
    "n": int,
    "either": (int, float),
    "below": {"name": str},
    "rows": Each(list, {"n": int}),
    "named": Each(dict, {"n": int}),
}
SOUND = {"n": 0, "either": 0.5, "below": {"name": "类"}, "rows": [], "named": {"甲": {"n": 1}}}
FILE = Path("data/x/report.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n": -1}, "'n' holds -1"),
        ({"n": "1"}, "'n' holds 1"),
        ({"either": None}, "'either' holds None"),
        ({"below": []}, "an object in 'below', found list"),
        ({"below": {}}, "no key 'name' in 'below'"),
        ({"below": {"name": 3}}, "'name' in 'below' holds 3"),
        ({"rows": {}}, "'rows' holds {}"),
        ({"rows": [{"n": 1}, 2]}, "an object in 'rows', found int"),
        ({"named": {"甲": {"n": 1.5}}}, "'n' in 'named' holds 1.5"),
        ({"named": [1]}, "'named' holds [1]"),
    ],
)
def test_what_is_wrong_with_a_report_is_named(change: dict[str, object], said: str) -> None:
    check_keys(SOUND, KEYS, FILE)
    with pytest.raises(PipelineError, match=r"^data/x/report\.json: ") as caught:
        check_keys({**SOUND, **change}, KEYS, FILE)
    assert said in str(caught.value)


def test_a_key_may_be_missing_where_that_is_said() -> None:
    check_keys({}, KEYS, FILE, optional=True)
    with pytest.raises(PipelineError, match="no key 'n'"):
        check_keys({}, KEYS, FILE)


def test_empty_cells_of_a_column_that_is_always_filled_are_counted() -> None:
    columns = pa.schema({"id": pa.string(), "text": pa.string()})
    table = pa.table({"id": ["a", None, None], "text": ["x", None, "z"]})
    assert check_columns(table.slice(0, 1), columns, FILE, ("id",)).num_rows == 1
    assert check_columns(table.slice(0, 0), columns, FILE, ("id", "text")).num_rows == 0
    with pytest.raises(PipelineError, match="2 rows have no 'id'"):
        check_columns(table, columns, FILE, ("id",))
