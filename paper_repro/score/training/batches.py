"""Batches of training data: which chains and snapshots a step takes, at which times, with which noise."""

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.numerics.streams import training_generator
from paper_repro.score import diffusion
from paper_repro.spec import Diffusion, Training


@attrs.frozen
class Chains:
    """Training data: for each sequence its codes (site,) and snapshots (snapshot, site, 3)."""

    codes: Sequence[npt.NDArray[Any]]
    spins: Sequence[npt.NDArray[Any]]


def clean_batch(training: Training) -> int:
    """Return the number of chains that a batch takes from the data: half of it where each is noised twice."""
    return training.batch // 2 if training.noise == "antithetic" else training.batch


def steps_in_all(sequences: int, training: Training) -> int:
    """Return the number of optimiser steps: epochs × batches, the last batch of an epoch possibly smaller."""
    return training.epochs * math.ceil(sequences / clean_batch(training))


def _snapshots_of(chains: Chains, seed: int, epoch: int, *, cyclic: bool) -> list[int]:
    """Return which snapshot of each sequence an epoch takes: a random one, or the next, from a random first.

    Cyclic, each snapshot is taken once before any is taken again: ten epochs with replacement miss a third of ten.
    """
    shares = training_generator(seed, "snapshot", 0 if cyclic else epoch).random(len(chains.codes))
    return [
        (int(share * len(spins)) + (epoch if cyclic else 0)) % len(spins) for share, spins in zip(shares, chains.spins, strict=True)
    ]


def batch_at(chains: Chains, training: Training, seed: int, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return codes (chain, site), clean spins (chain, site, 3) and mask (chain, site) of one step, padded to its longest chain.

    Each epoch visits every sequence once, in an order of its own, with one snapshot each.
    """
    count, size = len(chains.codes), clean_batch(training)
    epoch, within = divmod(step, math.ceil(count / size))
    order = training_generator(seed, "order", epoch).permutation(count)
    snapshots = _snapshots_of(chains, seed, epoch, cyclic=training.snapshots == "cyclic")
    chosen = order[within * size : (within + 1) * size]
    longest = max(len(chains.codes[index]) for index in chosen)
    codes = np.zeros((len(chosen), longest), dtype=np.int64)
    spins = np.zeros((len(chosen), longest, 3), dtype=np.float32)
    mask = np.zeros((len(chosen), longest), dtype=bool)
    for row, index in enumerate(chosen):
        length = len(chains.codes[index])
        codes[row, :length] = chains.codes[index]
        spins[row, :length] = chains.spins[index][snapshots[index]]
        mask[row, :length] = True
    return torch.from_numpy(codes), torch.from_numpy(spins), torch.from_numpy(mask)


def noise_generator(seed: int, step: int) -> torch.Generator:
    """Return the generator of the times and the noise of one step."""
    return torch.Generator().manual_seed(int(training_generator(seed, "noise", step).integers(2**63)))


@attrs.frozen
class Noised:
    """A batch as the network sees it: codes, mask (chain, site), noisy spins and target (chain, site, 3), time, weight (chain,)."""

    codes: torch.Tensor
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
    codes, clean, mask = batch
    time = diffusion.draw_times(len(codes), settings, generator)
    noisy = torch.where(mask[..., None], diffusion.add_noise(clean, time, settings, generator), 0.0)
    wanted = diffusion.target(noisy, clean, time, settings)
    if antithetic:
        noisy, wanted = (torch.cat([vector, diffusion.opposite(clean, vector)]) for vector in (noisy, wanted))
        codes, time, mask = (torch.cat([same, same]) for same in (codes, time, mask))
    return Noised(codes, noisy, wanted, time, diffusion.weight(time, settings), mask)
