"""How well an ensemble was sampled: against traces and configurations of which the answer is known."""

import math

import attrs
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.physics.sphere import normalise
from paper_repro.sampling.diagnostics import aligned_overlap, end_correlations, overlaps, summarise, z_scores
from paper_repro.sampling.generate import generate


def well_sampled(sampled):
    """Mean energies agree with the exact ones.

    Of some 200 z: |mean| < 5.5 standard errors (4e-8) and deviation within 0.7 and 1.4, 6 of its standard errors on either side
    once the 5 % that short traces add is allowed for. Smallest error that must be seen: 3 % in T.
    """
    report = summarise(sampled)
    return abs(report.z_mean) * np.sqrt(len(sampled)) < 5.5 and 0.7 < report.z_deviation < 1.4


def test_the_snapshots_are_in_equilibrium(small):
    spec = attrs.evolve(
        small,
        chains=attrs.evolve(small.chains, shortest=7),
        training_set=attrs.evolve(small.training_set, sequences=200, snapshots=120),
    )
    result = generate(spec, "training", 0, 200)
    sampled = result.diagnostics
    assert well_sampled(sampled)
    warmer = 1.03 * spec.temperature
    wrong = [ExactChain(coupling_matrix(result.chain(k).species, spec.hamiltonian), 1 / warmer) for k in range(200)]
    assert not well_sampled(attrs.evolve(sampled, exact_energy=np.array([law.mean_energy for law in wrong])))
    assert not well_sampled(attrs.evolve(sampled, mean_energy_error=sampled.mean_energy_error / 2))
    report = summarise(sampled)
    assert 0 < report.smallest_swap_rate <= report.swap_rate < 1
    assert report.round_trips > 1
    assert report.thinning_ratio == pytest.approx(20 / report.autocorrelation)
    assert all(math.isfinite(value) for value in attrs.astuple(report))


def test_independent_samples_have_no_diagnostics_of_a_chain(small):
    exactly = attrs.evolve(small, sampler=attrs.evolve(small.sampler, method="exact"))
    report = attrs.asdict(summarise(generate(exactly, "test", 0, 9).diagnostics))
    assert all(math.isfinite(report[key]) == key.startswith("z_") for key in report)


def test_z_scores_are_of_the_sequences_that_have_an_error(small):
    result = generate(small, "training", 0, 4).diagnostics
    wrong = attrs.evolve(result, mean_energy_error=np.array([0.1, np.nan, 0.0, 0.2]))
    expected = (result.mean_energy - result.exact_energy)[[0, 3]] / [0.1, 0.2]
    np.testing.assert_allclose(z_scores(wrong), expected)


def test_end_correlations_are_the_exact_ones(small):
    result = generate(small, "training", 0, 5)
    ends = end_correlations(result, small.hamiltonian, 7.0)
    matrix = coupling_matrix(result.chain(3).species, small.hamiltonian)
    assert ends.shape == (5,)
    assert ends[3] == ExactChain(matrix, 7.0).correlations()[0, -1]


# ---------------------------------------------------------------- overlap


def test_overlap_does_not_see_rotations_or_mirrors_and_sees_everything_else():
    generator = np.random.default_rng(2)
    first, second = (normalise(generator.standard_normal((11, 3))) for _ in range(2))
    for sign in (1, -1):
        turned = sign * first @ Rotation.random(rng=generator).as_matrix()
        assert aligned_overlap(first, turned) == pytest.approx(1, abs=1e-12)
        assert aligned_overlap(turned, second) == pytest.approx(aligned_overlap(first, second), abs=1e-12)
    # no rotation of many does better, and the best of them comes close
    tried = [
        sign * (first * (second @ r.as_matrix().T)).sum() / 11 for r in Rotation.random(20_000, rng=generator) for sign in (1, -1)
    ]
    assert max(tried) <= aligned_overlap(first, second) + 1e-12
    assert max(tried) > 0.97 * aligned_overlap(first, second)
    one = np.zeros((4, 3))
    one[:, 0] = 1
    other = np.zeros((4, 3))
    other[:2, 1], other[2:, 2] = 1, 1
    assert aligned_overlap(one, other) == pytest.approx(np.sqrt(8) / 4)  # the sum over i of S_i S'_iᵀ is (0, 2, 2) in one row


def test_snapshots_far_apart_are_as_unlike_as_independent_ones(small):
    """40 sequences, 24 pairs each: |difference| < 5.5 standard errors, 4e-8; snapshots one sweep apart are seen at once."""
    spec = attrs.evolve(
        small,
        chains=attrs.evolve(small.chains, shortest=9),
        training_set=attrs.evolve(small.training_set, sequences=40, snapshots=25),
        sampler=attrs.evolve(small.sampler, swap_interval=1, thinning=60, burn_in=60),
    )
    near = attrs.evolve(spec, sampler=attrs.evolve(spec.sampler, thinning=1, over_relaxation_probability=0.1))

    def deviation(settings):
        result = generate(settings, "training", 0, 40)
        successive, independent = overlaps(result, settings.hamiltonian, settings.beta, np.random.SeedSequence(3))
        difference = successive - independent
        return difference.mean() / (difference.std(ddof=1) / np.sqrt(40))

    assert abs(deviation(spec)) < 5.5
    assert deviation(near) > 7
    single = attrs.evolve(small, training_set=attrs.evolve(small.training_set, snapshots=1))
    with pytest.raises(ValueError, match="one snapshot"):
        overlaps(generate(single, "training", 0, 2), small.hamiltonian, 20.0, np.random.SeedSequence(3))
