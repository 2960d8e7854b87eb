"""Verdicts on the statements of the paper: by the bound and the error bar, and nothing else."""

import json
import math

import attrs
import pytest

from paper_repro.analysis.claim_tests.evidence import (
    Corruption,
    Detector,
    Evidence,
    Generalisation,
    InteractionBeyondRange,
    Scale,
)
from paper_repro.numerics.measured import Measured
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.physics.species import as_species
from paper_repro.pipeline import codec
from paper_repro.spec import Statement, load_published, specs_folder
from paper_repro.studies.reproduction.results import ByNetwork, Calibration, FailedCalibration, Results
from paper_repro.studies.reproduction.sections.measurements import MEANINGS, meaning
from paper_repro.studies.reproduction.sections.statements import evidence
from paper_repro.studies.reproduction.statements import CONVERTER, StatementsReport, decide, decide_all, listed, plateaus_of

AT_LEAST = Statement("s", "says", "scale.over_beta", "at-least", 1.0)
AT_MOST = attrs.evolve(AT_LEAST, rule="at-most")


def found(value, error):
    return Evidence(scale=Scale(Measured(value, error), Measured(0.1, 0.01)))


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
    decisions = decide_all(published, Evidence())
    assert len(decisions) == 11
    assert {item.verdict for item in decisions} == {"UNDECIDED"}


def test_every_statement_has_its_own_path():
    published = load_published(specs_folder() / "published.toml").record
    assert len({statement.measured for statement in published.statements}) == len(published.statements)


def test_every_measurement_is_defined_in_the_table(golden):
    """Words for each path of the evidence, no two alike, and for no other path."""
    made = CONVERTER.structure(codec.parse_json(golden / "statements.json", "statements"), StatementsReport)
    paths = [path for path, _ in listed(made.evidence)]
    words = [meaning(path) for path in paths]
    assert not set(words) & set(paths)
    assert len(set(words)) == len(words)
    assert set(MEANINGS) <= set(paths)
    assert [row[0] for row in evidence(made.evidence).rows] == words
    assert meaning("residual.new") == "residual.new"  # the broken twin: a path without words


def test_values_are_listed_with_their_paths():
    places = {"one_letter": Measured(0.1, 0.01), "T_1": Measured(0.3, 0.02)}
    evidence = Evidence(
        interaction=InteractionBeyondRange(Measured(0.2, 0.1), (0.2, 0.2)),
        detector=Detector(0.8, *[Corruption(0.9, 0.1, 0.5)] * 4, Measured(0.7, 0.2)),
        generalisation=Generalisation(places, places["T_1"]),
    )
    found = dict(listed(evidence))
    assert math.isnan(found["detector.threshold"].standard_error)
    assert found.pop("detector.threshold").value == 0.8
    assert found == {
        "interaction.beyond": Measured(0.2, 0.1), "detector.worst": Measured(0.7, 0.2),
        **{f"detector.{name}": Measured(0.9, 0.1)
           for name in ("shuffled_identities", "random_network", "wrong_temperature", "unseen_lengths")},
        "generalisation.one_letter": places["one_letter"], "generalisation.T_1": places["T_1"],
        "generalisation.excess": places["T_1"],
    }  # fmt: skip


def test_the_evidence_of_the_golden_files_is_read_and_written_as_it_stands(golden):
    for name in ("statements.json", "statements-refined.json"):
        data = json.loads((golden / name).read_text())
        report = codec.build(data, StatementsReport, name, CONVERTER)
        assert CONVERTER.unstructure(report) == data
        assert report.evidence.generalisation.excess == max(report.evidence.generalisation.places.values(), key=lambda m: m.value)


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
