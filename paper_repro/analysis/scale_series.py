"""How the data follow the scale of the fitted law, snapshot by snapshot: what shows a change of temperature.

    s_n = Σ_i q_{n,i},     q_{n,i} = θ·ψ_{n,i} = |∇_i Σ_k θ_k φ_k|² + Δ_i Σ_k θ_k φ_k

has mean zero at the temperature of the fit, and -ε θ·G·θ / N in snapshots at β (1 + ε). The products q_i q_j of sites that no
term joins have mean zero too, as long as all snapshots are of one temperature (``run_blocks``): where there are several they share
a sign.
"""

from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np

from paper_repro.analysis.shares import Share, shares
from paper_repro.analysis.site_contributions import joined_sites
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.parallel import in_order
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots


@attrs.frozen(eq=False)
class ScaleSeries:
    """s_n (snapshot,), in the order of the runs, whose ``lengths`` are (run,).

    ``exponents`` (snapshot,) are U = Σ_k θ_k φ_k = -βH, ``forces`` (snapshot,) |∇U|².
    ``apart`` (snapshot,) is Σ q_i q_j over the sites of a snapshot that no term joins, ``apart_of_runs`` (run,) the same of the
    sums of q_i along each run; both are 0 on systems where every two sites are joined. ``between_runs`` (pair,) is Σ_i q_i q'_i,
    less the means of the sites, of the last snapshot of a run and the first of the next; of mean zero where runs are independent.
    """

    values: Floats
    lengths: Integers
    exponents: Floats
    forces: Floats
    apart: Floats
    apart_of_runs: Floats
    between_runs: Floats


def _apart(q: Floats, joined: Any) -> Floats:
    """Return Σ q_i q_j (row,) over sites of q (row, site) that are not joined."""
    around: Floats = (joined @ q.T).T
    result: Floats = q.sum(1) ** 2 - (q * around).sum(1)
    return result


def scale_series(data: Iterable[Snapshots], terms: Terms, theta: Floats, threads: int = 1) -> ScaleSeries:
    """Return the series of all snapshots at the couplings θ (term,); raises ``ValueError`` where there is no snapshot."""

    def of_share(share: Share) -> tuple[Share, Floats, Floats, Floats, Any]:
        bound, spins = share.snapshots.bind(terms), share.snapshots.spins
        squares = ((bound.gradients(spins) @ theta) ** 2).sum(-1)
        q = squares + bound.laplacians(spins) @ theta
        return share, q, bound.values(spins) @ theta, squares.sum(-1), joined_sites(bound)

    values, exponents, forces, apart, lengths, apart_of_runs, between = [], [], [], [], [], [], []
    run, count = np.zeros(0), 0
    for share, q, exponent, force, joined in in_order(of_share, shares(data), threads):
        values.append(q.sum(1))
        exponents.append(exponent)
        forces.append(force)
        apart.append(_apart(q, joined))
        if share.whole:
            lengths += share.lengths.tolist()
            starts = np.cumsum(share.lengths)[:-1]
            own = q - q.mean(0)  # a term that the library lacks gives all snapshots something in common
            between.append((own[starts - 1] * own[starts]).sum(1))
            apart_of_runs.append(_apart(np.add.reduceat(q, np.cumsum(share.lengths) - share.lengths, axis=0), joined))
            continue
        run, count = q.sum(0) + (run if count else 0), count + len(q)
        if share.last:
            lengths.append(count)
            apart_of_runs.append(_apart(run[None], joined))
            count = 0
    if not values:
        raise ValueError("no snapshots; expected some")
    return ScaleSeries(
        np.concatenate(values), np.array(lengths), np.concatenate(exponents), np.concatenate(forces), np.concatenate(apart),
        np.concatenate(apart_of_runs), np.concatenate([np.zeros(0), *between]),
    )  # fmt: skip
