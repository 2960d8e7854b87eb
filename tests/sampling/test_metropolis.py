"""Plain Metropolis: the exact means, and none with a wrong temperature."""

import numpy as np
import pytest

from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_energy
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
    made = metropolis.sample(simulated, 120, 2, np.random.default_rng(5))
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
    made = metropolis.sample(laws, 40, 2, np.random.default_rng(5))
    assert made.acceptance == 1
    assert np.abs(made.energies[40:, -1] - [law.mean_energy for law in laws[40:]]).mean() > 2


def test_energies_and_end_cosines_are_those_of_the_chain_from_the_first_step_on(hamiltonian):
    law = ExactChain(coupling_matrix(np.array([0, 1, 1, 0]), hamiltonian), 5.0)
    made = metropolis.sample([law], 1, 10, np.random.default_rng(2))
    spins = law.sample(1, np.random.default_rng(2))[0]
    assert made.energies[0] == pytest.approx([exchange_energy(spins, law.matrix)])
    assert made.end_cosines[0] == pytest.approx([spins[0] @ spins[-1]])
    assert np.isnan(made.acceptance)
