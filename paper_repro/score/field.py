"""A trained network as a field: the force on any sequence at one diffusion time, and the score of one sequence at any time."""

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.numerics.arguments import checked_arguments, require_fields
from paper_repro.physics.sphere import require_unit
from paper_repro.score.model import ScoreModel, divergence_of, interaction_of, place_of
from paper_repro.score.weights import WeightsInfo

Floats = npt.NDArray[np.floating[Any]]


def as_batch(
    species: npt.NDArray[Any], spins: torch.Tensor, time: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the network's arguments (species, spins, time, mask) for snapshots (snapshot, site, 3) of one sequence (site,)."""
    count, sites = spins.shape[:2]
    device = spins.device
    repeated = torch.as_tensor(np.asarray(species, dtype=np.int64)).to(device).expand(count, sites)
    times = torch.full((count,), time, dtype=spins.dtype, device=device)
    return repeated, spins, times, torch.ones(count, sites, dtype=torch.bool, device=device)


def extrapolation(times: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return the weights (time,) of the values at ``times`` in the value at 0 of the polynomial through them.

    Π_{m≠k} t_m / (t_m - t_k): 1 for one time, (t₂, -t₁) / (t₂ - t₁) for two.
    """
    return np.array([math.prod(other / (other - time) for other in times if other != time) for time in times])


@attrs.frozen
class NetworkForce:
    """The frozen network near t = 0: (species (site,), spins (snapshot, site, 3)) → force (snapshot, site, 3).

    Evaluated at the diffusion times ``times``; of several, the polynomial through them is extrapolated to t = 0: the score at t > 0
    is that of a smoothed density, smaller than the force by a part in proportion to t while t is small. Dimensionless: β times the
    force for a perfect network; computed in the precision of the network's weights, returned in float64.

    >>> import torch
    >>> def along_z(species, spins, time, mask):  # the score of free spins in a field β h = 2 along z
    ...     field = torch.tensor([0.0, 0.0, 2.0], dtype=spins.dtype).expand_as(spins)
    ...     return field - (field * spins).sum(-1, keepdim=True) * spins
    >>> pr.NetworkForce(along_z, times=(0.01,))(np.array([0]), np.array([[[1.0, 0.0, 0.0]]]))
    array([[[0., 0., 2.]]])
    """

    model: ScoreModel
    times: tuple[float, ...]

    def __attrs_post_init__(self) -> None:
        """Raise ``InputError`` for what is no model, and times that are no numbers."""
        require_fields(self)

    def _evaluate(self, method: Any, species: npt.NDArray[Any], spins: Floats) -> Floats:
        require_unit(spins)
        device, dtype = place_of(self.model)
        at = torch.as_tensor(spins).to(device, dtype)
        with torch.inference_mode():
            answers = [method(*as_batch(species, at, time)).double().cpu().numpy() for time in self.times]
        answer: Floats = np.tensordot(extrapolation(self.times), np.stack(answers), 1) if len(answers) > 1 else answers[0]
        return answer

    def __call__(self, species: npt.NDArray[Any], spins: Floats) -> Floats:
        """Return the score, tangent to each spin; raises ``ValueError`` for spins that are not unit vectors."""
        return self._evaluate(self.model, species, spins)

    def interaction(self, species: npt.NDArray[Any], spins: Floats) -> Floats:
        """Return W (snapshot, site, site); raises ``ValueError`` for a model that has none."""
        method = interaction_of(self.model)
        if method is None:
            raise ValueError("the model has no method 'interaction'; expected one that returns W")
        return self._evaluate(method, species, spins)


@checked_arguments
def force_of(model: ScoreModel, info: WeightsInfo, query_times: tuple[float, ...]) -> NetworkForce:
    """Return a loaded network as a force field at the query times of its file, or at ``query_times`` where it states none.

    >>> spec = pr.load_spec(pr.specs_folder() / "smoke.toml").record
    >>> force = pr.force_of(*pr.load_weights("golden/weights/smoke-seed-0.safetensors"), spec.inversion.query_times)
    >>> force.times
    (0.0001,)
    """
    return NetworkForce(model, info.query_times or query_times)


@attrs.frozen
class NetworkScore:
    """The network on one sequence, at any diffusion time: spins (configuration, site, 3) in the precision of its weights.

    The result is on the device of the model.

    >>> import torch
    >>> def along_z(species, spins, time, mask):  # the score of free spins in a field β h = 2 along z
    ...     field = torch.tensor([0.0, 0.0, 2.0], dtype=spins.dtype).expand_as(spins)
    ...     return field - (field * spins).sum(-1, keepdim=True) * spins
    >>> score = pr.NetworkScore(along_z, np.array([0]))
    >>> score.divergence(torch.tensor([[[0.0, 0.0, 1.0]]], dtype=torch.float64), 0.01).tolist()
    [-4.0]
    """

    model: ScoreModel
    species: npt.NDArray[Any]

    def __attrs_post_init__(self) -> None:
        """Raise ``InputError`` for what is no model, and species that are no array."""
        require_fields(self)

    def __call__(self, spins: torch.Tensor, time: float) -> torch.Tensor:
        """Return the score, of the shape of ``spins``."""
        answer: torch.Tensor = self.model(*as_batch(self.species, spins.to(place_of(self.model)[0]), time))
        return answer

    def divergence(self, spins: torch.Tensor, time: float) -> torch.Tensor:
        """Return the divergence of the score (configuration,)."""
        species, at, times, _ = as_batch(self.species, spins.to(place_of(self.model)[0]), time)
        return divergence_of(self.model, species, at, times)
