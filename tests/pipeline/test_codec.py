"""The codec: records to JSON and back as they were, null for what is not finite, one line for what does not fit."""

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from typing import Literal

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.pipeline.codec import as_json, build, plain, read_json


@attrs.frozen
class Inner:
    value: float
    kind: Literal["one", "two"] = "one"


@attrs.frozen(eq=False)
class Outer:
    count: int
    sure: bool
    name: str
    inner: tuple[Inner, ...]
    named: Mapping[str, Inner]
    numbers: Floats
    whole: Integers
    absent: Inner | None = None


def outer(numbers, absent=None):
    inner = Inner(0.5), Inner(math.nan, "two")
    return Outer(3, True, "ü", inner, {"a b": inner[0]}, np.array(numbers), np.array([[1, 2], [3, 4]]), absent)


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite | st.just(math.nan), min_size=1), st.none() | st.builds(Inner, finite))
def test_a_record_is_read_as_it_was_written(numbers, absent):
    record = outer(numbers, absent)
    again = build(json.loads(as_json(record)), Outer, "file")
    assert as_json(again) == as_json(record)
    np.testing.assert_array_equal(again.numbers, record.numbers)
    assert again.whole.dtype == np.int64
    assert again.absent == record.absent
    assert math.isnan(again.inner[1].value)


def test_what_is_not_finite_is_null_and_what_is_absent_no_key():
    data = json.loads(as_json(outer([1.0, math.nan, math.inf])))
    assert data["numbers"] == [1.0, None, None]
    assert data["inner"][1]["value"] is None
    assert "absent" not in data
    assert plain({"x": np.float32(0.5), "n": np.int64(3), "b": np.bool_(True), "y": [np.float64("nan")]}) == {
        "x": 0.5, "n": 3, "b": True, "y": [None],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"count": 3.0}, "file: count: 3.0; expected an integer"),
        ({"count": True}, "file: count: True; expected an integer"),
        ({"sure": 1}, "file: sure: 1; expected true or false"),
        ({"name": None}, "file: name: None; expected a string"),
        ({"inner": 3}, "file: inner: a value of another kind; expected a list"),
        ({"inner": [{"value": "x"}]}, "file: inner[0].value: 'x'; expected a number or null"),
        ({"inner": [{"value": 1, "kind": "three"}]}, "file: inner[0].kind: 'three'; expected one of 'one', 'two'"),
        ({"inner": [{"value": 1, "more": 2}]}, "file: inner[0]: unknown key 'more'; expected the keys of Inner"),
        ({"named": {"a": {}}}, "file: named.a.value: missing; expected this key"),
        ({"numbers": "1"}, "file: numbers: '1'; expected a list of numbers"),
        ({"numbers": [[1], [1, 2]]}, "rows of one length"),
        ({"whole": [1.5]}, "file: whole: [1.5]; expected a list of integers"),
        ({"more": 1}, "file: unknown key 'more'; expected the keys of Outer"),
        ({"name": "x" * 500, "count": "y" * 500}, "…; expected an integer"),
    ],
)
def test_what_does_not_fit_is_one_line_with_its_path(change, said):
    with pytest.raises(InputError) as found:
        build(json.loads(as_json(outer([1.0]))) | change, Outer, "file")
    assert said in str(found.value)
    assert "\n" not in str(found.value)
    assert len(str(found.value)) < 160


@pytest.mark.parametrize("text", ["", "{", "\xff", "[" * 100_000, "NaN", "3"])
def test_a_file_that_holds_something_else_is_one_line(tmp_path, text):
    path = tmp_path / "file.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"file\.json: "):
        read_json(path, Inner, "a record")
    with pytest.raises(InputError, match="cannot be read"):
        read_json(tmp_path / "none.json", Inner, "a record")


def test_the_pipeline_loads_nothing_heavy():
    """Neither numpy, torch, numba nor matplotlib: a manifest is read at once."""
    program = "import sys; from paper_repro.pipeline import directory, run; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert {"torch", "numba", "matplotlib", "numpy", "scipy"} & set(done.stdout.split()) == set()
