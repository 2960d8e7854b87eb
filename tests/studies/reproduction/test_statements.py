"""Verdicts on what the paper says: by the bound and the error bar, and nothing else."""

import math

import attrs
import pytest

from paper_repro.numerics.measured import Measured
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.physics.species import as_species
from paper_repro.spec import Statement, load_published, specs_folder
from paper_repro.studies.reproduction.results import ByNetwork, Calibration, FailedCalibration, Results
from paper_repro.studies.reproduction.statements import FromPlateau, Questions, decide, decide_all, plateaus_of, values_of

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


def of_calibration(gap, alpha, above):
    return attrs.evolve(
        Calibration(*[Measured(math.nan)] * 7, 9, -9.5, (), Measured(math.nan)),
        gap=Measured(gap, 0.1), alpha=Measured(alpha, 0.1), above=tuple(Measured(value, 0.1) for value in above),
    )  # fmt: skip


def test_what_a_run_s_plateaus_say_does_not_depend_on_the_fit_of_alpha(paper):
    """ln p = -β E + 0.5 (E - E₀): whatever α was fitted, ln p is too large by half of what E rises from T₀ to 0.4."""
    spec = paper.record
    matrix = coupling_matrix(as_species(spec.likelihood.chain, "AB"), spec.hamiltonian)
    means = [ExactChain(matrix, 1 / temperature).mean_energy for temperature in spec.likelihood_temperatures]
    parts = [FailedCalibration("no plateau", -9.5)]
    for alpha in (0.5, 1.0):
        above = [(alpha - 1) * 20 * (energy - means[0]) + 0.5 * (energy - means[0]) for energy in means]
        parts.append(of_calibration(2.0, alpha, above))
    found = plateaus_of(Results("mine", "0", (0, 1, 2), calibration=ByNetwork(tuple(parts))), spec)
    assert [item.gap for item in found] == [0.1, 0.1]
    assert [item.high for item in found] == pytest.approx([0.5 * (means[-1] - means[0]) / 20] * 2)
    fewer = attrs.evolve(spec, likelihood=attrs.evolve(spec.likelihood, higher_temperatures=(0.1,)))
    with pytest.raises(ValueError, match="4 temperatures; expected those of spec paper, 2"):
        plateaus_of(Results("mine", "0", (0, 1, 2), calibration=ByNetwork(tuple(parts))), fewer)


def test_what_a_better_training_leaves_at_high_energies_is_a_share(paper):
    asked = Questions([], paper.record, 2, 1, 0, 1)
    found = asked._plateau([FromPlateau(0.1, 1.0), FromPlateau(-0.3, 3.0)], [FromPlateau(0.0, 0.5), FromPlateau(0.0, 0.5)])
    assert found["gap_per_spin"]["value"] == pytest.approx(0.2)
    assert found["high_energy"]["value"] == pytest.approx(2.0)
    assert found["high_energy_left"]["value"] == pytest.approx(0.25)
    assert found["high_energy_left"]["standard_error"] == pytest.approx(0.25 * 0.5)  # deviation √2, error 1 of 2
    assert "high_energy_left" not in asked._plateau([FromPlateau(0.1, 1.0), FromPlateau(0.2, 3.0)], [])
