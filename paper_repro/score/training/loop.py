"""Training by t-weighted denoising score matching (paper, S2 and S3); resumable at any step.

Every random number is keyed by (seed, epoch) or (seed, step), so that a run that was interrupted goes on to the same weights. The
gradient of a batch is the sum over small groups of chains, each taken by one thread and added in a fixed order: the weights do not
depend on the number of threads. Several processes can share the groups too (``score.ranks``); their sum differs by rounding.

With antithetic noise half a batch of chains is noised twice, with opposite noise; with an exponential moving average (EMA) of the
weights, that average is the trained network.
"""

import math
import time as clock
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
import torch
from torch.nn.parallel import DistributedDataParallel

from paper_repro.files import InputError, NotFiniteError
from paper_repro.numerics.parallel import workers
from paper_repro.numerics.streams import training_generator
from paper_repro.score.pairformer import Pairformer, build
from paper_repro.score.ranks import Ranks
from paper_repro.score.training.batches import Chains, batch_at, noised, steps_in_all
from paper_repro.score.training.checkpoint import resume, save
from paper_repro.score.training.gradient import gradient_together, loss_and_gradient
from paper_repro.score.training.optimisers import make_optimisers, share_of_rate, start_average, take_average, update_average
from paper_repro.score.training.signals import uninterrupted
from paper_repro.spec import Architecture, Diffusion, Training

_CHECKPOINT_SECONDS = 60.0


@attrs.frozen
class Trained:
    """A trained network and the loss at every step (step,)."""

    model: Pairformer
    losses: npt.NDArray[np.float64]


def _require_the_same_start(done: int, ranks: Ranks) -> None:
    """Raise ``InputError`` on every rank where one of them has not taken up the checkpoint that rank 0 has."""
    leader = ranks.agree(done)
    if ranks.total(float(done != leader)) > 0:
        found = f"took up {done} steps of training, rank 0 {leader}"
        raise InputError(f"rank {ranks.rank} of {ranks.size}", found, "a run directory that every rank sees")


def _require_finite(value: float, norm: float, seed: int, step: int) -> None:
    if not (math.isfinite(value) and math.isfinite(norm)):
        raise NotFiniteError(f"training seed {seed}, step {step}", f"loss {value}, gradient norm {norm}")


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
    say: Callable[[str], None] = lambda _: None,
    threads: int = 2,
    ranks: Ranks | None = None,
) -> Trained:
    """Train a network from scratch, or from ``checkpoint`` where one of the same ``key`` lies, and return it.

    ``progress`` is called after each step with the steps done, the steps in all, and the loss. A checkpoint is written about
    every minute and on interruption, and the one before it is kept: where the last is damaged, or of another training, that is
    told to ``say`` and the other is used. ``threads`` changes no byte of the result. With ``ranks``, each of them calls this with
    the same arguments; each computes on one core or GPU, and the first alone writes and speaks. Raises ``NotFiniteError`` when
    loss or gradient is no longer finite, the last good state being the checkpoint, ``InputError`` for a checkpoint of another
    format or ranks that find other checkpoints, and ``ValueError`` for no data.
    """
    if not chains.codes:
        raise ValueError("no chains; expected at least one to train on")
    writes = checkpoint if ranks is None or ranks.leads else None
    model = build(shape, seed).train()
    if ranks is not None:
        model = model.to(ranks.device)
    optimisers = make_optimisers(model, training.optimiser)
    average = start_average(model, training.ema_decay)
    losses = [] if checkpoint is None else resume(checkpoint, model, optimisers, average, key, say)
    parallel = None
    if ranks is not None:
        _require_the_same_start(len(losses), ranks)
        parallel = DistributedDataParallel(model, find_unused_parameters=True)  # the last block's attention has no part in the loss
    total, antithetic = steps_in_all(len(chains.codes), training), training.noise == "antithetic"
    saved_at, saved = clock.monotonic(), len(losses)
    try:
        with workers(threads) as executor:
            for step in range(len(losses), total):
                generator = torch.Generator().manual_seed(int(training_generator(seed, "noise", step).integers(2**63)))
                batch = noised(batch_at(chains, training, seed, step), settings, generator, antithetic=antithetic)
                if parallel is None or ranks is None:
                    value, slopes = loss_and_gradient(model, batch, executor)
                    for parameter, slope in zip(model.parameters(), slopes, strict=True):
                        parameter.grad = slope
                else:
                    value = gradient_together(parallel, batch.to(ranks.device), ranks)
                norm = torch.nn.utils.clip_grad_norm_(model.parameters(), training.gradient_clip_norm)
                _require_finite(value, norm.item(), seed, step)
                share = share_of_rate(training.schedule, step, total)
                with uninterrupted():
                    for optimiser, rate in optimisers:
                        optimiser.param_groups[0]["lr"] = rate * share
                        optimiser.step()
                    update_average(average, model, training.ema_decay, step)
                    losses.append(value)
                if progress is not None:
                    progress(step + 1, total, losses[-1])
                if writes is not None and clock.monotonic() - saved_at > _CHECKPOINT_SECONDS:
                    save(writes, model, optimisers, average, losses, key)
                    saved_at, saved = clock.monotonic(), len(losses)
    except BaseException:
        if writes is not None and len(losses) > saved:
            save(writes, model, optimisers, average, losses, key)
        raise
    take_average(average, model)
    return Trained(model.cpu().eval(), np.array(losses))


def smoothed(losses: npt.NDArray[np.float64], window: int) -> Iterator[float]:
    """Yield the mean of each run of ``window`` losses, for a curve that can be read."""
    for start in range(0, len(losses), window):
        yield float(losses[start : start + window].mean())
