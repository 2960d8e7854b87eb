"""Plain Metropolis: the exact means, and none with a wrong temperature."""

import attrs
import numpy as np
import pytest

from paper_repro.physics.exact import ExactChain
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_energy
from paper_repro.physics.terms import Biquadratic, Exchange, Field, Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling import metropolis

BETAS = (2.0, 5.0, 20.0)


@pytest.fixture(scope="module")
def laws(hamiltonian):
    """Chains of different lengths and temperatures, which share the columns of one run."""
    generator = np.random.default_rng(1)
    codes = [generator.integers(0, 2, sites) for sites in (3, 7, 12) for _ in range(20)]
    return [ExactChain(coupling_matrix(c, hamiltonian), BETAS[k // 20]) for k, c in enumerate(codes)]


def deviations(laws, wrong: float = 1.0):
    """Of each temperature, mean energy and S_1·S_N of 20 chains less the exact ones, in standard errors of the 20."""
    simulated = [ExactChain(law.matrix, law.beta * wrong) for law in laws]
    made = metropolis.traces(simulated, 120, 2, np.random.default_rng(5))
    found = []
    for start in range(0, len(laws), 20):
        some = laws[start : start + 20]
        for traces, exact in ((made.energies, [law.mean_energy for law in some]),
                              (made.end_cosines, [law.correlations()[0, -1] for law in some])):  # fmt: skip
            left = traces[start : start + 20].mean(1) - exact
            found.append(left.mean() / (left.std(ddof=1) / np.sqrt(20)))
    return np.abs(found)


def test_means_are_exact(laws):
    """Six means of 20 independent chains each: a t of 19 degrees exceeds 5 in 1e-4 of cases."""
    assert deviations(laws).max() < 5


def test_another_temperature_is_noticed(laws):
    assert deviations(laws, 1.2).max() > 5


def test_moves_that_do_not_look_at_the_energy_are_noticed(laws, monkeypatch):
    """The broken twin: every proposal accepted."""
    monkeypatch.setattr(metropolis.np, "log", lambda x: np.full_like(x, -np.inf))
    made = metropolis.traces(laws, 40, 2, np.random.default_rng(5))
    assert made.acceptance == 1
    assert np.abs(made.energies[40:, -1] - [law.mean_energy for law in laws[40:]]).mean() > 2


def test_energies_and_end_cosines_are_those_of_the_chain_from_the_first_step_on(hamiltonian):
    law = ExactChain(coupling_matrix(np.array([0, 1, 1, 0]), hamiltonian), 5.0)
    made = metropolis.traces([law], 1, 10, np.random.default_rng(2))
    spins = law.sample(1, np.random.default_rng(2))[0]
    assert made.energies[0] == pytest.approx([exchange_energy(spins, law.matrix)])
    assert made.end_cosines[0] == pytest.approx([spins[0] @ spins[-1]])
    assert np.isnan(made.acceptance)


# ---------------------------------------------------------------- any law


@pytest.fixture(scope="module")
def pairs():
    """Two spins with exchange and biquadratic exchange, in a field on one of them: β = 2."""
    terms = Terms([Exchange("J", 1), Biquadratic("B", 1), Field("h", 2, 0)], "AB")
    return Truth(terms, np.array([0.6, -0.9, 0.7]), 2.0)


def pair_means(truth):
    """⟨S₁·S₂⟩, ⟨(S₁·S₂)²⟩, ⟨S₁ᶻ⟩ by quadrature: without the field on S₁ the cosine u and S₁ are independent."""
    j, b, h = truth.beta * truth.couplings
    u, w = np.polynomial.legendre.leggauss(60)
    weights = w * np.exp(j * u + b * u**2)
    return np.array([weights @ u, weights @ u**2, weights.sum() * (1 / np.tanh(h) - 1 / h)]) / weights.sum()


def pair_deviations(truth, expected):
    """Means of 4,000 independent runs less the expected ones, in standard errors."""
    made = metropolis.snapshots(
        truth, Geometry.open_chain(2), "AB", runs=4000, each=1, burn_in=60, thinning=1, generator=np.random.default_rng(3)
    )
    values = truth.terms.on(made.geometry, made.species).values(made.spins)
    return np.abs(values.mean(0) - expected) / (values.std(0, ddof=1) / np.sqrt(len(made)))


def test_any_law_is_sampled(pairs):
    """Three means, each within 4.5 standard errors: a false alarm in 50,000."""
    assert pair_deviations(pairs, pair_means(pairs)).max() < 4.5


@pytest.mark.parametrize("term", range(3))
def test_a_coupling_that_is_off_by_a_third_is_noticed(pairs, term):
    wrong = pairs.couplings.copy()
    wrong[term] *= 4 / 3
    assert pair_deviations(attrs.evolve(pairs, couplings=wrong), pair_means(pairs)).max() > 5


def test_the_exact_chain_is_sampled_alike(hamiltonian):
    """Mean energy of 1,000 runs of five snapshots against the exact one, the runs being the units: within 4.5 standard errors."""
    truth = Truth.of(hamiltonian, 3.0)
    chain = Geometry.open_chain(6)
    made = metropolis.snapshots(
        truth, chain, "ABBABA", runs=1000, each=5, burn_in=80, thinning=3, generator=np.random.default_rng(4)
    )
    assert made.run.reshape(5, 1000).tolist() == [list(range(1000))] * 5
    assert made.temperature == pytest.approx(1 / 3)
    energies = truth.on(chain, made.species).energy(made.spins).reshape(5, 1000).mean(0)
    error = energies.std(ddof=1) / np.sqrt(1000)
    assert abs(energies.mean() - truth.exact(chain, "ABBABA").mean_energy) < 4.5 * error
    assert abs(energies.mean() - attrs.evolve(truth, beta=3.2).exact(chain, "ABBABA").mean_energy) > 5 * error
