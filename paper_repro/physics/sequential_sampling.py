"""Drawing a chain from its exact law, one spin after the other: a von Mises-Fisher draw, corrected by the message.

Given the two spins before it, the next spin S of a chain has the density

    p(S) ∝ e^{β (J S_k + K S_{k-1})·S} M(S_k·S)

with M(u) the weight of everything further right. With ln M replaced by its tangent a + c u at a likely cosine, that is a von
Mises-Fisher law in the field β (J S_k + K S_{k-1}) + c S_k; a draw from it is kept with probability M(u) e^{-a - c u}. On
average over chains a spin takes Z'/Z draws, Z' being Z with the tangent for M. In every chain looked at ln M is concave in u and
the tangent lies above it; nothing rests on that, since the bound is taken from the table.

The table of the probability is of the fifth degree piece by piece, from M and its first two derivatives at the ends of the pieces.
These are equal in v = ±(1 - √(1 - |u|)), that is u = v (2 - |v|): M is smooth in the angle, not in its cosine, and v is as good as
the angle, without an inverse cosine.
"""

import functools
import math

import numpy as np

from paper_repro.numerics.arrays import Floats, Integers, Words
from paper_repro.numerics.jit import jit, jit_inline
from paper_repro.numerics.rng import uniform, xoshiro
from paper_repro.numerics.simd_math import exp, log
from paper_repro.physics.transfer_matrix import add_product
from paper_repro.physics.von_mises_fisher import draw

#: Chains that are drawn together: enough to fill the vector units also with those whose draws were rejected.
LANES = 256


def pieces_needed(largest: float) -> int:
    """Return how many pieces keep the error of an acceptance probability below 1e-9, for β(|J| + 2|K|) up to ``largest``."""
    return 2 * math.ceil(10 * math.sqrt(max(largest, 40.0)))


@functools.cache
def grid(pieces: int) -> Floats:
    """Return the cosines (piece+1,) at the ends of the pieces, an even number, from -1 to 1."""
    v = np.linspace(-1, 1, pieces + 1)
    cosines: Floats = v * (2 - np.abs(v))
    return cosines


@jit_inline
def quintic(f0: float, d0: float, e0: float, f1: float, d1: float, e1: float) -> tuple[tuple[float, ...], float]:
    """Return the coefficients in x of the polynomial of degree 5 with these values and derivatives at x = 0 and 1, and a bound.

    On [0, 1] a polynomial lies within the hull of its Bernstein coefficients: the largest of them is the bound.
    """
    rise = f1 - f0
    bound = max(f0, f0 + d0 / 5, f0 + 2 * d0 / 5 + e0 / 20, f1 - 2 * d1 / 5 + e1 / 20, f1 - d1 / 5, f1)
    cubic = 10 * rise - 6 * d0 - 4 * d1 - (3 * e0 - e1) / 2
    quartic = -15 * rise + 8 * d0 + 7 * d1 + (3 * e0 - 2 * e1) / 2
    return (f0, d0, e0 / 2, cubic, quartic, 6 * rise - 3 * (d0 + d1) - (e0 - e1) / 2), bound


@jit
def acceptance_table(weights: Floats, profiles: Floats, cosines: Floats, likely: float, table: Floats) -> float:
    """Fill the coefficients (piece, power) of the acceptance probability of one message, and return the slope c of its tangent.

    M is the sum of ``weights`` (node,) times ``profiles`` (order, node, piece+1), the values and first two derivatives in u at
    ``cosines`` (piece+1,); the tangent touches ln M at the end of a piece that is nearest to ``likely``. The probability is
    divided by the bound of all pieces.
    """
    ends = len(cosines)
    m = np.zeros((3, ends))
    for order in range(3):
        add_product(weights, profiles[order], 1.0, m[order])
    touching = np.argmin(np.abs(cosines - likely))
    at, height = cosines[touching], m[0, touching]
    c: float = m[1, touching] / height
    value, slope, bend = np.zeros(ends), np.zeros(ends), np.zeros(ends)  # of M e^{-a - c u}, in u
    for k in range(ends):
        if m[0, k] > 1e-300:
            first, second = m[1, k] / m[0, k], m[2, k] / m[0, k]
            value[k] = exp(log(m[0, k] / height) - c * (cosines[k] - at))
            slope[k] = value[k] * (first - c)
            bend[k] = value[k] * (second - first * first + (first - c) * (first - c))
    step = 2.0 / (ends - 1)
    bound = 0.0
    for k in range(ends - 1):
        left, right = 2 * step * (1 - abs(k * step - 1)), 2 * step * (1 - abs((k + 1) * step - 1))  # du/dx = 2 (1 - |v|) dv/dx
        turn = (2.0 if 2 * k < ends - 1 else -2.0) * step * step  # d²u/dx²
        coefficients, largest = quintic(
            value[k], left * slope[k], left * left * bend[k] + turn * slope[k],
            value[k + 1], right * slope[k + 1], right * right * bend[k + 1] + turn * slope[k + 1],
        )  # fmt: skip
        for power in range(6):
            table[k, power] = coefficients[power]
        bound = max(bound, largest)
    table /= bound
    return c


@jit
def acceptance_tables(weights: Floats, profiles: Floats, kinds: Integers, cosines: Floats, likely: Floats) -> tuple[Floats, Floats]:
    """Return the slope c (site,) and the acceptance table (site, piece, power) with which the spin at each site is drawn.

    ``weights`` (bond, node) are those of each bond times its message, ``profiles`` (kind, order, node, piece+1) and ``kinds``
    (bond-1,) what joins it to the bond before, ``likely`` (bond,) the cosines at which the tangents touch. The first spin has no
    bond to its left and the last no message from its right: their slope is 0 and every draw is kept.
    """
    bonds = len(weights)
    slopes, tables = np.zeros(bonds + 1), np.zeros((bonds + 1, len(cosines) - 1, 6))
    tables[0, :, 0] = tables[bonds, :, 0] = 1.0
    for bond in range(bonds - 1):
        slopes[bond + 1] = acceptance_table(weights[bond + 1], profiles[kinds[bond]], cosines, likely[bond], tables[bond + 1])
    return slopes, tables


@jit_inline
def acceptance(table: Floats, cosine: float) -> float:
    """Return the probability, from its ``table`` (piece, power), that a draw with this cosine is kept."""
    size = 1.0 - abs(cosine)
    v = 1.0 - math.sqrt(max(size, 0.0))
    position = 0.5 * len(table) * (1.0 + (v if cosine > 0.0 else -v))
    piece = min(int(position), len(table) - 1)
    x = position - piece
    result: float = table[piece, 5]
    for power in range(4, -1, -1):
        result = result * x + table[piece, power]
    return result


@jit
def _propose(fields: Floats, axes: Floats, count: int, states: Words, drawn: Floats, cosines: Floats, coins: Floats) -> None:
    """Draw ``count`` spins in ``fields`` (component, lane), with their cosines to ``axes`` and a uniform number each.

    The loop vectorises: it neither branches nor looks anything up.
    """
    for j in range(count):
        a, b, c, d = states[0, j], states[1, j], states[2, j], states[3, j]
        height, a, b, c, d = xoshiro(a, b, c, d)
        turn, a, b, c, d = xoshiro(a, b, c, d)
        coin, a, b, c, d = xoshiro(a, b, c, d)
        states[0, j], states[1, j], states[2, j], states[3, j] = a, b, c, d
        x, y, z = draw((fields[0, j], fields[1, j], fields[2, j]), uniform(height), uniform(turn))
        drawn[0, j], drawn[1, j], drawn[2, j] = x, y, z
        cosines[j] = x * axes[0, j] + y * axes[1, j] + z * axes[2, j]
        coins[j] = uniform(coin)


#: Proposals of one spin; most are kept at once, so that so many have no probability.
_MOST_ROUNDS = 100_000


@jit
def draw_chains(spins: Floats, factors: Floats, tables: Floats, states: Words) -> Integers:
    """Fill ``spins`` (snapshot, site, 3) with independent chains and return how many draws each site took (site,).

    -1 for a site at which a draw was not kept in ``_MOST_ROUNDS`` proposals: its probabilities are no numbers.

    ``factors`` (site, 2) are those of S_k and S_{k-1} in the field on the next spin, βJ + c and βK, 0 where there is no such spin;
    ``tables`` (site, piece, power) its acceptance probabilities. Each lane of ``states`` (4, lane) is the state of a generator; as
    many chains are drawn together.
    """
    count, sites, _ = spins.shape
    lanes = states.shape[1]
    draws = np.zeros(sites, dtype=np.int64)
    here, before = np.zeros((3, lanes)), np.zeros((3, lanes))
    fields, axes, drawn = np.empty((3, lanes)), np.empty((3, lanes)), np.empty((3, lanes))
    cosines, coins = np.empty(lanes), np.empty(lanes)
    chain = np.empty(lanes, dtype=np.int64)  # in the lane
    for start in range(0, count, lanes):
        for site in range(sites):
            along, back = factors[site]
            waiting = min(lanes, count - start)
            for j in range(waiting):
                chain[j] = j
                for k in range(3):
                    axes[k, j] = here[k, j]
                    fields[k, j] = along * here[k, j] + back * before[k, j]
                    before[k, j] = here[k, j]
            rounds = 0
            while waiting > 0 and rounds < _MOST_ROUNDS:
                rounds += 1
                _propose(fields, axes, waiting, states, drawn, cosines, coins)
                draws[site] += waiting
                rejected = 0
                for j in range(waiting):
                    n = chain[j]
                    if coins[j] < acceptance(tables[site], cosines[j]):
                        for k in range(3):
                            here[k, n] = spins[start + n, site, k] = drawn[k, j]
                    else:
                        chain[rejected] = n
                        for k in range(3):
                            axes[k, rejected], fields[k, rejected] = axes[k, j], fields[k, j]
                        rejected += 1
                waiting = rejected
            if waiting > 0:
                draws[site] = -1
                return draws
    return draws
