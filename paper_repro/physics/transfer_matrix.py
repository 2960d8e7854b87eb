"""The transfer matrices of the exact solution, multiplied through a chain: one matrix-vector product per bond, compiled.

A message is a function of one bond cosine, here its values (node,) at the nodes of the quadrature, up to a factor. ``bonds`` (bond,
node) are the weights w e^{βJu} of the bonds with those of the quadrature, ``kernels`` (kind, node, node) what joins a bond to the
next, e^{βKuu'} I₀(βKss'), symmetric, and ``kinds`` (bond-1,) is the index of its matrix. Every term is positive: nothing cancels.
"""

import math

import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.jit import jit


@jit
def add_product(vector: Floats, matrix: Floats, factor: float, result: Floats) -> None:
    """Add ``factor`` Σ_n vector[n] matrix[n, m] to ``result`` (m,)."""
    for n in range(len(vector)):
        weight = factor * vector[n]
        for m in range(len(result)):
            result[m] += weight * matrix[n, m]


@jit
def messages(bonds: Floats, kernels: Floats, kinds: Integers) -> Floats:
    """Return for each bond the weight of everything to its right as a function of its cosine (bond, node), largest value 1."""
    size, nodes = bonds.shape
    result = np.ones((size, nodes))
    for bond in range(size - 2, -1, -1):
        message = np.zeros(nodes)
        add_product(bonds[bond + 1] * result[bond + 1], kernels[kinds[bond]], 1.0, message)
        result[bond] = message / message.max()
    return result


@jit
def log_sum(bonds: Floats, exponents: Floats, kernels: Floats, kinds: Integers, rates: Floats) -> tuple[float, float, float]:
    """Return ln Σ, the logarithm of the sum over all bonds, and its first and second derivative in a parameter.

    ``exponents`` (bond, node) are the derivatives of ln ``bonds`` in it, ``kernels`` (order, kind, node, node) kernels and their
    first two derivatives in a strength of which ``rates`` (bond-1,) are the derivatives. The message is carried along with its two
    derivatives, by the product rule.
    """
    size, nodes = bonds.shape
    right = np.zeros((3, nodes))
    right[0] = 1.0
    weighted = np.empty((3, nodes))
    log_norm = 0.0
    for bond in range(size - 1, -1, -1):
        for n in range(nodes):
            weight, slope = bonds[bond, n], exponents[bond, n]
            f, g, h = right[0, n], right[1, n], right[2, n]
            weighted[0, n] = weight * f
            weighted[1, n] = weight * (g + slope * f)
            weighted[2, n] = weight * (h + slope * (2 * g + slope * f))
        if bond > 0:
            kernel, first, second = kernels[0, kinds[bond - 1]], kernels[1, kinds[bond - 1]], kernels[2, kinds[bond - 1]]
            rate = rates[bond - 1]
            right[:] = 0.0
            add_product(weighted[0], kernel, 1.0, right[0])
            add_product(weighted[1], kernel, 1.0, right[1])
            add_product(weighted[0], first, rate, right[1])
            add_product(weighted[2], kernel, 1.0, right[2])
            add_product(weighted[1], first, 2.0 * rate, right[2])
            add_product(weighted[0], second, rate * rate, right[2])
            norm = right[0].max()
            right /= norm
            log_norm += math.log(norm)
    f, g, h = weighted[0].sum(), weighted[1].sum(), weighted[2].sum()
    return log_norm + math.log(f), g / f, h / f - (g / f) ** 2
