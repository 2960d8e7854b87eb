"""Batches of training data: which chains and snapshots a step takes, at which times, with which noise."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.numerics.streams import training_generator
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score import diffusion
from paper_repro.spec import Diffusion, Training


@attrs.frozen
class TrainingData:
    """Training data: of each sequence the species (site,), integers, and the snapshots (snapshot, site, 3) in float32."""

    species: Sequence[npt.NDArray[Any]]
    spins: Sequence[npt.NDArray[Any]]

    @classmethod
    def of(cls, snapshots: Iterable[Snapshots]) -> "TrainingData":
        """Return the data of many sequences, in single precision, in which the network is trained."""
        pairs = [(one.species, one.spins.astype(np.float32)) for one in snapshots]
        return cls([species for species, _ in pairs], [spins for _, spins in pairs])


def clean_batch(training: Training) -> int:
    """Return the number of chains that a batch takes from the data: half of it where each is noised twice."""
    return training.batch // 2 if training.noise == "antithetic" else training.batch


def steps_in_all(sequences: int, training: Training) -> int:
    """Return the number of optimiser steps: epochs × batches, the last batch of an epoch possibly smaller."""
    return training.epochs * math.ceil(sequences / clean_batch(training))


def _snapshots_of(data: TrainingData, seed: int, epoch: int, *, cyclic: bool) -> list[int]:
    """Return which snapshot of each sequence an epoch takes: a random one, or the next, from a random first.

    Cyclic, each snapshot is taken once before any is taken again: ten epochs with replacement miss a third of ten.
    """
    shares = training_generator(seed, "snapshot", 0 if cyclic else epoch).random(len(data.species))
    return [
        (int(share * len(spins)) + (epoch if cyclic else 0)) % len(spins) for share, spins in zip(shares, data.spins, strict=True)
    ]


def batch_at(data: TrainingData, training: Training, seed: int, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return species (chain, site), clean spins (chain, site, 3) and mask (chain, site) of one step, padded to its longest chain.

    Each epoch visits every sequence once, in an order of its own, with one snapshot each.
    """
    count, size = len(data.species), clean_batch(training)
    epoch, within = divmod(step, math.ceil(count / size))
    order = training_generator(seed, "order", epoch).permutation(count)
    snapshots = _snapshots_of(data, seed, epoch, cyclic=training.snapshots == "cyclic")
    chosen = order[within * size : (within + 1) * size]
    longest = max(len(data.species[index]) for index in chosen)
    species = np.zeros((len(chosen), longest), dtype=np.int64)
    spins = np.zeros((len(chosen), longest, 3), dtype=np.float32)
    mask = np.zeros((len(chosen), longest), dtype=bool)
    for row, index in enumerate(chosen):
        length = len(data.species[index])
        species[row, :length] = data.species[index]
        spins[row, :length] = data.spins[index][snapshots[index]]
        mask[row, :length] = True
    return torch.from_numpy(species), torch.from_numpy(spins), torch.from_numpy(mask)


def noise_generator(seed: int, step: int) -> torch.Generator:
    """Return the generator of the times and the noise of one step."""
    return torch.Generator().manual_seed(int(training_generator(seed, "noise", step).integers(2**63)))


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
