"""The record of a plateau: its shape over the temperatures, and what stands beside it."""

import math

import numpy as np
import pytest

from paper_repro.analysis.plateau import Plateau
from paper_repro.numerics.measured import Measured
from paper_repro.studies.reproduction.results import LogLikelihoods, ThermodynamicIntegral
from paper_repro.studies.reproduction.stages.likelihood import calibration_of

BETA = 20.0
ALPHA = 0.5
LN_Z = 30.0
SITES = 5


def plateau():
    return Plateau(ALPHA, 0.01, ALPHA * BETA, LN_Z, 0.3, 29.0, 0.2, 1.0, 0.1, 0.4, 9, 2.0, 0.5)


def parts(*above, count=64):
    """Configurations whose αβE + ln p lies ``above`` the plateau by so much on average, at each of several temperatures."""
    generator = np.random.default_rng(0)
    found = []
    for index, height in enumerate(above):
        energies = generator.uniform(index - 10.0, index - 9.0, count)
        spread = generator.standard_normal(count)
        spread -= spread.mean()
        found.append(LogLikelihoods(0.1 * (index + 1), energies, height + 0.1 * spread - LN_Z - ALPHA * BETA * energies))
    return found


def integral(upto, points=11):
    """ln Z of five spins whose mean energy is -β: N ln 4π + β²/2."""
    betas = np.linspace(0, upto, points)
    none = Measured(0.0)
    return ThermodynamicIntegral(none, none, none, none, betas, -betas, np.full(points, 0.1))


def test_the_shape_is_that_of_the_configurations():
    made = calibration_of(plateau(), parts(0.0, 0.2, 3.0), -9.5, BETA, integral(20.0), SITES)
    assert [value.value for value in made.above] == pytest.approx([0.0, 0.2, 3.0], abs=1e-12)
    for value, part in zip(made.above, parts(0.0, 0.2, 3.0), strict=True):
        invariant = ALPHA * BETA * part.energies + part.log_likelihoods
        assert value.standard_error == pytest.approx(invariant.std(ddof=1) / 8)
    assert -8.1 < made.flat_until.value < -8.0  # where the second temperature ends: the third lies above by more than the scatter
    assert (made.alpha, made.gap, made.threshold) == (Measured(0.5, 0.01), Measured(1.0, 0.1), -9.5)
    assert made.beta_effective == Measured(10.0, 0.2)
    assert math.isnan(made.residual.standard_error)


def test_one_configuration_has_no_error():
    made = calibration_of(plateau(), parts(0.0, count=1), -9.5, BETA, integral(20.0), SITES)
    assert math.isnan(made.above[0].standard_error)
    assert math.isnan(made.flat_until.value)


@pytest.mark.parametrize("points", [3, 5, 11])
def test_the_integral_stands_beside_it_where_it_reached_so_far(points):
    """β_eff = 10; three points are as few as a spec may have."""
    made = calibration_of(plateau(), parts(0.0), -9.5, BETA, integral(20.0, points), SITES)
    assert made.ln_z_by_integration.value == pytest.approx(SITES * math.log(4 * math.pi) + 50, rel=1e-12)
    assert made.ln_z_by_integration.standard_error > 0
    assert calibration_of(plateau(), parts(0.0), -9.5, BETA, integral(9.9, points), SITES).ln_z_by_integration is None
