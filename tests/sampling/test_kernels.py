"""The moves: identities at rounding first, then the plain chain, then the stationary law; each check rejects broken moves."""

import functools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numba import njit

from paper_repro.numerics.rng import random_states
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import exchange_energy, local_field
from paper_repro.physics.sphere import normalise
from paper_repro.physics.von_mises_fisher import draw
from paper_repro.sampling import kernels
from paper_repro.sampling.swap import swap
from tests.support import reference

# ---------------------------------------------------------------- chains of any range, any number of replicas


@st.composite
def chains(draw, fewest=1):
    """Spins (lane, site, 3), couplings (site, site) of any range, one of the sites, and a generator."""
    size, reach, lanes = draw(st.integers(fewest, 11)), draw(st.integers(1, 5)), draw(st.integers(1, 19))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    matrix = np.zeros((size, size))
    for d in range(1, min(reach, size - 1) + 1):
        matrix += np.diag(generator.standard_normal(size - d), d)
    spins = normalise(generator.standard_normal((lanes, size, 3)))
    return spins, matrix + matrix.T, draw(st.integers(0, size - 1)), generator


def by_lane(spins):
    """Spins (lane, site, component) as the kernels have them: (component, site, lane)."""
    return np.ascontiguousarray(spins.T)


@njit(error_model="numpy")
def fields_at(spins, band, site):
    fields = np.full((3, spins.shape[2]), np.nan)
    kernels.write_fields(spins, band, site, fields)
    return fields


def energies_of(spins, band):
    energies = np.full(spins.shape[2], np.nan)
    kernels.write_energies(spins, band, energies)
    return energies


def same_field_and_energy(spins, matrix, site, band):
    """The compiled fields and energies are those of physics.chain; smallest error seen: 1e-12 of the sum of |J|."""
    tolerance = 1e-12 * (1 + np.abs(matrix).sum())
    lanes = by_lane(spins)
    field = np.allclose(fields_at(lanes, band, site).T, local_field(spins, matrix)[:, site], rtol=0, atol=tolerance)
    return field and np.allclose(energies_of(lanes, band), exchange_energy(spins, matrix), rtol=0, atol=tolerance)


@given(chains())
def test_fields_and_energies_are_those_of_the_chain(example):
    spins, matrix, site, _ = example
    band = kernels.band_of(matrix)
    assert same_field_and_energy(spins, matrix, site, band)
    if np.any(matrix):
        assert not same_field_and_energy(spins, matrix, site, band * 1.001)
        assert not same_field_and_energy(spins, matrix, site, -band)
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
    field = field_of(spins, matrix)[site]
    moved = spins.copy()
    moved[site] = move(tuple(spins[site]), tuple(field))
    local = -float((moved[site] - spins[site]) @ field)
    total = float(exchange_energy(moved, matrix) - exchange_energy(spins, matrix))
    return abs(local - total) < 1e-12 * (1 + np.abs(matrix).sum())


def twice_the_field(spins, matrix):
    return 2 * local_field(spins, matrix)


@given(chains(fewest=2), st.floats(0, 30))
def test_local_energy_change_is_the_total_one(example, beta):
    (spins, *_), matrix, site, generator = example

    def heat_bath(_, field):
        return draw(tuple(beta * component for component in field), *generator.random(2))

    for move in (heat_bath, kernels.over_relaxation):
        assert local_change_is_total_change(spins, matrix, site, move, local_field)
    assume(np.linalg.norm(local_field(spins, matrix)[site]) > 1e-3)
    assert not local_change_is_total_change(spins, matrix, site, lambda spin, _: -np.array(spin), twice_the_field)


# ---------------------------------------------------------------- over-relaxation


def keeps_energy(spins, matrix, site, reflect):
    """The energy is conserved to 1e-12 of the sum of |J|."""
    moved = spins.copy()
    moved[site] = reflect(tuple(spins[site]), tuple(local_field(spins, matrix)[site]))
    return abs(exchange_energy(moved, matrix) - exchange_energy(spins, matrix)) < 1e-12 * np.abs(matrix).sum()


def is_own_inverse(spins, matrix, site, reflect):
    """Twice is not at all, to 1e-12."""
    field = tuple(local_field(spins, matrix)[site])
    return np.allclose(reflect(reflect(tuple(spins[site]), field), field), spins[site], rtol=0, atol=1e-12)


def mirror(spin, field):
    """Broken: reflects in the plane across the field, which is its own inverse but changes the energy."""
    spin, axis = np.array(spin), normalise(np.array(field))
    return tuple(spin - 2 * (spin @ axis) * axis)


def quarter_turn(spin, field):
    """Broken: turns by π/2 about the field, which keeps the energy but is not its own inverse."""
    spin, axis = np.array(spin), normalise(np.array(field))
    return tuple((spin @ axis) * axis + np.cross(axis, spin))


@given(chains(fewest=2))
def test_over_relaxation_keeps_the_energy_and_is_its_own_inverse(example):
    (spins, *_), matrix, site, _ = example
    field = local_field(spins, matrix)[site]
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


# ---------------------------------------------------------------- the plain chain, value for value


def swept_plainly(spins, matrix, betas, reflect, states, generator, sweeps, sweep=reference.sweep):
    """Spins (lane, site, component) after some sweeps of the reference, with the random numbers that the kernel would draw."""
    spins, band = spins.copy(), kernels.band_of(matrix)
    numbers = np.empty((len(spins), spins.shape[1], 3))
    for _ in range(sweeps):
        for site in range(spins.shape[1]):
            numbers[:, site, 0] = generator.random()
            if numbers[0, site, 0] >= reflect:
                kernels.write_uniforms(states, numbers[:, site, 1], numbers[:, site, 2])
        for lane, beta in enumerate(betas):
            sweep(spins[lane], band, beta, reflect, numbers[lane])
    return spins


def swept(spins, matrix, betas, reflect, states, generator, sweeps):
    spins, scratch = by_lane(spins), np.full((5, len(betas)), np.nan)
    for _ in range(sweeps):
        kernels.sweep(spins, kernels.band_of(matrix), betas, reflect, states, scratch, generator)
    return spins.T


@njit
def other_azimuth(spins, band, beta, reflect, numbers):
    reference.sweep(spins, band, beta, reflect, 1 - numbers)


@settings(max_examples=60)
@given(chains(), st.sampled_from([0.0, 0.5, 1.0]))
def test_sweeps_are_those_of_the_reference_in_value(example, reflect):
    """Two sweeps of the same random numbers, to the rounding that two sweeps may magnify."""
    spins, matrix, _, generator = example
    betas = np.append(0.0, generator.uniform(0, 30, len(spins) - 1))
    states = random_states(generator, len(spins))

    def agrees(**twin):
        once, again = np.random.default_rng(1), np.random.default_rng(1)
        fast = swept(spins, matrix, betas, reflect, states.copy(), once, 2)
        return np.allclose(fast, swept_plainly(spins, matrix, betas, reflect, states.copy(), again, 2, **twin), rtol=0, atol=1e-9)

    assert agrees()
    assert reflect > 0 or not agrees(sweep=other_azimuth)


@given(chains(), st.integers(1, 30))
def test_a_replica_does_not_depend_on_its_lane(example, turn):
    """To the bit: whether a vector instruction or the loop over the last few serves it."""
    spins, matrix, _, generator = example
    betas, states = generator.uniform(0, 30, len(spins)), random_states(generator, len(spins))
    here = swept(spins, matrix, betas, 0.5, states.copy(), np.random.default_rng(2), 3)
    rolled = np.roll(spins, turn, axis=0), matrix, np.roll(betas, turn), 0.5, np.roll(states, turn, axis=1)
    there = swept(*rolled, np.random.default_rng(2), 3)
    np.testing.assert_array_equal(np.roll(here, turn, axis=0), there)


# ---------------------------------------------------------------- heat bath, reflection and exchange keep the exact law

NEAR, FAR = [1.0, 0.8, 0.5, 0.8], [-0.45, -0.35, -0.25]
MATRIX = np.diag(NEAR, 1) + np.diag(NEAR, -1) + np.diag(FAR, 2) + np.diag(FAR, -2)
LADDER = np.array([0.05, 0.08, 0.13])
COPIES = 30_000


@njit(error_model="numpy")
def rounds_of(sweep, swap, spins, band, levels, states, generator):
    """Four rounds of five sweeps and one swap, on copies with a lane for each level; returns the lane at each (copy, level)."""
    lanes = spins.shape[2]
    copies = lanes // len(levels)
    lane_at = np.arange(lanes)
    betas, energies, scratch = np.empty(lanes), np.empty(lanes), np.empty((5, lanes))
    counts = np.zeros((2, len(levels)), dtype=np.int64)
    for step in range(4):
        for copy in range(copies):
            betas[lane_at[copy * len(levels) : (copy + 1) * len(levels)]] = levels
        for _ in range(5):
            sweep(spins, band, betas, 0.5, states, scratch, generator)
        kernels.write_energies(spins, band, energies)
        for copy in range(copies):
            here = lane_at[copy * len(levels) : (copy + 1) * len(levels)]
            swap(energies, levels, here, step % 2, counts[0], counts[1], generator)
    return lane_at.reshape(copies, len(levels))


@functools.cache
def exact_start(seed):
    generator = np.random.default_rng(seed)
    laws = [ExactChain(MATRIX, 1 / temperature) for temperature in LADDER]
    return laws, np.stack([law.sample(COPIES, generator) for law in laws], axis=1), np.triu_indices(len(MATRIX), 1)


def largest_deviation(sweep, swap, seed):
    """The largest |z| over levels of the mean and variance of the energy and all ten ⟨S_i·S_j⟩, after starting exactly.

    36 normal variables in equilibrium: beyond 5.5 once in 700,000 runs. The copies share the coins between heat bath and
    reflection; given these they are independent, and in equilibrium whatever they are. Smallest error that must be seen: 3 % in β,
    which moves the mean energy at T = 0.05 by some 10 standard errors, or a flipped sign in the exchange.
    """
    laws, start, pairs = exact_start(seed)
    lanes = by_lane(start.reshape(-1, *start.shape[2:]))
    generator = np.random.default_rng([seed, 1])
    states = random_states(generator, lanes.shape[2])
    lane_at = rounds_of(sweep, swap, lanes, kernels.band_of(MATRIX), 1 / LADDER, states, generator)
    spins = lanes.T[lane_at]  # (copy, level, site, component)
    worst = 0.0
    for level, law in enumerate(laws):
        energy = exchange_energy(spins[:, level], MATRIX) - law.mean_energy
        cosines = np.einsum("nic,njc->nij", spins[:, level], spins[:, level])[:, *pairs] - law.correlations()[pairs]
        excess = np.column_stack([energy, energy**2 - law.energy_deviation**2, cosines])
        worst = max(worst, np.max(np.abs(excess.mean(0)) / (excess.std(0) / np.sqrt(COPIES))))
    return worst


@njit
def cold_sweep(spins, band, betas, reflect, states, scratch, generator):
    kernels.sweep(spins, band, 1.03 * betas, reflect, states, scratch, generator)


@njit
def hot_sweep(spins, band, betas, reflect, states, scratch, generator):
    kernels.sweep(spins, band, 0.97 * betas, reflect, states, scratch, generator)


@njit
def flipped_swap(energies, betas, replica_at, parity, attempts, accepts, generator):
    swap(energies, -betas, replica_at, parity, attempts, accepts, generator)


def test_heat_bath_and_exchange_keep_the_exact_law():
    assert largest_deviation(kernels.sweep, swap, 4) < 5.5


@pytest.mark.parametrize(
    ("sweep", "swap"),
    [(cold_sweep, swap), (hot_sweep, swap), (kernels.sweep, flipped_swap)],
    ids=["colder", "hotter", "flipped exchange"],
)
def test_wrong_beta_and_flipped_exchange_are_rejected(sweep, swap):
    assert largest_deviation(sweep, swap, 4) > 7
