"""Score models: what a network, of this project or of another, must answer and what it may answer besides.

A model is called as ``model(species, spins, time, mask)`` with tensors (chain, site), (chain, site, 3), (chain,) and (chain, site)
and returns the score ∇ ln p_t (chain, site, 3), tangent to each spin. Two more methods are used where it has them:
``interaction`` with the same arguments, W (chain, site, site) with score_i = (I - S_i S_iᵀ) Σ_j W_ij S_j, and
``divergence(species, spins, time)`` of its score (chain,), for chains without padding; else it is differentiated.
"""

from collections.abc import Callable
from typing import Protocol, cast, runtime_checkable

import torch

from paper_repro.physics import sphere
from paper_repro.score.divergence import score_divergence
from paper_repro.score.pairformer import Pairformer

Answer = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


@runtime_checkable
class ScoreModel(Protocol):
    """A score as a function of species, spins, diffusion time and mask."""

    def __call__(self, species: torch.Tensor, spins: torch.Tensor, time: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the score (chain, site, 3) at ``spins``."""


def interaction_of(model: ScoreModel) -> Answer | None:
    """Return what gives a model's W, or None where it has none."""
    found = getattr(model, "interaction", None)
    return cast(Answer, found) if callable(found) else None


def divergence_of(model: ScoreModel, species: torch.Tensor, spins: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """Return the divergence (chain,) of a model's score at ``spins`` (chain, site, 3), chains without padding."""
    if isinstance(model, Pairformer):
        return score_divergence(model, species, spins, time)
    own = getattr(model, "divergence", None)
    if callable(own):
        return cast(torch.Tensor, own(species, spins, time))
    mask = torch.ones_like(species, dtype=torch.bool)
    return sphere.divergence(lambda x: model(species, x, time, mask), spins)


def place_of(model: ScoreModel) -> tuple[torch.device, torch.dtype]:
    """Return the device and the precision in which a model computes: those of its first parameter; the processor and float64."""
    parameters = getattr(model, "parameters", None)
    first = next(iter(parameters()), None) if callable(parameters) else None
    return (torch.device("cpu"), torch.float64) if first is None else (first.device, first.dtype)
