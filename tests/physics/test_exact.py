"""The exact solution, against integrals done another way, closed forms, its own derivatives, and its own samples.

Statistical tests: seeds are fixed, so each either always passes or always fails; the false-alarm rate named with a test is
the chance that a correct sampler would have been refused when its seed was chosen.
"""

import functools
import itertools
import math
from collections.abc import Callable

import attrs
import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import kstest

from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_energy
from paper_repro.physics.species import as_species
from paper_repro.spec import Hamiltonian, load_spec, specs_folder

Array = npt.NDArray[np.float64]
HAMILTONIAN = load_spec(specs_folder() / "paper.toml").record.hamiltonian
Solver = Callable[[Array, float], ExactChain]


def matrix_of(sequence: str, hamiltonian: Hamiltonian = HAMILTONIAN) -> Array:
    return coupling_matrix(as_species(sequence, hamiltonian.species), hamiltonian)


def random_sequence(size: int) -> str:
    return "".join("AB"[code] for code in np.random.default_rng(size).integers(0, 2, size))


def without_far(matrix: Array) -> Array:
    return np.triu(np.tril(matrix, 1), -1)


#: Solvers that are wrong on purpose: every check below must reject those that it can see.
BROKEN: dict[str, Solver] = {
    "K flipped": lambda matrix, beta: ExactChain(2 * without_far(matrix) - matrix, beta),
    "K left out": lambda matrix, beta: ExactChain(without_far(matrix), beta),
    "each pair twice": lambda matrix, beta: ExactChain(2 * matrix, beta),
    "β off by 3 %": lambda matrix, beta: ExactChain(matrix, 1.03 * beta),
}  # fmt: skip


# ln Z against brute force over the spheres themselves, with no bond cosines and no dihedrals


@functools.cache
def sphere_grid(nodes: int) -> tuple[Array, Array]:
    """Points and weights on S²: Gauss-Legendre in cos θ times equal steps in the azimuth; exact for harmonics up to ``nodes``."""
    u, w = np.polynomial.legendre.leggauss(nodes)
    azimuth = 2 * np.pi * np.arange(nodes) / nodes
    s = np.sqrt(1 - u**2)[:, None]
    points = np.stack([s * np.cos(azimuth), s * np.sin(azimuth), u[:, None] + 0 * azimuth], -1).reshape(-1, 3)
    return points, np.repeat(w, nodes) * 2 * np.pi / nodes


def brute_force(matrix: Array, beta: float, nodes: int) -> tuple[float, float, float]:
    """Ln Z, ⟨H⟩ and ⟨S₁·S_N⟩ for N = 3 or 4: S₁ at the pole, S₂ on a meridian, all others anywhere."""
    sites = len(matrix)
    points, weights = sphere_grid(nodes)
    u, w = np.polynomial.legendre.leggauss(nodes)
    second = np.stack([np.sqrt(1 - u**2), 0 * u, u], -1)
    total = np.zeros(3)
    for direction, weight in zip(second, w, strict=True):
        grids = [points] * (sites - 2)
        index = np.indices([len(points)] * (sites - 2)).reshape(sites - 2, -1)
        spins = np.empty((index.shape[1], sites, 3))
        spins[:, 0], spins[:, 1] = [0.0, 0.0, 1.0], direction
        measure = np.full(index.shape[1], weight * 2 * np.pi * 4 * np.pi)
        for k, grid in enumerate(grids):
            spins[:, k + 2] = grid[index[k]]
            measure *= weights[index[k]]
        level = exchange_energy(spins, matrix)
        boltzmann = measure * np.exp(-beta * level)
        total += [boltzmann.sum(), boltzmann @ level, boltzmann @ spins[:, -1, 2]]
    return math.log(total[0]), total[1] / total[0], total[2] / total[0]


CASES = [("ABB", 3.0, 24), ("AAB", 6.0, 32), ("BAB", 20.0, 64), ("AABB", 0.9, 13), ("ABAA", 0.6, 12)]


@functools.cache
def reference(sequence: str, beta: float, nodes: int) -> tuple[float, float, float]:
    return brute_force(matrix_of(sequence), beta, nodes)


def brute_force_error(solver: Solver, sequence: str, beta: float, nodes: int) -> float:
    exact = solver(matrix_of(sequence), beta)
    found = (exact.ln_z, exact.mean_energy, exact.correlations()[0, -1])
    return max(abs(a - b) for a, b in zip(found, reference(sequence, beta, nodes), strict=True))


@pytest.mark.parametrize(("sequence", "beta", "nodes"), CASES)
def test_ln_z_energy_and_end_to_end_correlation_against_brute_force(sequence: str, beta: float, nodes: int) -> None:
    assert brute_force_error(ExactChain, sequence, beta, nodes) < 1e-11


@pytest.mark.parametrize("name", ["K flipped", "K left out", "each pair twice", "β off by 3 %"])
def test_brute_force_rejects_a_wrong_solution(name: str) -> None:
    for sequence, beta, nodes in CASES:
        assert brute_force_error(BROKEN[name], sequence, beta, nodes) > 1e-3


def test_brute_force_tells_one_end_from_the_other() -> None:
    forwards, backwards = reference("AABB", 0.9, 13), brute_force(matrix_of("BBAA"), 0.9, 13)
    assert forwards == pytest.approx(backwards, rel=1e-11)
    assert brute_force_error(lambda _, beta: ExactChain(matrix_of("ABBA"), beta), "AABB", 0.9, 13) > 1e-3


# ln Z without next-nearest neighbours


def ln_sinhc(x: float) -> float:
    x = abs(x)
    return x**2 / 6 if x < 1e-6 else x + math.log1p(-math.exp(-2 * x)) - math.log(2 * x)


@pytest.mark.parametrize(("sites", "temperature"), [(2, 1.0), (7, 0.05), (200, 0.01), (200, 10.0), (50, 1e4)])
def test_without_far_couplings_ln_z_is_that_of_independent_bonds(sites: int, temperature: float) -> None:
    matrix, beta = without_far(matrix_of(random_sequence(sites))), 1 / temperature
    couplings = np.diagonal(matrix, 1)
    expected = sites * math.log(4 * math.pi) + sum(ln_sinhc(beta * coupling) for coupling in couplings)
    langevin = [1 / math.tanh(beta * coupling) - 1 / (beta * coupling) for coupling in couplings]
    exact = ExactChain(matrix, beta)
    assert exact.ln_z == pytest.approx(expected, rel=1e-12)
    mean_energy = -float(couplings @ langevin)
    assert exact.mean_energy == pytest.approx(mean_energy, rel=1e-11 if temperature < 100 else 1e-7)  # coth x - 1/x cancels
    spread = np.concatenate([[1.0], np.cumprod(langevin)])  # ⟨S₁·S_j⟩ is the product of the bonds between
    np.testing.assert_allclose(exact.correlations()[0], spread, rtol=0, atol=1e-11 if temperature < 100 else 1e-9)
    wrong = ExactChain(matrix, beta * 1.001)
    assert temperature > 100 or abs(wrong.ln_z / expected - 1) > 1e-9  # all is flat at T = 10⁴, which the energy sees
    assert abs(wrong.mean_energy / mean_energy - 1) > 1e-6


# ln Z by an independent transfer integral, and with other numbers of nodes


def ln_z_by_angles(sequence: str, beta: float, nodes: int) -> float:
    """The transfer integral written a second time: quadrature in the bond angle, letters for a matrix, other Bessel code."""
    near = {pair: term.coupling for term in HAMILTONIAN.terms if term.separation == 1 for pair in (term.pair, term.pair[::-1])}
    far = {pair: term.coupling for term in HAMILTONIAN.terms if term.separation == 2 for pair in (term.pair, term.pair[::-1])}
    x, w = np.polynomial.legendre.leggauss(nodes)
    theta = (x + 1) * np.pi / 2
    log_weight = np.log(w * np.pi / 2 * np.sin(theta))
    message, sites = np.zeros(nodes), len(sequence)
    for k in range(sites - 1):
        if k:
            coupling = beta * far[sequence[k - 1] + sequence[k + 1]]
            exponent = coupling * np.outer(np.cos(theta), np.cos(theta)) + np.log(
                np.i0(coupling * np.outer(np.sin(theta), np.sin(theta)))
            )
            grown = message[:, None] + exponent
            top = grown.max(0)
            message = top + np.log(np.exp(grown - top).sum(0))
        message = message + log_weight + beta * near[sequence[k] + sequence[k + 1]] * np.cos(theta)
    return (
        math.log(4 * math.pi)
        + (sites - 1) * math.log(2 * math.pi)
        + message.max()
        + math.log(np.exp(message - message.max()).sum())
    )


@pytest.mark.parametrize(("sites", "temperature"), [(3, 0.01), (17, 0.05), (50, 0.01), (29, 1.0), (200, 10.0)])
def test_ln_z_against_an_independent_transfer_integral(sites: int, temperature: float) -> None:
    sequence = random_sequence(sites)
    expected = ln_z_by_angles(sequence, 1 / temperature, 400 if temperature < 1 else 150)
    assert ExactChain(matrix_of(sequence), 1 / temperature).ln_z == pytest.approx(expected, rel=1e-11)
    for name in ("K flipped", "K left out", "each pair twice", "β off by 3 %"):
        assert abs(BROKEN[name](matrix_of(sequence), 1 / temperature).ln_z / expected - 1) > 1e-6


def test_thirty_two_nodes_are_enough_at_the_papers_temperature() -> None:
    for sites in (3, 17, 50):
        matrix = matrix_of(random_sequence(sites))
        few, many, too_few = (ExactChain(matrix, 20.0, nodes) for nodes in (32, 256, 8))
        assert few.ln_z == pytest.approx(many.ln_z, rel=1e-11)
        assert few.mean_energy == pytest.approx(many.mean_energy, rel=1e-11)
        assert abs(too_few.ln_z / many.ln_z - 1) > 1e-9
        assert ExactChain(matrix, 20.0).nodes == 32


@pytest.mark.parametrize("temperature", [0.01, 0.03, 0.05, 0.2, 1.0, 10.0])
@pytest.mark.parametrize("sites", [3, 50, 200])
def test_the_nodes_chosen_are_enough_at_any_temperature(sites: int, temperature: float) -> None:
    for sequence in (random_sequence(sites), "A" * sites):
        matrix = matrix_of(sequence)
        chosen, many = ExactChain(matrix, 1 / temperature), ExactChain(matrix, 1 / temperature, 512)
        assert chosen.nodes < 512
        assert chosen.ln_z == pytest.approx(many.ln_z, rel=1e-11)
        assert chosen.mean_energy == pytest.approx(many.mean_energy, rel=1e-11)
        rounding = 1e-13 * (many.mean_energy / temperature) ** 2  # ⟨H²⟩ - ⟨H⟩² cancels in the cold
        assert chosen.heat_capacity == pytest.approx(many.heat_capacity, rel=1e-10, abs=rounding)


# Derivatives


def difference(function: Callable[[float], float], at: float, step: float) -> float:
    """A central difference of order four."""
    return (8 * (function(at + step) - function(at - step)) - (function(at + 2 * step) - function(at - 2 * step))) / (12 * step)


def derivative_error(solver: Solver, matrix: Array, beta: float) -> tuple[float, float]:
    """Relative errors of ⟨H⟩ = -∂ln Z/∂β and C = -β² ∂⟨H⟩/∂β, with ln Z and ⟨H⟩ of the correct solution."""
    slope = difference(lambda b: ExactChain(matrix, b).ln_z, beta, 3e-3 * beta)
    curvature = difference(lambda b: ExactChain(matrix, b).mean_energy, beta, 3e-3 * beta)
    exact = solver(matrix, beta)
    return abs(exact.mean_energy / -slope - 1), abs(exact.heat_capacity / (-(beta**2) * curvature) - 1)


@pytest.mark.parametrize("temperature", [0.01, 0.05, 0.3, 2.0])
def test_energy_and_heat_capacity_are_derivatives_of_ln_z(temperature: float) -> None:
    matrix = matrix_of(random_sequence(13))
    assert max(derivative_error(ExactChain, matrix, 1 / temperature)) < 2e-9
    for name in ("K flipped", "each pair twice", "β off by 3 %"):
        wrong = derivative_error(BROKEN[name], matrix, 1 / temperature)
        assert wrong[0] > 1e-4
        assert wrong[1] > 1e-4
    exact = ExactChain(matrix, 1 / temperature)
    assert exact.energy_deviation == pytest.approx(math.sqrt(exact.heat_capacity) * temperature, rel=1e-12)


def test_cold_spins_obey_equipartition() -> None:
    exact = ExactChain(matrix_of("AAAAAAA"), 300.0)  # 2N degrees of freedom less the three of a rigid rotation, k_B/2 of each
    assert exact.heat_capacity == pytest.approx((2 * 7 - 3) / 2, rel=0.02)
    assert abs(exact.heat_capacity - 7) > 1


@pytest.mark.parametrize("temperature", [1e-3, 5e-4])
def test_colder_than_the_range_is_right_or_refused(temperature: float) -> None:
    try:
        exact = ExactChain(matrix_of("AAAAAAA"), 1 / temperature)
        found = exact.heat_capacity
    except ValueError as error:
        assert "expected" in str(error)  # noqa: PT017  (one of two good ends)
    else:
        assert math.isfinite(exact.ln_z)
        assert found == pytest.approx((2 * 7 - 3) / 2, rel=0.02)


# Correlations


@pytest.mark.parametrize("kappa", [1e-3, 0.7, 20.0, 300.0, -5.0])
def test_two_spins_have_the_langevin_correlation(kappa: float) -> None:
    matrix = kappa / 2 * np.array([[0.0, 1.0], [1.0, 0.0]])
    langevin = 1 / math.tanh(kappa) - 1 / kappa if abs(kappa) > 0.1 else kappa / 3 - kappa**3 / 45
    assert ExactChain(matrix, 2.0).correlations()[0, 1] == pytest.approx(langevin, rel=1e-12)
    assert ExactChain(matrix, 2.06).correlations()[0, 1] != pytest.approx(langevin, rel=1e-5)


def virial_error(correlations: Array, matrix: Array, mean_energy: float) -> float:
    return abs(-0.5 * float((matrix * correlations).sum()) / mean_energy - 1)


@pytest.mark.parametrize("temperature", [0.01, 0.05, 1.0, 10.0])
def test_the_couplings_times_the_correlations_are_the_energy(temperature: float) -> None:
    matrix = matrix_of(random_sequence(29))
    exact = ExactChain(matrix, 1 / temperature)
    found = exact.correlations()
    assert found.shape == (29, 29)
    assert virial_error(found, matrix, exact.mean_energy) < 1e-11
    assert virial_error(np.roll(found, 1, (0, 1)), matrix, exact.mean_energy) > 1e-4
    np.testing.assert_array_equal(np.diagonal(found), 1)
    np.testing.assert_array_equal(found, found.T)
    backwards = ExactChain(matrix[::-1, ::-1], 1 / temperature)
    np.testing.assert_allclose(backwards.correlations()[::-1, ::-1], found, rtol=0, atol=1e-11)
    assert backwards.ln_z == pytest.approx(exact.ln_z, rel=1e-13)


# Samples


def energy_scores(samples: Array, matrix: Array, beta: float) -> tuple[float, float]:
    """Standard scores of the mean and the variance of the energy."""
    exact, levels = ExactChain(matrix, beta), exchange_energy(samples, matrix)
    deviations = levels - exact.mean_energy
    squares = deviations**2
    count = math.sqrt(len(levels))
    return (
        float(deviations.mean() / levels.std() * count),
        float((squares.mean() - exact.energy_deviation**2) / squares.std() * count),
    )


def correlation_scores(samples: Array, correlations: Array) -> Array:
    """Standard scores of ⟨S_i·S_j⟩ for each pair i < j."""
    products = np.einsum("nic,njc->nij", samples, samples)[:, *np.triu_indices(samples.shape[1], 1)]
    expected = correlations[np.triu_indices(samples.shape[1], 1)]
    return (products.mean(0) - expected) / products.std(0) * math.sqrt(len(samples))


SAMPLE_CASES = [("ABBABAABBA" + "BAA", 20.0), ("BBAABAB", 1.5), ("AAAAA", 100.0)]
#: Largest standard score taken: for all statistics of this module together, about 130, a false alarm of 1e-3 at most.
LIMIT = 4.5


@functools.cache
def drawn(sequence: str, beta: float) -> Array:
    return ExactChain(matrix_of(sequence), beta).sample(12_000, np.random.default_rng(len(sequence)))


@pytest.mark.parametrize(("sequence", "beta"), SAMPLE_CASES)
def test_samples_have_the_exact_energy_and_correlations(sequence: str, beta: float) -> None:
    matrix, samples = matrix_of(sequence), drawn(sequence, beta)
    assert samples.shape == (12_000, len(sequence), 3)
    np.testing.assert_allclose(np.linalg.norm(samples, axis=-1), 1, rtol=0, atol=1e-14)
    assert np.abs(energy_scores(samples, matrix, beta)).max() < LIMIT
    assert np.abs(correlation_scores(samples, ExactChain(matrix, beta).correlations())).max() < LIMIT


@pytest.mark.parametrize("name", ["K flipped", "K left out", "β off by 3 %"])
def test_the_scores_reject_samples_of_another_law(name: str) -> None:
    """The smallest error to be seen: 3 % in β, at T₀."""
    sequence, beta = SAMPLE_CASES[0]
    matrix = matrix_of(sequence)
    samples = BROKEN[name](matrix, beta).sample(12_000, np.random.default_rng(41))
    assert abs(energy_scores(samples, matrix, beta)[0]) > 2 * LIMIT
    if name != "β off by 3 %":  # too small for a single correlation
        assert np.abs(correlation_scores(samples, ExactChain(matrix, beta).correlations())).max() > 2 * LIMIT


def test_the_scores_reject_a_wrong_dihedral() -> None:
    """Reflecting the chain beyond a bond through the opposite dihedral keeps every bond cosine, and only them."""
    sequence, beta = SAMPLE_CASES[0]
    matrix, samples = matrix_of(sequence), drawn(sequence, beta)
    axis = samples[:, 5:6]
    turned = samples.copy()
    turned[:, 6:] = 2 * (samples[:, 6:] * axis).sum(-1, keepdims=True) * axis - samples[:, 6:]  # half a turn about S₆
    near = np.abs((turned[:, 5] * turned[:, 6]).sum(-1) - (samples[:, 5] * samples[:, 6]).sum(-1)).max()
    assert near < 1e-14
    assert abs(energy_scores(turned, matrix, beta)[0]) > 2 * LIMIT


def test_samples_have_no_preferred_direction_and_no_handedness() -> None:
    """52 statistics under one limit: false alarm 4e-4."""
    samples = drawn(*SAMPLE_CASES[0])
    mean = samples.mean(0) / samples.std(0) * math.sqrt(len(samples))
    triple = np.stack([np.linalg.det(samples[:, k : k + 3]) for k in range(11)], 1)
    handed = triple.mean(0) / triple.std(0) * math.sqrt(len(samples))
    assert mean.shape == (13, 3)
    assert np.abs(mean).max() < LIMIT
    assert np.abs(handed).max() < LIMIT
    one_hand = triple[:, 5] > -0.05  # the broken twin: a sampler that loses some left-handed turns
    assert abs(triple[one_hand, 5].mean() / triple[one_hand, 5].std()) * math.sqrt(one_hand.sum()) > 2 * LIMIT


def bond_p_value(samples: Array, kappa: float) -> float:
    """Kolmogorov-Smirnov p-value of the bond cosine of two spins through its closed cumulative distribution."""
    cosine = (samples[:, 0] * samples[:, 1]).sum(-1)
    if kappa < 0:
        cosine, kappa = -cosine, -kappa
    return float(kstest((np.exp(kappa * (cosine - 1)) - math.exp(-2 * kappa)) / -math.expm1(-2 * kappa), "uniform").pvalue)


@pytest.mark.parametrize("kappa", [0.3, 20.0, -7.0])
def test_bond_cosines_of_two_spins_have_their_law(kappa: float) -> None:
    """False alarm 1e-6 each; at κ = 20 a 3 % error is seen, elsewhere a flipped sign."""
    matrix, generator = np.array([[0.0, kappa], [kappa, 0.0]]), np.random.default_rng(51)
    sharp = kappa > 10
    count = 80_000 if sharp else 20_000
    wrong = ExactChain(matrix, 1.03) if sharp else ExactChain(-matrix, 1.0)
    assert bond_p_value(ExactChain(matrix, 1.0).sample(count, generator), kappa) > 1e-6
    assert bond_p_value(wrong.sample(count, generator), kappa) < 1e-6


def test_samples_are_decided_by_the_generator_alone() -> None:
    exact = ExactChain(matrix_of("ABBABAA"), 20.0)
    first, again, other = (exact.sample(5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).min() > 0


# Ends of the range


def test_at_infinite_temperature_every_configuration_is_as_likely() -> None:
    exact = ExactChain(matrix_of("ABBABAA"), 0.0)
    assert exact.ln_z == pytest.approx(7 * math.log(4 * math.pi), rel=1e-14)
    assert exact.mean_energy == pytest.approx(0, abs=1e-14)
    assert exact.heat_capacity == 0
    np.testing.assert_allclose(exact.correlations(), np.eye(7), rtol=0, atol=1e-14)
    assert np.abs(correlation_scores(exact.sample(12_000, np.random.default_rng(3)), np.eye(7))).max() < LIMIT


def test_one_spin_has_the_area_of_the_sphere() -> None:
    exact = ExactChain(np.zeros((1, 1)), 20.0)
    assert exact.ln_z == pytest.approx(math.log(4 * math.pi), rel=1e-15)
    assert exact.mean_energy == 0
    assert exact.sample(5, np.random.default_rng(0)).shape == (5, 1, 3)


@pytest.mark.parametrize("beta", [-1.0, -1e-300, math.nan, math.inf, -math.inf])
def test_a_beta_that_is_no_inverse_temperature_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match=r"^beta = .*; expected a finite inverse temperature"):
        ExactChain(matrix_of("ABB"), beta)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_couplings_that_are_not_finite_are_refused(value: float) -> None:
    matrix = matrix_of("ABB")
    matrix[0, 1] = matrix[1, 0] = value
    with pytest.raises(ValueError, match=r"^couplings that are not .*finite"):
        ExactChain(matrix, 1.0)


def test_longer_ranged_couplings_are_refused() -> None:
    for i, j in itertools.combinations(range(5), 2):
        matrix = matrix_of("ABBAB")
        matrix[i, j] = matrix[j, i] = 0.25
        if j - i <= 2:
            assert ExactChain(matrix, 1.0).sites == 5
        else:
            with pytest.raises(ValueError, match="beyond separation 2"):
                ExactChain(matrix, 1.0)


def test_couplings_of_any_sign_are_served() -> None:
    """Antiferromagnetic near, ferromagnetic far: turning every other spin over makes it a chain of the opposite near signs."""
    terms = [attrs.evolve(term, coupling=-term.coupling) for term in HAMILTONIAN.terms]
    turned = matrix_of("ABBAB", attrs.evolve(HAMILTONIAN, terms=tuple(terms)))
    sign = (-1.0) ** np.arange(5)
    staggered = turned * np.outer(sign, sign)
    first, second = ExactChain(turned, 7.0), ExactChain(staggered, 7.0)
    assert first.ln_z == pytest.approx(second.ln_z, rel=1e-13)
    np.testing.assert_allclose(first.correlations(), second.correlations() * np.outer(sign, sign), rtol=0, atol=1e-12)
    assert abs(first.ln_z - ExactChain(-turned, 7.0).ln_z) > 1


def along_error(law: ExactChain, direction: Array) -> tuple[float, float]:
    """Relative errors of the derivatives along a direction: against the correlations, and against differences of the first."""
    _, first, second = law.along(direction)
    expected = float((np.triu(direction, 1) * law.correlations()).sum())

    def mean(change: float) -> float:
        return ExactChain(law.beta * law.matrix + change * direction, 1.0).along(direction)[1]

    return abs(first / expected - 1), abs(second / difference(mean, 0.0, 1e-2) - 1)


@pytest.mark.parametrize("temperature", [0.02, 0.05, 0.3, 2.0])
@pytest.mark.parametrize("separation", [1, 2])
def test_derivatives_along_any_couplings_are_the_correlations_and_their_slope(temperature: float, separation: int) -> None:
    law = ExactChain(matrix_of(random_sequence(12)), 1 / temperature)
    mixed = np.random.default_rng(separation).standard_normal((12, 12))
    direction = np.triu(np.tril(mixed + mixed.T, separation), -separation)
    np.fill_diagonal(direction, 0.0)
    errors = along_error(law, direction)
    assert errors[0] < 1e-10
    assert errors[1] < 1e-6


def test_another_direction_would_be_noticed() -> None:
    """The broken twin: the slope along the couplings themselves."""
    law = ExactChain(matrix_of(random_sequence(12)), 20.0)
    _, first, _ = law.along(law.matrix)
    assert abs(first / law.along(without_far(law.matrix))[1] - 1) > 0.05


def test_a_coupling_that_is_zero_has_a_derivative_too() -> None:
    matrix = without_far(matrix_of(random_sequence(8)))
    far = np.diag(np.ones(6), 2) + np.diag(np.ones(6), -2)
    assert max(along_error(ExactChain(matrix, 5.0), far)) < 1e-6
