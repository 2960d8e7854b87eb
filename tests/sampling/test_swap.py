"""Which temperatures are exchanged, and by what rule; that the exchange keeps the exact law is in test_kernels."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.sampling.swap import swap


def test_swap_pairs_alternate_and_are_counted():
    generator = np.random.default_rng(5)
    attempts, accepts = np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.int64)
    replica_at = np.arange(5)
    rising, betas = np.arange(5.0), np.linspace(9, 1, 5)
    falling = rising[::-1].copy()  # the coldest level holds the highest energy: every swap is accepted
    swap(falling, betas, replica_at, 0, attempts, accepts, generator)
    np.testing.assert_array_equal(replica_at, [1, 0, 3, 2, 4])
    swap(rising * 1e6, betas, np.arange(5), 1, attempts, accepts, generator)  # never accepted
    np.testing.assert_array_equal(attempts, [1, 1, 1, 1])
    np.testing.assert_array_equal(accepts, [1, 0, 1, 0])


@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 1]))
def test_swaps_are_accepted_by_the_metropolis_rule(seed, parity):
    """Decision by decision, with the random numbers that the kernel draws; one is drawn only where the energies object."""
    once, generator, again = np.random.default_rng([seed, 1]), np.random.default_rng(seed), np.random.default_rng(seed)
    betas, energies, replica_at = np.sort(once.uniform(0, 3, 9))[::-1].copy(), once.standard_normal(9), once.permutation(9)
    expected = replica_at.copy()
    for a in range(parity, 8, 2):
        i, j = expected[a], expected[a + 1]
        ratio = np.exp(-betas[a] * energies[j] - betas[a + 1] * energies[i] + betas[a] * energies[i] + betas[a + 1] * energies[j])
        if ratio >= 1 or again.random() < ratio:
            expected[[a, a + 1]] = j, i
    swap(energies, betas, replica_at, parity, *np.zeros((2, 8), dtype=np.int64), generator)
    np.testing.assert_array_equal(replica_at, expected)
    assert generator.random() == again.random()
