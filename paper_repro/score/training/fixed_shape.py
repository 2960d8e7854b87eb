"""Training batches of one fixed shape, for a GPU, on which the time of a step is that of starting its kernels.

All snapshots are on the device, padded to the longest chain; a batch is gathered there, and its noise drawn there. Its forward and
backward pass have the same shapes at every step, so that on a GPU they are recorded once, as a CUDA graph, and replayed. The last
batch of an epoch is filled up with chains of weight 0. Nothing but the loss and the norm of the gradient leaves the device.
"""

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.score.training.batches import Batches, EpochPlan, Noised, place_of_step

_WARM_UP = 3  # passes before the recording, in which the libraries choose their kernels and take their memory


@attrs.frozen
class DeviceChains:
    """Training data on a device: ``species`` and ``mask`` (chain, site), ``spins`` (chain, snapshot, site, 3) in float32.

    Chains are padded to the longest, and to the largest number of snapshots; the padding is never used.
    """

    species: torch.Tensor
    mask: torch.Tensor
    spins: torch.Tensor

    def batch(self, chains: npt.NDArray[np.int64], snapshots: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return species, clean spins (chain, site, 3) and mask of some chains, one snapshot each."""
        rows = torch.from_numpy(chains).to(self.spins.device, non_blocking=True)
        picked = torch.as_tensor(snapshots, dtype=torch.int64).to(self.spins.device, non_blocking=True)
        return self.species[rows], self.spins[rows, picked], self.mask[rows]


def on_device(species: Sequence[npt.NDArray[Any]], spins: Sequence[npt.NDArray[Any]], device: torch.device) -> DeviceChains:
    """Return training data, a sequence (site,) and its snapshots (snapshot, site, 3) for each chain, on a device."""
    longest, most = max(map(len, species)), max(map(len, spins))
    padded = np.zeros((len(species), longest), dtype=np.int64)
    mask = np.zeros((len(species), longest), dtype=bool)
    values = np.zeros((len(species), most, longest, 3), dtype=np.float32)
    for row, (of_chain, snapshots) in enumerate(zip(species, spins, strict=True)):
        padded[row, : len(of_chain)], mask[row, : len(of_chain)] = of_chain, True
        values[row, : len(snapshots), : len(of_chain)] = snapshots
    return DeviceChains(*(torch.from_numpy(array).to(device) for array in (padded, mask, values)))


def filled(batch: Noised, chains: int, sites: int) -> Noised:
    """Return a batch of ``chains`` × ``sites``: shorter chains padded, missing chains copies of the first with weight 0.

    A copy keeps its own mask, for attention needs a valid key; its weight is 0, and ``valid_components`` does not count it.
    """
    rows, length = batch.mask.shape
    of_row = torch.arange(chains, device=batch.mask.device)
    of_row = torch.where(of_row < rows, of_row, torch.zeros_like(of_row))

    def padded(tensor: torch.Tensor) -> torch.Tensor:
        widths = (0, 0) * (tensor.dim() - 2) + (0, sites - length)
        return torch.nn.functional.pad(tensor, widths)[of_row]

    weight = torch.where(torch.arange(chains, device=of_row.device) < rows, batch.weight[of_row], 0.0)
    return Noised(padded(batch.species), padded(batch.spins), padded(batch.target), batch.time[of_row], weight, padded(batch.mask))


def weighted_squares(model: torch.nn.Module, batch: Noised) -> torch.Tensor:
    """Return Σ w |s - target|² over the valid spins of a batch: its loss is this over three times their number."""
    score = model(batch.species, batch.spins, batch.time, batch.mask)
    squared = ((score - batch.target) ** 2).sum(-1) * batch.weight[:, None]
    return torch.where(batch.mask, squared, torch.zeros_like(squared)).sum()


class FixedShapeBatches:
    """The batches of one training, gathered and noised on a device: those of ``Batches`` with other random numbers in the noise."""

    def __init__(self, batches: Batches, device: torch.device) -> None:
        """Take all training data to the device."""
        self.batches, self.device = batches, device
        self.data = on_device(batches.data.species, batches.data.spins, device)
        self._plan: EpochPlan | None = None

    def __call__(self, step: int) -> Noised:
        """Return the batch of a step."""
        made = self.batches
        epoch, within = place_of_step(made.data, made.training, step)
        if self._plan is None or self._plan.epoch != epoch:
            self._plan = EpochPlan.at(made.data, made.training, made.seed, epoch)
        clean = self.data.batch(*self._plan.batch(within, made.training.clean_batch))
        return made.noised(clean, made.generator(step, self.device))


class FixedShapeGradient:
    """Leaves the gradient of a batch in the parameters of a network, by passes of one shape: recorded on a GPU, plain elsewhere.

    The result is that of ``gradient.loss_and_gradient`` but for rounding.
    """

    def __init__(self, model: torch.nn.Module, chains: int, sites: int) -> None:
        """Serve batches of up to ``chains`` chains of up to ``sites`` sites."""
        self.model, self.chains, self.sites = model, chains, sites
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: Noised | None = None
        self._value: torch.Tensor | None = None

    def __call__(self, batch: Noised) -> torch.Tensor:
        """Return the loss of a batch, a number on its device."""
        components = 3 * batch.mask.sum()
        whole = filled(batch, self.chains, self.sites)
        value = self._replayed(whole) if whole.mask.is_cuda else self._passed(whole)
        gradients = [parameter.grad for parameter in self.model.parameters() if parameter.grad is not None]
        torch._foreach_div_(gradients, components)
        return value / components

    def _passed(self, batch: Noised) -> torch.Tensor:
        for parameter in self.model.parameters():
            parameter.grad = None
        value = weighted_squares(self.model, batch)
        value.backward()  # type: ignore[no-untyped-call]
        return value.detach()

    def _replayed(self, batch: Noised) -> torch.Tensor:
        if self._graph is None or self._inputs is None or self._value is None:
            return self._recorded(batch)
        for field in attrs.fields(Noised):
            getattr(self._inputs, field.name).copy_(getattr(batch, field.name))
        self._graph.replay()
        return self._value.clone()

    def _recorded(self, batch: Noised) -> torch.Tensor:
        """Record the passes on the first batch, and replay them on it."""
        self._inputs = Noised(*(getattr(batch, field.name).clone() for field in attrs.fields(Noised)))
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                self._passed(self._inputs)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        for parameter in self.model.parameters():
            parameter.grad = None
        with torch.cuda.graph(self._graph):
            self._value = weighted_squares(self.model, self._inputs)
            self._value.backward()  # type: ignore[no-untyped-call]
        return self._replayed(batch)
