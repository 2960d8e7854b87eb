"""What a score model answers besides its score: its own W and its own divergence, each against the score."""

import math
from collections.abc import Sequence
from typing import Any, cast

import attrs
import numpy as np
import torch

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import quotient
from paper_repro.physics import sphere
from paper_repro.physics.sphere import project
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.field import as_batch
from paper_repro.score.model import ScoreModel, place_of
from paper_repro.score.own_code import in_own_code
from paper_repro.score.own_force import OwnForce, numbers_of

#: Systems, and snapshots of each, that are looked at.
_SYSTEMS, _SNAPSHOTS = 20, 2


@attrs.frozen
class OwnInteraction:
    """``within`` is the share of Σ|W| in pairs up to the range of the library.

    ``error`` is the relative RMS difference of (I - S_i S_iᵀ) Σ_j W_ij S_j from the score.
    """

    within: float
    error: float


def own_interaction(force: OwnForce, data: Sequence[Snapshots], reach: int) -> OwnInteraction:
    """Compare W of a model with its score, and read its share in pairs of classes up to ``reach``, on some of the data.

    Raises ``ValueError`` for a W that is not (snapshot, site, site) of finite numbers.
    """
    inside = total = missed = squares = 0.0
    for part in (each.part(slice(_SNAPSHOTS)) for each in data[:_SYSTEMS]):
        w = force.interaction(part.species, part.spins)
        _require(w, (len(part), part.sites, part.sites), "'interaction'", "(snapshot, site, site)")
        score = attrs.evolve(force, times=force.times[:1])(part.species, part.spins)
        missed += float(((project(part.spins, w @ part.spins) - score) ** 2).sum())
        squares += float((score**2).sum())
        first, second = part.geometry.pairs.T
        sizes = np.abs(w[:, first, second])
        total += float(sizes.sum())
        inside += float(sizes[:, part.geometry.classes <= reach].sum())
    return OwnInteraction(quotient(inside, total), math.sqrt(quotient(missed, squares)))


def own_divergence_error(force: OwnForce, data: Sequence[Snapshots]) -> float:
    """Return the relative RMS difference of a model's own divergence from that of its score, differentiated, on some of the data.

    Raises ``ValueError`` for a divergence that is not (snapshot,) of finite numbers.
    """
    missed = squares = 0.0
    for part in (each.part(slice(_SNAPSHOTS)) for each in data[:_SYSTEMS]):
        own, exact = _divergences(force, part)
        _require(own, (len(part),), "'divergence'", "(snapshot,)")
        _require(exact, (len(part),), "the divergence of the score, differentiated,", "(snapshot,)")
        missed, squares = missed + float(((own - exact) ** 2).sum()), squares + float((exact**2).sum())
    return math.sqrt(quotient(missed, squares))


def _require(found: Floats, shape: tuple[int, ...], what: str, axes: str) -> None:
    """Raise ``ValueError`` for an answer of another shape, or with numbers that are not finite."""
    if found.shape != shape:
        raise ValueError(f"{what} answered with shape {found.shape}; expected {shape}, {axes}")
    if not np.isfinite(found).all():
        raise ValueError(f"{what} answered with numbers that are not finite; expected finite numbers {axes}")


def _divergences(force: OwnForce, part: Snapshots) -> tuple[Floats, Floats]:
    """Return a model's own divergence, and that of its score, differentiated."""
    model: Any = force.model
    device, dtype = place_of(cast(ScoreModel, model))
    species, at, time, mask = as_batch(part.species, torch.tensor(part.spins, dtype=dtype, device=device), force.times[0])
    own = in_own_code(force.name, lambda: model.divergence(species, at.clone(), time))
    exact = in_own_code(force.name, lambda: sphere.divergence(lambda x: model(species, x, time, mask), at))
    return numbers_of(own, "'divergence'"), numbers_of(exact, "the divergence of the score, differentiated,")
