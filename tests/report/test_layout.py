"""How text and tables fit a terminal: no number is broken, no line is too wide, and nothing is lost."""

import io
import random

import pytest
from rich.cells import cell_len
from rich.console import Console

from paper_repro.report import layout, terminal
from paper_repro.report.document import Table

WORDS = ["0.888 ± 0.011", "-1.5 … 2.25", "≤ 0.05", "95 %", "word", "a", "J_AB", "architecture.output_scale.time_scale", "β", "漢字"]


def lines_of(table, width):
    console = Console(file=io.StringIO(), width=width)
    terminal.show_table(table, console)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def made(seed):
    """A table of random cells; every second one has columns of numbers alone."""
    draw = random.Random(seed)  # noqa: S311 -- a test
    columns = tuple(f"column {k}" for k in range(draw.randint(1, 9)))
    count = draw.randint(1, 4) if seed % 2 else 1
    rows = tuple(tuple(" ".join(draw.choices(WORDS, k=count)) for _ in columns) for _ in range(draw.randint(0, 4)))
    return Table(columns, rows, frozenset(columns if seed % 2 else columns[:3]))


@pytest.mark.parametrize("width", [100, 80, 60, 40])
def test_tables_fit_and_lose_nothing(width):
    for seed in range(40):
        table = made(seed)
        lines = lines_of(table, width)
        assert max(map(cell_len, lines), default=0) <= width
        for word in [word for row in table.rows for cell in row for word in layout.words(cell)]:
            assert any(word in line for line in lines), (seed, word)


@pytest.mark.parametrize("width", range(1, 40, 3))
def test_a_text_fits_and_loses_nothing(width):
    text = " ".join(WORDS * 3)
    lines = layout.wrapped(text, width)
    assert max(map(cell_len, lines)) <= max(width, 2)  # a wide character
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line == line.strip() and line for line in lines)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.9 ± 0.1 is ± one standard error", ["0.9 ± 0.1", "is", "± one", "standard", "error"]),
        ("within -1 … 2, ≤ 0.5 of 95 % of …", ["within", "-1 … 2,", "≤ 0.5", "of", "95 %", "of", "…"]),
        ("at T = 0.05, p = .5 and a = b", ["at", "T = 0.05,", "p = .5", "and", "a", "=", "b"]),
        ("a  b\tc", ["a", "b", "c"]),
        ("", []),
    ],
)
def test_what_is_not_broken(text, found):
    assert layout.words(text) == found


def test_columns_of_numbers_are_shared_out_evenly_under_the_same_first_column():
    table = Table(("", *"abcd"), (("row", *["0.12345 ± 0.00012"] * 4),), frozenset("abcd"))
    parts = layout.folded(table, 72)
    assert [part.columns for part in parts] == [("", "a", "b"), ("", "c", "d")]
    assert [part.rows[0][0] for part in parts] == ["row", "row"]


def test_a_table_of_text_that_needs_many_parts_is_read_row_by_row():
    table = Table(("name", *"abc"), (("one", *["x" * 50] * 3),))
    assert layout.folded(table, 80) == []
    assert lines_of(table, 80) == ["name: one", *(f"  {column}: {'x' * 50}" for column in "abc")]


def test_a_verdict_of_two_words_is_not_broken():
    table = Table(("claim", "verdict"), (("many words " * 9, "NOT SUPPORTED"),), tones={"NOT SUPPORTED": "bad"})
    assert any("NOT SUPPORTED" in line for line in lines_of(table, 60))
