"""A trained network as a field: the force on any sequence at one diffusion time, and the score of one sequence at any time."""

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.score.divergence import score_divergence
from paper_repro.score.pairformer import Pairformer

Floats = npt.NDArray[np.floating[Any]]


def as_batch(
    codes: npt.NDArray[Any], spins: torch.Tensor, time: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the network's arguments (codes, spins, time, mask) for snapshots (snapshot, site, 3) of one sequence (site,)."""
    count, sites = spins.shape[:2]
    repeated = torch.as_tensor(np.asarray(codes, dtype=np.int64)).expand(count, sites)
    return repeated, spins, torch.full((count,), time, dtype=spins.dtype), torch.ones(count, sites, dtype=torch.bool)


@attrs.frozen
class NetworkForce:
    """The frozen network at diffusion time ``time``: (codes (site,), spins (snapshot, site, 3)) → force (snapshot, site, 3).

    Dimensionless: β times the force for a perfect network; computed in the precision of the network's weights, returned in float64.
    """

    model: Pairformer
    time: float

    def _ask(self, method: Any, codes: npt.NDArray[Any], spins: Floats) -> Floats:
        dtype = next(self.model.parameters()).dtype
        with torch.inference_mode():
            answer: Floats = method(*as_batch(codes, torch.as_tensor(spins).to(dtype), self.time)).double().numpy()
        return answer

    def __call__(self, codes: npt.NDArray[Any], spins: Floats) -> Floats:
        """Return the score, tangent to each spin."""
        return self._ask(self.model, codes, spins)

    def interaction(self, codes: npt.NDArray[Any], spins: Floats) -> Floats:
        """Return W (snapshot, site, site)."""
        return self._ask(self.model.interaction, codes, spins)


@attrs.frozen
class NetworkScore:
    """The network on one sequence, at any diffusion time: spins (configuration, site, 3) in the precision of its weights."""

    model: Pairformer
    codes: npt.NDArray[Any]

    def __call__(self, spins: torch.Tensor, time: float) -> torch.Tensor:
        """Return the score, of the shape of ``spins``."""
        answer: torch.Tensor = self.model(*as_batch(self.codes, spins, time))
        return answer

    def divergence(self, spins: torch.Tensor, time: float) -> torch.Tensor:
        """Return the divergence of the score (configuration,)."""
        codes, spins, times, _ = as_batch(self.codes, spins, time)
        return score_divergence(self.model, codes, spins, times)
