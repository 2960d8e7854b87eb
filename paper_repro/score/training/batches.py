"""Batches of training data: which chains and snapshots a step takes, at which times, with which noise."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.numerics.streams import training_generator
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score import diffusion
from paper_repro.spec import Diffusion, Training


@attrs.frozen(eq=False)
class TrainingData:
    """Training data: of each sequence the species (site,), integers, and the snapshots (snapshot, site, 3) in float32."""

    species: Sequence[npt.NDArray[Any]]
    spins: Sequence[npt.NDArray[Any]]

    @classmethod
    def of(cls, snapshots: Iterable[Snapshots]) -> "TrainingData":
        """Return the data of many sequences, in single precision, in which the network is trained."""
        pairs = [(one.species, one.spins.astype(np.float32)) for one in snapshots]
        return cls([species for species, _ in pairs], [spins for _, spins in pairs])


def _snapshots_of(data: TrainingData, seed: int, epoch: int, *, cyclic: bool) -> list[int]:
    """Return which snapshot of each sequence an epoch takes: a random one, or the next, from a random first.

    Cyclic, each snapshot is taken once before any is taken again: ten epochs with replacement miss a third of ten.
    """
    shares = training_generator(seed, "snapshot", 0 if cyclic else epoch).random(len(data.species))
    return [
        (int(share * len(spins)) + (epoch if cyclic else 0)) % len(spins) for share, spins in zip(shares, data.spins, strict=True)
    ]


@attrs.frozen(eq=False)
class EpochPlan:
    """The order in which an epoch takes the sequences, and which snapshot of each sequence it takes."""

    epoch: int
    order: npt.NDArray[np.int64]
    snapshots: list[int]

    @classmethod
    def at(cls, data: TrainingData, training: Training, seed: int, epoch: int) -> Self:
        """Return the plan of an epoch, which visits every sequence once."""
        order = training_generator(seed, "order", epoch).permutation(len(data.species))
        return cls(epoch, order, _snapshots_of(data, seed, epoch, cyclic=training.snapshots == "cyclic"))

    def batch(self, within: int, size: int) -> tuple[npt.NDArray[np.int64], list[int]]:
        """Return the sequences of a batch of the epoch, and the snapshot of each."""
        chosen = self.order[within * size : (within + 1) * size]
        return chosen, [self.snapshots[index] for index in chosen]


def place_of_step(data: TrainingData, training: Training, step: int) -> tuple[int, int]:
    """Return the epoch of a step, and which of its batches it takes."""
    return divmod(step, training.steps_in_epoch(len(data.species)))


def batch_at(data: TrainingData, training: Training, seed: int, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return species (chain, site), clean spins (chain, site, 3) and mask (chain, site) of a step, padded to its longest chain."""
    epoch, within = place_of_step(data, training, step)
    chosen, snapshots = EpochPlan.at(data, training, seed, epoch).batch(within, training.clean_batch)
    longest = max(len(data.species[index]) for index in chosen)
    species = np.zeros((len(chosen), longest), dtype=np.int64)
    spins = np.zeros((len(chosen), longest, 3), dtype=np.float32)
    mask = np.zeros((len(chosen), longest), dtype=bool)
    for row, (index, snapshot) in enumerate(zip(chosen, snapshots, strict=True)):
        length = len(data.species[index])
        species[row, :length] = data.species[index]
        spins[row, :length] = data.spins[index][snapshot]
        mask[row, :length] = True
    return torch.from_numpy(species), torch.from_numpy(spins), torch.from_numpy(mask)


@attrs.frozen
class Noised:
    """A noised batch: species, mask (chain, site), noisy spins and target (chain, site, 3), time and weight (chain,)."""

    species: torch.Tensor
    spins: torch.Tensor
    target: torch.Tensor
    time: torch.Tensor
    weight: torch.Tensor
    mask: torch.Tensor

    def to(self, device: torch.device) -> "Noised":
        """Return the batch on a device."""
        return Noised(*(getattr(self, field.name).to(device) for field in attrs.fields(Noised)))


def noised(
    batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    settings: Diffusion,
    generator: torch.Generator,
    *,
    antithetic: bool = False,
) -> Noised:
    """Return a batch of ``batch_at`` at random times, with random noise, from ``generator``; all of it twice where ``antithetic``.

    The second half then has the opposite noise at the same times: terms odd in the noise cancel in the gradient.
    """
    species, clean, mask = batch
    time = diffusion.draw_times(len(species), settings, generator)
    noisy = torch.where(mask[..., None], diffusion.add_noise(clean, time, settings, generator), 0.0)
    wanted = diffusion.target(noisy, clean, time, settings)
    if antithetic:
        noisy, wanted = (torch.cat([vector, diffusion.opposite(clean, vector)]) for vector in (noisy, wanted))
        species, time, mask = (torch.cat([same, same]) for same in (species, time, mask))
    return Noised(species, noisy, wanted, time, diffusion.weight(time, settings), mask)


@attrs.frozen(eq=False)
class Batches:
    """The noised batches of one training, by step: pure functions of the data, the recipe, the seed and the step."""

    data: TrainingData
    settings: Diffusion
    training: Training
    seed: int

    def generator(self, step: int, device: torch.device | None = None) -> torch.Generator:
        """Return the generator of the noise of a step; those of different devices draw different numbers."""
        key = int(training_generator(self.seed, "noise", step).integers(2**63))
        return torch.Generator(device or "cpu").manual_seed(key)

    def noised(self, clean: tuple[torch.Tensor, torch.Tensor, torch.Tensor], generator: torch.Generator) -> Noised:
        """Return a clean batch with the noise of the recipe, twice where that is antithetic."""
        return noised(clean, self.settings, generator, antithetic=self.training.noise == "antithetic")

    def __call__(self, step: int) -> Noised:
        """Return the batch of a step, made on the processor."""
        return self.noised(batch_at(self.data, self.training, self.seed, step), self.generator(step))
