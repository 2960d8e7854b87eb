"""Verdicts on what the paper says: by the bound and the error bar, and nothing else."""

import math

import attrs
import pytest

from paper_repro.artifact.statements import decide, decide_all, gaps_of, values_of
from paper_repro.spec import Statement, load_published, specs_folder

AT_LEAST = Statement("s", "says", "part.value_of_it", "at-least", 1.0)
AT_MOST = attrs.evolve(AT_LEAST, rule="at-most")


def found(value, error):
    return {"part": {"value_of_it": {"value": value, "standard_error": error}}}


@pytest.mark.parametrize(
    ("value", "error", "at_least", "at_most"),
    [
        (1.5, 0.1, "SUPPORTED", "NOT SUPPORTED"),
        (0.5, 0.1, "NOT SUPPORTED", "SUPPORTED"),
        (1.1, 0.1, "UNDECIDED", "UNDECIDED"),
        (0.9, 0.1, "UNDECIDED", "UNDECIDED"),
        (1.2, 0.1, "SUPPORTED", "NOT SUPPORTED"),
        (math.nan, 0.1, "UNDECIDED", "UNDECIDED"),
        (1.5, math.nan, "UNDECIDED", "UNDECIDED"),
    ],
)
def test_a_verdict_takes_more_than_the_error_bar(value, error, at_least, at_most):
    assert decide(AT_LEAST, found(value, error), 0.95).verdict == at_least
    assert decide(AT_MOST, found(value, error), 0.95).verdict == at_most


def test_a_wider_interval_decides_less():
    assert decide(AT_LEAST, found(1.2, 0.1), 0.95).verdict == "SUPPORTED"
    assert decide(AT_LEAST, found(1.2, 0.1), 0.999).verdict == "UNDECIDED"


def test_what_is_not_measured_is_undecided():
    published = load_published(specs_folder() / "published.toml").record
    decisions = decide_all(published, {})
    assert len(decisions) == 9
    assert {item.verdict for item in decisions} == {"UNDECIDED"}


def test_every_statement_has_its_own_path():
    published = load_published(specs_folder() / "published.toml").record
    assert len({statement.measured for statement in published.statements}) == len(published.statements)


def test_values_are_listed_with_their_paths():
    listed = dict(values_of({"a": {"b": {"value": 1.0, "standard_error": 0.1}, "c": 2.0}, "d": {"each": [1.0]}}))
    assert listed["a.b"] == (1.0, 0.1)
    assert listed["a.c"][0] == 2.0
    assert len(listed) == 2


def test_the_gaps_of_a_run():
    results = {"calibration": [{"gap": {"value": 2.0, "standard_error": 0.1}}, {"failed": "no plateau"}]}
    assert gaps_of(results, 20) == [0.1]
