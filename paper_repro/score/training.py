"""Training by t-weighted denoising score matching (paper, S2 and S3); resumable at any step.

Every random number is keyed by (seed, epoch) or (seed, step), so that a run that was interrupted goes on to the same weights.
"""

import math
import time as clock
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.files import InputError
from paper_repro.score import diffusion
from paper_repro.score.pairformer import Pairformer, build
from paper_repro.score.weights import read_tensors, write_tensors
from paper_repro.spec import Architecture, Diffusion, Training

CHECKPOINT_FORMAT = "paper_repro checkpoint 1"
_CHECKPOINT_SECONDS = 60.0
_ORDER, _SNAPSHOT, _NOISE = 0, 1, 2  # what a random stream is for


class NotFinite(ArithmeticError):
    """The loss or the gradient stopped being a finite number; the last good state is the last checkpoint."""


class CheckpointError(InputError):
    """A checkpoint is damaged, or of another training; training from scratch loses nothing else."""


@attrs.frozen
class Chains:
    """Training data: for each sequence its codes (site,) and snapshots (snapshot, site, 3)."""

    codes: Sequence[npt.NDArray[Any]]
    spins: Sequence[npt.NDArray[Any]]


@attrs.frozen
class Trained:
    """A trained network and the loss at every step (step,)."""

    model: Pairformer
    losses: npt.NDArray[np.float64]


def _stream(seed: int, purpose: int, index: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, index)))


def steps_in_all(sequences: int, training: Training) -> int:
    """Return the number of optimiser steps: epochs × batches, the last batch of an epoch possibly smaller."""
    return training.epochs * math.ceil(sequences / training.batch)


def batch_at(chains: Chains, training: Training, seed: int, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return codes (chain, site), clean spins (chain, site, 3) and mask (chain, site) of one step, padded to its longest chain.

    Each epoch visits every sequence once, in an order of its own, with one random snapshot each.
    """
    count = len(chains.codes)
    epoch, within = divmod(step, math.ceil(count / training.batch))
    order = _stream(seed, _ORDER, epoch).permutation(count)
    snapshots = _stream(seed, _SNAPSHOT, epoch).random(count)
    chosen = order[within * training.batch : (within + 1) * training.batch]
    longest = max(len(chains.codes[index]) for index in chosen)
    codes = np.zeros((len(chosen), longest), dtype=np.int64)
    spins = np.zeros((len(chosen), longest, 3), dtype=np.float32)
    mask = np.zeros((len(chosen), longest), dtype=bool)
    for row, index in enumerate(chosen):
        length = len(chains.codes[index])
        codes[row, :length] = chains.codes[index]
        spins[row, :length] = chains.spins[index][int(snapshots[index] * len(chains.spins[index]))]
        mask[row, :length] = True
    return torch.from_numpy(codes), torch.from_numpy(spins), torch.from_numpy(mask)


def batch_loss(
    model: Pairformer, batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor], settings: Diffusion, generator: torch.Generator
) -> torch.Tensor:
    """Return the loss of one batch at random times with random noise from ``generator``."""
    codes, clean, mask = batch
    time = diffusion.draw_times(len(codes), settings, generator)
    noisy = torch.where(mask[..., None], diffusion.add_noise(clean, time, settings, generator), 0.0)
    wanted = diffusion.target(noisy, clean, time, settings)
    return diffusion.loss(model(codes, noisy, time, mask), wanted, time, mask)


def _save(path: Path, model: Pairformer, optimiser: torch.optim.AdamW, losses: list[float], key: str) -> None:
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    write_tensors(path, tensors, {"format": CHECKPOINT_FORMAT, "key": key})


def _restore(path: Path, model: Pairformer, optimiser: torch.optim.AdamW, key: str) -> list[float]:
    try:
        tensors, metadata = read_tensors(path)
    except InputError as error:
        raise CheckpointError(path, "cannot be read as a checkpoint", "a whole one") from error
    if metadata.get("format") != CHECKPOINT_FORMAT or metadata.get("key") != key or "tensors_sha256" not in metadata:
        raise CheckpointError(path, "the checkpoint of another training", "one of this spec, seed and data")
    model.load_state_dict({name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.")})
    state = optimiser.state_dict()
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, index, part = name.split(".")
            state["state"].setdefault(int(index), {})[part] = tensor
    optimiser.load_state_dict(state)
    return [float(value) for value in tensors["losses"]]


def _require_finite(value: float, norm: float, seed: int, step: int) -> None:
    if not (math.isfinite(value) and math.isfinite(norm)):
        raise NotFinite(f"training seed {seed}, step {step}: loss {value}, gradient norm {norm}; expected finite numbers")


def train(
    chains: Chains,
    shape: Architecture,
    settings: Diffusion,
    training: Training,
    seed: int,
    *,
    checkpoint: Path | None = None,
    key: str = "",
    progress: Callable[[int, int, float], None] | None = None,
) -> Trained:
    """Train a network from scratch, or from ``checkpoint`` where one of the same ``key`` lies, and return it.

    ``progress`` is called after each step with the steps done, the steps in all, and the loss. A checkpoint is written about
    every minute and on interruption. Raises ``NotFinite`` when loss or gradient is no longer finite, ``InputError`` for a
    checkpoint that is damaged or of another training, ``ValueError`` for no data.
    """
    if not chains.codes:
        raise ValueError("no chains; expected at least one to train on")
    model = build(shape, seed).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay)
    losses = _restore(checkpoint, model, optimiser, key) if checkpoint is not None and checkpoint.exists() else []
    total = steps_in_all(len(chains.codes), training)
    saved_at, saved = clock.monotonic(), len(losses)
    try:
        for step in range(len(losses), total):
            generator = torch.Generator().manual_seed(int(_stream(seed, _NOISE, step).integers(2**63)))
            objective = batch_loss(model, batch_at(chains, training, seed, step), settings, generator)
            optimiser.zero_grad()
            objective.backward()  # type: ignore[no-untyped-call]
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), training.gradient_norm)
            value = objective.item()
            _require_finite(value, norm.item(), seed, step)
            optimiser.step()
            losses.append(value)
            if progress is not None:
                progress(step + 1, total, losses[-1])
            if checkpoint is not None and clock.monotonic() - saved_at > _CHECKPOINT_SECONDS:
                _save(checkpoint, model, optimiser, losses, key)
                saved_at, saved = clock.monotonic(), len(losses)
    except BaseException:
        if checkpoint is not None and len(losses) > saved:
            _save(checkpoint, model, optimiser, losses, key)
        raise
    return Trained(model.eval(), np.array(losses))


def smoothed(losses: npt.NDArray[np.float64], window: int) -> Iterator[float]:
    """Yield the mean of each run of ``window`` losses, for a curve that can be read."""
    for start in range(0, len(losses), window):
        yield float(losses[start : start + window].mean())
