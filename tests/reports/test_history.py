"""The history of done trials: each epoch once, whatever the order of the rows."""

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.history import compact_history

ROW = st.tuples(st.sampled_from("abc"), st.sampled_from(["stage1", "stage2"]), st.integers(1, 3))


def history(rows: list[tuple[str, str, int]]) -> pa.Table:
    """Each row with a value of its own, as the store reads it."""
    ids, stages, epochs = zip(*rows, strict=True) if rows else ([], [], [])
    columns = {"trial_id": pa.array(ids, pa.string()), "stage": pa.array(stages, pa.string())}
    columns = {name: column.dictionary_encode() for name, column in columns.items()}
    return pa.table({**columns, "epoch": pa.array(epochs, pa.int64()), "loss": pa.array(map(float, range(len(rows))))})


@given(rows=st.lists(ROW, max_size=12), ordered=st.booleans())
def test_of_rows_of_one_epoch_the_first_counts(rows: list[tuple[str, str, int]], ordered: bool) -> None:
    """As of rows that a copied store holds twice; in the order of a launch, and in any other."""
    rows = sorted(rows) if ordered else rows
    first: dict[tuple[str, str, int], float] = {}
    for place, row in enumerate(rows):
        if row[0] != "c":
            first.setdefault(row, float(place))
    kept = compact_history(history(rows), {"a", "b"})
    assert list(kept[["trial_id", "stage", "epoch"]].astype("str").itertuples(index=False, name=None)) == [
        (trial_id, stage, str(epoch)) for trial_id, stage, epoch in first
    ]
    assert kept["loss"].tolist() == list(first.values())
    assert kept.index.equals(pd.RangeIndex(len(kept)))


@pytest.mark.parametrize(
    "again", [[("a", "stage1", 2)], [("b", "stage1", 1)], [("a", "stage1", 1), ("a", "stage1", 2)]]
)
def test_an_epoch_that_comes_again_later_is_left_out(again: list[tuple[str, str, int]]) -> None:
    """Though each run of rows rises."""
    rows = [("a", "stage1", 1), ("a", "stage1", 2), ("b", "stage1", 1)]
    assert len(compact_history(history([*rows, *again]), {"a", "b"})) == 3
