"""Is a library enough? A score test of what it leaves out, with a stated level.

At the fit of the library alone the equations of each left-out term a are read: the score u_a = -Σ ψ_a, which has mean zero where
the library is right. What the fitted couplings take up is projected out exactly,

    θ_a = (u_a - G_aL G_LL⁻¹ u_L) / (G_aa - G_aL G_LL⁻¹ G_La),      u_L = 0 at the fit

(Rao's test), so that no data need be held out: θ_a is the first step towards the coupling that a would have were it added alone.
Its covariance has the units of the fit: sites that a term joins, blocks along runs. The smallest of the probabilities of Student's
t, times the number of alternatives (Bonferroni), is that of the library; alternatives are named by Holm's method.
"""

from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt
from scipy import stats

from paper_repro.analysis.alternatives import alternatives
from paper_repro.analysis.coupling_fit import RunCorrelation, positive, sums_of_block
from paper_repro.analysis.identifiability import shortest
from paper_repro.analysis.site_contributions import contributions, equations
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms import Biquadratic, Exchange, PairTerm, Term, Terms
from paper_repro.sampling.snapshots import Snapshots

Verdict = Literal["adequate", "inadequate", "undecided"]

LEVEL = 0.01
#: An adequate library is one in whose data a reference term of this fraction of the largest exchange would be seen with probability
#: ``_POWER``.
_EFFECT, _POWER = 0.05, 0.95
#: What is left of the gradient of a term that the library already has, in rounding.
_SPANNED = 1e-9
#: Systems, and random snapshots of each, that distinguish identical functions from functions that agree on the data.
_SYSTEMS, _RANDOM = 8, 16


@attrs.frozen
class Alternative:
    """A term that the library leaves out, looked at alone.

    ``estimate`` and ``error`` are of θ = β × coupling, ``p`` is its own two-sided probability, ``named`` whether it is claimed to
    be missing at the level of the test (Holm). ``force`` is the fraction of the mean square force that it would add, and
    ``detectable`` the |θ| that would be seen with probability 0.95.
    """

    name: str
    estimate: float
    error: float
    p: float
    named: bool
    force: float
    detectable: float


@attrs.frozen
class Adequacy:
    """The verdict on a library at ``level``: ``p`` is the probability of data as far from it or farther, were it right.

    ``inadequate``: p < level. ``adequate``: p ≥ level, and the data would show a ``reference`` term of 5 % of the largest exchange
    with probability 0.95. ``undecided``: the data are too few for that; ``needed`` is about how many times as many would do,
    infinite where the data hide terms that are looked for, such as powers of a cosine that is 1 in all of them.
    ``alternatives`` are in the order of their probabilities.
    """

    verdict: Verdict
    p: float
    level: float
    reference: str | None
    needed: float
    alternatives: tuple[Alternative, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the alternatives that point to what is missing, the clearest first."""
        return tuple(row.name for row in self.alternatives if row.named)


def adequacy(
    data: Sequence[Snapshots],
    terms: Terms,
    correlation: RunCorrelation,
    others: Sequence[Term] | None = None,
    level: float = LEVEL,
    threads: int = 1,
) -> Adequacy:
    """Return whether a library is enough for the data; ``correlation`` along their runs is that of its fit.

    ``others`` are what is looked for, ``alternatives`` of the library where None. Raises ``ValueError`` as ``fit_couplings``.
    """
    sought = alternatives(terms, [snapshots.geometry for snapshots in data]) if others is None else tuple(others)
    both = terms.with_terms(sought)
    system, fitted = equations(data, both, threads), len(terms)
    inner, cross = system.gram[:fitted, :fitted], system.gram[:fitted, fitted:]
    theta = np.zeros(len(both))
    theta[:fitted] = np.linalg.solve(inner, system.drive[:fitted])
    taken = np.linalg.solve(inner, cross)
    left = np.diagonal(system.gram)[fitted:] - (cross * taken).sum(0)
    apart = _apart(system.gram, left)
    free = np.flatnonzero(apart)
    if not len(free):
        return Adequacy("undecided", 1.0, level, None, np.inf, ())
    combine = np.zeros((len(both), len(free)))
    combine[:fitted] = -taken[:, free]
    combine[fitted + free, np.arange(len(free))] = 1.0
    combine /= -left[free]
    found = contributions(data, both, theta, combine, threads)
    sums = sums_of_block(found, correlation.block)
    errors = np.sqrt(np.diagonal(positive(sums)) * _scale(sums.units, fitted))
    estimates = (system.drive - system.gram @ theta)[fitted + free] / left[free]
    force = left[free] / (theta @ system.gram @ theta)
    rows = _rows([sought[k] for k in free], estimates, errors, sums.degrees, force, level)
    judged = _judged(rows, [sought[k] for k in free], terms, theta[:fitted], level)
    if judged.verdict == "adequate" and (~apart & _apart_on_random_spins(data, both, fitted)).any():
        return attrs.evolve(judged, verdict="undecided", reference=None, needed=np.inf)  # such data hide what is looked for
    return judged


def _apart(gram: Floats, left: Floats) -> npt.NDArray[np.bool_]:
    """Return of which of the last terms more than rounding is ``left`` (term,) of the gradient."""
    result: npt.NDArray[np.bool_] = left > _SPANNED * np.maximum(np.diagonal(gram)[-len(left) :], 1e-300)
    return result


def _apart_on_random_spins(data: Sequence[Snapshots], terms: Terms, fitted: int) -> npt.NDArray[np.bool_]:
    """Return which terms after the ``fitted`` ones are no combination of these on some of the systems with random spins."""
    generator = np.random.default_rng(0)
    some = []
    for part in data[:_SYSTEMS]:
        spins = normalise(generator.standard_normal((_RANDOM, part.sites, 3)))
        some.append(attrs.evolve(part, spins=spins, run=np.zeros(_RANDOM, dtype=np.int64)))
    gram = equations(some, terms).gram
    cross = gram[:fitted, fitted:]
    return _apart(gram, np.diagonal(gram)[fitted:] - (cross * shortest(gram[:fitted, :fitted], cross)).sum(0))


def _scale(units: int, fitted: int) -> float:
    """Return the factor for the fitted contributions summing to zero."""
    return units / max(units - fitted, 1)


def _rows(
    sought: Sequence[Term], estimates: Floats, errors: Floats, degrees: Floats, force: Floats, level: float
) -> tuple[Alternative, ...]:
    p: Floats = 2 * np.asarray(stats.t.sf(np.abs(estimates) / errors, degrees))
    order = np.argsort(p, kind="stable")
    claimed = np.zeros(len(p), dtype=bool)
    for rank, k in enumerate(order):
        if p[k] * (len(p) - rank) >= level:
            break
        claimed[k] = True
    seen: Floats = np.asarray(stats.t.isf(level / len(p) / 2, degrees) + stats.t.ppf(_POWER, degrees))
    return tuple(
        Alternative(
            name=sought[k].name,
            estimate=float(estimates[k]),
            error=float(errors[k]),
            p=float(p[k]),
            named=bool(claimed[k]),
            force=float(force[k] * estimates[k] ** 2),
            detectable=float(seen[k] * errors[k]),
        )
        for k in order
    )


def _judged(rows: tuple[Alternative, ...], sought: Sequence[Term], terms: Terms, theta: Floats, level: float) -> Adequacy:
    p = min(1.0, rows[0].p * len(rows))
    reference = _reference(sought)
    size = [abs(value) for term, value in zip(terms.terms, theta, strict=True) if isinstance(term, Exchange)]
    if reference is None or not size:
        return Adequacy("inadequate" if p < level else "undecided", p, level, None, np.inf, rows)
    row = next(row for row in rows if row.name == reference.name)
    seen, wanted = row.error * _normal_quantiles(level / len(rows)), _EFFECT * max(size)
    verdict: Verdict = "inadequate" if p < level else "adequate" if row.detectable <= wanted else "undecided"
    needed = float((seen / wanted) ** 2)
    return Adequacy(verdict, p, level, reference.name, needed, rows)


def _normal_quantiles(level: float) -> float:
    """Return how many standard errors a term must have to be seen with probability ``_POWER`` where data are many."""
    return float(stats.norm.isf(level / 2) + stats.norm.ppf(_POWER))


def _reference(sought: Sequence[Term]) -> Term | None:
    """Return the term by which the power is measured: biquadratic exchange, else the first alternative on pairs."""
    pairs = [term for term in sought if isinstance(term, PairTerm)]
    return next((term for term in pairs if isinstance(term, Biquadratic)), pairs[0] if pairs else None)
