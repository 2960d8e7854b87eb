"""The moves: identities at rounding first, then closed forms, then the stationary law; each check rejects broken moves."""

import functools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numba import njit
from scipy.stats import kstest

from paper_repro.physics import chain
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.sphere import normalise
from paper_repro.sampling import kernels

# ---------------------------------------------------------------- chains of any range


@st.composite
def chains(draw):
    """Spins (site, 3) and couplings (site, site) of a random chain of any range."""
    size, reach, seed = draw(st.integers(2, 11)), draw(st.integers(1, 5)), draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    matrix = np.zeros((size, size))
    for d in range(1, min(reach, size - 1) + 1):
        matrix += np.diag(generator.standard_normal(size - d), d)
    return normalise(generator.standard_normal((size, 3))), matrix + matrix.T, draw(st.integers(0, size - 1)), generator


def same_field_and_energy(spins, matrix, site, band):
    """The compiled field and energy are those of physics.chain; smallest error seen: 1e-12 of the sum of |J|."""
    tolerance = 1e-12 * (1 + np.abs(matrix).sum())
    field = np.allclose(kernels.local_field(spins, band, site), chain.local_field(spins, matrix)[site], rtol=0, atol=tolerance)
    return field and abs(kernels.energy(spins, band) - chain.energy(spins, matrix)) < tolerance


@given(chains())
def test_field_and_energy_are_those_of_the_chain(example):
    spins, matrix, site, _ = example
    band = kernels.band_of(matrix)
    assert same_field_and_energy(spins, matrix, site, band)
    assert not same_field_and_energy(spins, matrix, site, band * 1.001)
    if len(band) > 1 and np.any(band[1]):
        assert not same_field_and_energy(spins, matrix, site, np.roll(band, 1, axis=1))


def test_band_keeps_every_coupling_and_nothing_else():
    matrix = np.zeros((5, 5))
    matrix[0, 3] = matrix[3, 0] = 7.0
    matrix[3, 4] = matrix[4, 3] = 2.0
    np.testing.assert_array_equal(kernels.band_of(matrix), [[0, 0, 0, 2, 0], [0] * 5, [7, 0, 0, 0, 0]])
    assert kernels.band_of(np.zeros((1, 1))).shape == (1, 1)
    with pytest.raises(ValueError, match="symmetric"):
        kernels.band_of(np.triu(matrix))
    with pytest.raises(ValueError, match="diagonal"):
        kernels.band_of(np.eye(2))


def local_change_is_total_change(spins, matrix, site, move, field_of):
    """-(S' - S)·h is the difference of two total energies; smallest error seen: 1e-12 of the sum of |J|."""
    field = field_of(spins, kernels.band_of(matrix), site)
    moved = spins.copy()
    moved[site] = move(tuple(spins[site]), field)
    local = -float((moved[site] - spins[site]) @ np.array(field))
    total = float(chain.energy(moved, matrix) - chain.energy(spins, matrix))
    return abs(local - total) < 1e-12 * (1 + np.abs(matrix).sum())


def twice_the_field(spins, band, site):
    return tuple(2 * component for component in kernels.local_field(spins, band, site))


@given(chains(), st.floats(0, 30))
def test_local_energy_change_is_the_total_one(example, beta):
    spins, matrix, site, generator = example

    def draw(_, field):
        return kernels.heat_bath(field, beta, generator)

    for move in (draw, kernels.over_relaxation):
        assert local_change_is_total_change(spins, matrix, site, move, kernels.local_field)
    assume(np.linalg.norm(chain.local_field(spins, matrix)[site]) > 1e-3)
    assert not local_change_is_total_change(spins, matrix, site, lambda spin, _: -np.array(spin), twice_the_field)


# ---------------------------------------------------------------- over-relaxation


def keeps_energy(spins, matrix, site, reflect):
    """The energy is conserved to 1e-12 of the sum of |J|."""
    moved = spins.copy()
    moved[site] = reflect(tuple(spins[site]), kernels.local_field(spins, kernels.band_of(matrix), site))
    return abs(chain.energy(moved, matrix) - chain.energy(spins, matrix)) < 1e-12 * np.abs(matrix).sum()


def is_own_inverse(spins, matrix, site, reflect):
    """Twice is not at all, to 1e-12."""
    field = kernels.local_field(spins, kernels.band_of(matrix), site)
    return np.allclose(reflect(reflect(tuple(spins[site]), field), field), spins[site], rtol=0, atol=1e-12)


def mirror(spin, field):
    """Broken: reflects in the plane across the field, which is its own inverse but changes the energy."""
    spin, axis = np.array(spin), normalise(np.array(field))
    return tuple(spin - 2 * (spin @ axis) * axis)


def quarter_turn(spin, field):
    """Broken: turns by π/2 about the field, which keeps the energy but is not its own inverse."""
    spin, axis = np.array(spin), normalise(np.array(field))
    return tuple((spin @ axis) * axis + np.cross(axis, spin))


@given(chains())
def test_over_relaxation_keeps_the_energy_and_is_its_own_inverse(example):
    spins, matrix, site, _ = example
    field = chain.local_field(spins, matrix)[site]
    assert keeps_energy(spins, matrix, site, kernels.over_relaxation)
    assert is_own_inverse(spins, matrix, site, kernels.over_relaxation)
    length = np.linalg.norm(field)
    assume(length > 1e-3 and 1e-3 < abs(spins[site] @ field) / length < 0.999)
    assert is_own_inverse(spins, matrix, site, mirror)
    assert not keeps_energy(spins, matrix, site, mirror)
    assert keeps_energy(spins, matrix, site, quarter_turn)
    assert not is_own_inverse(spins, matrix, site, quarter_turn)


def test_over_relaxation_leaves_a_spin_without_field_and_keeps_its_length():
    spin = (0.36, 0.48, 0.8)
    assert kernels.over_relaxation(spin, (0.0, 0.0, 0.0)) == spin
    generator = np.random.default_rng(1)
    for field in generator.standard_normal((3000, 3)):
        spin = kernels.over_relaxation(spin, tuple(field))
    assert abs(np.linalg.norm(spin) - 1) < 1e-15 * 4


# ---------------------------------------------------------------- the von Mises-Fisher draw


@njit
def many(move, field, beta, count, generator):
    spins = np.empty((count, 3))
    for k in range(count):
        spins[k, 0], spins[k, 1], spins[k, 2] = move(field, beta, generator)
    return spins


def frame_around(axis):
    """Two normals of an axis, made in another way than the kernel does."""
    helper = np.eye(3)[np.argmin(np.abs(axis))]
    first = normalise(np.cross(axis, helper))
    return first, np.cross(axis, first)


DRAWS = 100_000


def is_von_mises_fisher(move, kappa, axis, seed):
    """Unit vectors, with 1 - cos θ and the azimuth by their closed forms and independent of each other.

    The probability integral transforms (1 - e^{-κ(1 - cos θ)}) / (1 - e^{-2κ}) and azimuth / 2π must be uniform, and so must
    their sum modulo 1: Kolmogorov-Smirnov, p > 1e-9 each. False alarms: 3e-9 a call. Smallest error seen in a distribution
    function: 0.013; in κ: 10 % from κ = 1 up.
    """
    spins = many(move, tuple(axis * 2.5), kappa / 2.5, DRAWS, np.random.default_rng(seed))
    first, second = frame_around(axis)
    if not np.all(np.abs(np.linalg.norm(spins, axis=1) - 1) < 1e-14):
        return False
    drop = 0.5 * ((spins - axis) ** 2).sum(1)  # 1 - cos θ, without cancellation
    polar = np.expm1(-kappa * drop) / np.expm1(-2 * kappa)
    azimuth = np.arctan2(spins @ second, spins @ first) / (2 * np.pi) % 1
    return all(kstest(x, "uniform", method="asymp").pvalue > 1e-9 for x in (polar, azimuth, (polar + azimuth) % 1))


axes = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1).map(lambda v: normalise(np.array(v)))
poles = st.sampled_from([np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, -1.0]), np.array([-1.0, 0.0, 0.0])])


@settings(max_examples=60, derandomize=True)  # false alarms: 60 × 3e-9, and the same seeds every time
@given(st.floats(-3, 3), axes | poles, st.integers(0, 2**32 - 1))
def test_heat_bath_draws_the_closed_form(exponent, axis, seed):
    assert is_von_mises_fisher(kernels.heat_bath, 10.0**exponent, axis, seed)


@njit
def colder(field, beta, generator):
    return kernels.heat_bath(field, 1.1 * beta, generator)


@njit
def no_floor(field, beta, generator):
    """Broken: cos θ = 1 + ln(u)/κ, right only at large κ."""
    length = np.sqrt(field[0] ** 2 + field[1] ** 2 + field[2] ** 2)
    drop = min(-np.log(1 - generator.random()) / (beta * length), 2.0)
    azimuth = 2 * np.pi * generator.random()
    sine = np.sqrt(drop * (2 - drop))
    return sine * np.cos(azimuth), sine * np.sin(azimuth), 1 - drop


@njit
def half_circle(field, beta, generator):
    x, y, z = kernels.heat_bath(field, beta, generator)
    return x, abs(y), z


@njit
def long(field, beta, generator):
    x, y, z = kernels.heat_bath(field, beta, generator)
    return x * (1 + 1e-12), y * (1 + 1e-12), z * (1 + 1e-12)


@njit
def skew_frame(field, beta, generator):
    """Broken: the azimuth is drawn in a frame that is stretched by 22 % along one normal."""
    x, y, z = kernels.heat_bath(field, beta, generator)
    length = np.sqrt(x * x + 1.5 * y * y + z * z)
    return x / length, np.sqrt(1.5) * y / length, z / length


NORTH = np.array([0.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("broken", "kappa"),
    [
        *[(colder, 1.0), (colder, 30.0), (colder, 1000.0), (no_floor, 0.5), (long, 1.0)],
        *[(half_circle, 1e-3), (half_circle, 1e3), (skew_frame, 1e-3), (skew_frame, 1e3)],
    ],
)
def test_broken_draws_are_rejected(broken, kappa):
    assert not is_von_mises_fisher(broken, kappa, NORTH, 2)


@given(st.floats(-3, 3), axes | poles, axes | poles, st.integers(0, 2**32 - 1))
def test_draw_does_not_depend_on_the_frame(exponent, one, other, seed):
    def drop(axis):
        spin = kernels.heat_bath(tuple(axis), 10.0**exponent, np.random.default_rng(seed))
        return 0.5 * ((np.array(spin) - axis) ** 2).sum()

    assert drop(one) == pytest.approx(drop(other), rel=1e-6, abs=1e-15)
    assert drop(one) != pytest.approx(1.001 * drop(other), rel=1e-6, abs=0)


@pytest.mark.parametrize("field", [(0.0, 0.0, 0.0), (0.0, 1e-200, 0.0), (1e-130, 0.0, 0.0)])
def test_draw_without_field_is_uniform(field):
    """False alarms: 3e-9; smallest error seen in a distribution function: 0.013."""
    spins = many(kernels.heat_bath, field, 20.0, DRAWS, np.random.default_rng(3))
    assert np.all(np.abs(np.linalg.norm(spins, axis=1) - 1) < 1e-14)
    assert all(kstest((1 + spins[:, k]) / 2, "uniform", method="asymp").pvalue > 1e-9 for k in range(3))
    pushed = normalise(spins + np.array([0, 0, 0.03]))
    assert kstest((1 + pushed[:, 2]) / 2, "uniform", method="asymp").pvalue < 1e-9


# ---------------------------------------------------------------- heat bath, reflection and exchange keep the exact law

NEAR, FAR = [1.0, 0.8, 0.5, 0.8], [-0.45, -0.35, -0.25]
MATRIX = np.diag(NEAR, 1) + np.diag(NEAR, -1) + np.diag(FAR, 2) + np.diag(FAR, -2)
LADDER = np.array([0.05, 0.08, 0.13])
COPIES = 20_000


@njit
def rounds_of(sweep, swap, spins, band, betas, generator):
    """Four rounds of five sweeps and one swap, on independent copies (copy, level, site, 3); returns them by level."""
    levels = len(betas)
    result = np.empty_like(spins)
    energies = np.empty(levels)
    counts = np.zeros((2, levels), dtype=np.int64)
    for copy in range(len(spins)):
        replica_at = np.arange(levels)
        for step in range(4):
            for level in range(levels):
                replica = replica_at[level]
                for _ in range(5):
                    sweep(spins[copy, replica], band, betas[level], 0.5, generator)
                energies[replica] = kernels.energy(spins[copy, replica], band)
            swap(energies, betas, replica_at, step % 2, counts[0], counts[1], generator)
        for level in range(levels):
            result[copy, level] = spins[copy, replica_at[level]]
    return result


@functools.cache
def exact_start(seed):
    generator = np.random.default_rng(seed)
    laws = [ExactChain(MATRIX, 1 / temperature) for temperature in LADDER]
    return laws, np.stack([law.sample(COPIES, generator) for law in laws], axis=1), np.triu_indices(len(MATRIX), 1)


def largest_deviation(sweep, swap, seed):
    """The largest |z| over levels of the mean and variance of the energy and all ten ⟨S_i·S_j⟩, after starting exactly.

    36 normal variables in equilibrium: beyond 5.5 once in 700,000 runs. Smallest error that must be seen: 3 % in β, which
    moves the mean energy at T = 0.05 by some 8 standard errors, or a flipped sign in the exchange.
    """
    laws, spins, pairs = exact_start(seed)
    spins = rounds_of(sweep, swap, spins.copy(), kernels.band_of(MATRIX), 1 / LADDER, np.random.default_rng([seed, 1]))
    worst = 0.0
    for level, law in enumerate(laws):
        energy = chain.energy(spins[:, level], MATRIX) - law.mean_energy
        cosines = np.einsum("nic,njc->nij", spins[:, level], spins[:, level])[:, *pairs] - law.correlations()[pairs]
        excess = np.column_stack([energy, energy**2 - law.energy_deviation**2, cosines])
        worst = max(worst, np.max(np.abs(excess.mean(0)) / (excess.std(0) / np.sqrt(COPIES))))
    return worst


@njit
def cold_sweep(spins, band, beta, reflect, generator):
    kernels.sweep(spins, band, 1.03 * beta, reflect, generator)


@njit
def hot_sweep(spins, band, beta, reflect, generator):
    kernels.sweep(spins, band, 0.97 * beta, reflect, generator)


@njit
def flipped_swap(energies, betas, replica_at, parity, attempts, accepts, generator):
    kernels.swap(energies, -betas, replica_at, parity, attempts, accepts, generator)


def test_heat_bath_and_exchange_keep_the_exact_law():
    assert largest_deviation(kernels.sweep, kernels.swap, 4) < 5.5


@pytest.mark.parametrize(
    ("sweep", "swap"),
    [(cold_sweep, kernels.swap), (hot_sweep, kernels.swap), (kernels.sweep, flipped_swap)],
    ids=["colder", "hotter", "flipped exchange"],
)
def test_wrong_beta_and_flipped_exchange_are_rejected(sweep, swap):
    assert largest_deviation(sweep, swap, 4) > 7


def test_swap_pairs_alternate_and_are_counted():
    generator = np.random.default_rng(5)
    attempts, accepts = np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.int64)
    replica_at = np.arange(5)
    rising, betas = np.arange(5.0), np.linspace(9, 1, 5)
    falling = rising[::-1].copy()  # the coldest level holds the highest energy: every swap is accepted
    kernels.swap(falling, betas, replica_at, 0, attempts, accepts, generator)
    np.testing.assert_array_equal(replica_at, [1, 0, 3, 2, 4])
    kernels.swap(rising * 1e6, betas, np.arange(5), 1, attempts, accepts, generator)  # never accepted
    np.testing.assert_array_equal(attempts, [1, 1, 1, 1])
    np.testing.assert_array_equal(accepts, [1, 0, 1, 0])
