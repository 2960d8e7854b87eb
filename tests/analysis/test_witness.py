"""Several trainings together, the learning curve of a network, and the evidence of worlds."""

import math

import attrs
import numpy as np
import pytest

from paper_repro.analysis.claim_tests.witness import World, measure_witness
from paper_repro.analysis.force_test import ForcePart, ForceTest
from paper_repro.analysis.witness import NetworkLearning, NetworkPoint, evidence, witness


def said(z, coefficient=1.0):
    parts = tuple(ForcePart(str(number), None, None, 0.1, 0.1 * value, 0.1, value) for number, value in enumerate(z))
    return ForceTest(np.array([coefficient]), 0.9, parts, 0.01, 0.001, 0.005)


def test_the_error_of_the_couplings_is_the_jackknife_of_the_parts():
    found = witness([said([0.0], c) for c in (1.0, 2.0, 4.5)], 0.01)
    assert found.coefficients == pytest.approx(2.5)
    assert found.errors == pytest.approx(math.sqrt(2 / 3 * (1.5**2 + 0.5**2 + 2**2)))
    assert found.half_widths(0.05) == pytest.approx(4.302653 * found.errors, rel=1e-5)  # two degrees of freedom


def test_trainings_that_share_what_they_say_are_not_counted_twice():
    """The same evidence from several trainings is that of one; a sum that takes them for independent would have √3 of it."""
    one, three = (witness([said([2.0, 0.1])] * count, 0.05) for count in (2, 3))
    assert one.p == three.p == pytest.approx(2 * 0.0227501, rel=1e-4)
    assert one.verdict == "inadequate"
    assert witness([said([2.0, 0.1, 0.0])] * 3, 0.05).verdict == "undecided"  # of three parts


def test_a_part_of_the_wrong_sign_is_no_evidence():
    assert witness([said([-9.0, 0.0])] * 2, 0.01).p == 1.0


def test_one_training_has_no_scatter():
    with pytest.raises(ValueError, match="1 training; expected two or more"):
        witness([said([0.0])], 0.01)


@pytest.mark.parametrize(
    ("half", "whole", "needed"),
    [
        ((0.16, 0.001), (0.08, 0.001), 4 * 400),  # as 1/n, 0.02 wanted
        ((0.08, 0.01), (0.075, 0.01), math.inf),  # falls by less than two errors
        ((0.05, 0.001), (0.015, 0.001), 400),
    ],
)
def test_the_snapshots_needed_follow_the_fall_of_the_error(half, whole, needed):
    curve = NetworkLearning.of(NetworkPoint(100, *half), NetworkPoint(200, *whole), 400)
    assert curve.needed == pytest.approx(needed)
    assert curve.precise == (whole[0] <= 0.02)


def test_evidence_is_in_standard_deviations_and_none_below_zero():
    assert evidence(0.0227501) == pytest.approx(2, abs=1e-4)
    assert evidence(0.9) == evidence(1.0) == evidence(0.5) == 0.0
    assert evidence(0.0) > 36


def test_the_advantage_is_that_of_unlisted_terms_of_ten_percent():
    world = World("unlisted", 0.1, 0, 100, 0.0227501, 0.00134990, 0.01)
    worlds = [
        world,
        attrs.evolve(world, network=1.0),
        attrs.evolve(world, kind="listed", network=1e-9),
        attrs.evolve(world, size=0.2),
    ]
    found = measure_witness(worlds)
    assert found.advantage.value == pytest.approx(-2, abs=1e-4)
    assert found.advantage.standard_error == pytest.approx(1, abs=1e-4)
    assert (found.network.value, found.closed_form.value) == pytest.approx((1, 3), abs=1e-4)
    assert found.listed.value > 0
    assert measure_witness(worlds[2:]) is None
