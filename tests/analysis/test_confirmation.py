"""A fitted law draws data like those that it was fitted to; intervals shrink as 1/√n; worlds have fixed seeds."""

import attrs
import numpy as np
import pytest

from paper_repro.analysis.confirmation import confirm
from paper_repro.analysis.coupling_fit import fit_couplings
from paper_repro.analysis.learning_curve import learning_curve, snapshots_needed, subsample
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import Biquadratic, Exchange, Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots

CHAIN = Geometry.open_chain(20)
NEAR = Terms([Exchange("J1", 1)], "A")
BOTH = NEAR.with_terms([Exchange("J2", 2)])
MORE = BOTH.with_terms([Biquadratic("B1", 1)])


def drawn(terms, theta, count, seed):
    spins = Truth(terms, theta, 1.0).exact(CHAIN, 20 * "A").sample(count, np.random.default_rng(seed))
    return Snapshots.of(spins, 20 * "A", run=np.arange(count), species_names="A")


def confirmed(data, terms):
    fit = fit_couplings(data, terms)
    return confirm(data, terms, fit, lambda system, number: drawn(terms, fit.coefficients, 400, [9, number]))


def test_a_right_law_is_confirmed():
    """Of 15 worlds at level 0.01 more than one alarm has a probability of 0.9 % at most."""
    worlds = [confirmed([drawn(BOTH, [4.0, -1.5], 200, seed)], BOTH) for seed in range(15)]
    assert sum(not found.holds for found in worlds) <= 1
    z = np.array([[row.z for row in found.rows] for found in worlds])
    assert 0.3 < z.std() < 1.1  # too large an error is stated, and not by much
    names = [row.name for row in worlds[0].rows]
    assert names[:4] == ["βH per site", "J1", "J2", "S·S at 1"]
    assert len(names) == 3 + 8
    bond = worlds[0].rows[3]
    assert bond.data == pytest.approx(worlds[0].rows[1].data / 19)


def test_a_law_without_a_term_that_matters_is_not_confirmed():
    """The broken twins: an exchange beyond the library, and a biquadratic of half the exchange."""
    assert not confirmed([drawn(BOTH, [4.0, -1.5], 200, 1)], NEAR).holds
    assert not confirmed([drawn(MORE, [4.0, -1.5, 2.0], 400, 1)], BOTH).holds


def test_a_law_of_another_temperature_is_not_confirmed():
    data = [drawn(BOTH, [4.0, -1.5], 200, 1)]
    fit = fit_couplings(data, BOTH)
    assert not confirm(data, BOTH, fit, lambda *_: drawn(BOTH, 1.2 * fit.coefficients, 400, 2)).holds


def test_a_correlated_run_counts_as_fewer():
    data = drawn(BOTH, [4.0, -1.5], 40, 5)
    lazy = attrs.evolve(data, spins=np.repeat(data.spins, 20, axis=0), run=np.zeros(800, dtype=int))
    fit = fit_couplings([data], BOTH)
    one, other = (
        confirm([each], BOTH, attrs.evolve(fit, snapshots=len(each)), lambda *_: drawn(BOTH, fit.coefficients, 400, 2))
        for each in (data, lazy)
    )
    assert [row.data for row in one.rows] == pytest.approx([row.data for row in other.rows])
    assert np.mean([row.error for row in other.rows]) > 0.7 * np.mean([row.error for row in one.rows])


def test_intervals_shrink_with_the_root_of_the_snapshots():
    data = [drawn(BOTH, [4.0, -1.5], 800, 3)]
    fit = fit_couplings(data, BOTH)
    curve = learning_curve(data, BOTH, fit)
    assert [point.snapshots for point in curve.points] == [100, 200, 400, 800]
    assert curve.scaling == pytest.approx(1, abs=0.25)
    assert curve.terms == BOTH.names
    enough = snapshots_needed(fit, precision=curve.points[-1].half_widths.max())
    assert enough.max() == pytest.approx(800, rel=0.02)
    assert curve.needed == pytest.approx(snapshots_needed(fit, 0.01))
    assert snapshots_needed(fit, 0.02) == pytest.approx(curve.needed / 4)


def test_parts_of_data_keep_runs_whole_where_there_are_many():
    data = [drawn(BOTH, [4.0, -1.5], 12, 3), attrs.evolve(drawn(BOTH, [4.0, -1.5], 8, 4), run=np.zeros(8, dtype=int))]
    (part,) = subsample(data, 0.25)
    assert part.run.tolist() == [3, 7, 11]
    few = subsample(data[1:], 0.25)
    assert np.array_equal(few[0].spins, data[1].spins[:2])
    assert sum(map(len, subsample(data, 1.0))) == 20
    for wrong in (0.0, 1.5):
        with pytest.raises(ValueError, match="expected one above 0"):
            subsample(data, wrong)
