"""Dotted paths: resolved against the classes of the records, or an error that says where and what was possible."""

import math

import attrs
import pytest

from paper_repro.numerics.measured import Measured
from paper_repro.studies.reproduction.paths import resolve
from paper_repro.studies.reproduction.results import ByNetwork, FailedCalibration, Results
from paper_repro.studies.reproduction.results_file import read_results

TERMS = ("J_AA", "J_AB")


@pytest.fixture(scope="module")
def results(first_run):
    return read_results(first_run / "results.json")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("inversion.r3", "no 'r3' in inversion; expected one of cosine, r2"),
        ("invert.r2", "no 'invert' in Results; expected one of spec, "),
        ("inversion", "'inversion', which is not a measured value"),
        ("inversion.ratios", "not a measured value"),
        ("inversion.ratios.J_AC", "no 'J_AC' in inversion.ratios; expected one of J_AA, J_AB"),
        ("inversion.r2.value", "no 'value' in inversion.r2; expected one of nothing"),
        ("inversion.condition", "not a measured value"),
        ("calibration.above", "not a measured value"),
        ("calibration.failed", "not a measured value"),
        ("seeds.0", "no '0' in seeds"),
        ("", "no ''"),
    ],
)
def test_a_path_that_leads_nowhere_is_an_error(path, said):
    with pytest.raises(ValueError, match=said):
        resolve(path, Results, TERMS)


def test_values_of_each_network(results):
    r2 = resolve("inversion.r2", Results, TERMS)
    assert str(r2) == "inversion.r2"
    assert [value.value for value in r2.of_trained(results)] == [part.r2.value for part in results.inversion.trained]
    assert r2.of_authors(results) == results.inversion.authors.r2
    assert r2.by_network(results) == [*r2.of_trained(results), r2.of_authors(results)]
    ratio = resolve("inversion.ratios.J_AB", Results, TERMS)
    assert ratio.of_trained(results)[0] == results.inversion.trained[0].ratios["J_AB"]


def test_values_that_no_network_changes(results):
    error = resolve("thermodynamic_integration.error", Results, TERMS)
    assert error.of_trained(results) == error.by_network(results) == [results.thermodynamic_integration.error]
    assert error.of_authors(results) is None
    overlap = resolve("sampling.test.overlap_difference", Results, TERMS)
    assert overlap.of_trained(results) == [results.sampling.test.overlap_difference]


def test_what_was_not_measured_has_no_value_and_keeps_its_column(results):
    gap = resolve("calibration.gap", Results, TERMS)
    parts = results.calibration.trained
    failed = attrs.evolve(results, calibration=ByNetwork((parts[0], FailedCalibration("no slope", -9.0), parts[2])))
    assert gap.of_trained(failed) == [parts[0].gap, parts[2].gap]
    column = gap.by_network(failed)
    assert [math.isnan(value.value) for value in column] == [False, True, False]
    nothing = Results("none", "0", (0,))
    assert gap.of_trained(nothing) == []
    assert resolve("thermodynamic_integration.error", Results, TERMS).of_trained(nothing) == []
    assert isinstance(resolve("inversion.ratios.J_AB", Results, ("J_AB",)).by_network(results)[0], Measured)
