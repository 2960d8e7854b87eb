"""The exchange of neighbouring temperatures of replica exchange: which pairs are tried, and the acceptance."""

import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.jit import jit
from paper_repro.numerics.simd_math import exp


@jit
def swap(
    energies: Floats,
    betas: Floats,
    replica_at: Integers,
    parity: int,
    attempts: Integers,
    accepts: Integers,
    generator: np.random.Generator,
) -> None:
    """Attempt to exchange neighbouring levels (a, a+1) for a = parity, parity + 2, …: the even/odd scheme.

    Accepted with probability min(1, exp[(β_a - β_b)(E_a - E_b)]). ``betas`` is (level,), ``energies`` (replica,) and
    ``replica_at`` (level,) names the replica at each level; it is changed in place, the spins stay where they are, and
    ``attempts`` and ``accepts`` (level-1,) are counted up. Alternating parities make replicas travel instead of diffuse (Okabe
    et al., Chem. Phys. Lett. 335, 435 (2001); Syed et al., J. R. Stat. Soc. B 84, 321 (2022)).
    """
    for level in range(parity, len(betas) - 1, 2):
        here, there = replica_at[level], replica_at[level + 1]
        exponent = (betas[level] - betas[level + 1]) * (energies[here] - energies[there])
        attempts[level] += 1
        if exponent >= 0 or generator.random() < exp(exponent):
            replica_at[level], replica_at[level + 1] = there, here
            accepts[level] += 1
