"""Training by t-weighted denoising score matching (paper, S2 and S3); resumable at any step.

Every random number is keyed by (seed, epoch) or (seed, step), so that an interrupted training resumes to the same weights. The
gradient of a batch is the sum over small groups of chains, each computed by one thread and added in a fixed order: the weights do
not depend on the number of threads. Several processes can share the groups too (``score.ranks``); their sum differs by rounding.
On a GPU the noise is drawn there: another draw of the same law.

With antithetic noise half a batch of chains is noised twice, with opposite noise; with an exponential moving average (EMA) of the
weights, that average is the trained network.
"""

import copy
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.files import InputError, NotFiniteError
from paper_repro.score.execution import Execution, execution
from paper_repro.score.pairformer import Pairformer, build
from paper_repro.score.ranks import Ranks
from paper_repro.score.training.batches import Batches, Noised, TrainingData
from paper_repro.score.training.checkpoint import Checkpoints, resume
from paper_repro.score.training.fixed_shape import FixedShapeBatches
from paper_repro.score.training.gradient import gradient_of
from paper_repro.score.training.optimisers import take_average
from paper_repro.score.training.state import TrainingState
from paper_repro.spec import Architecture, Diffusion, Training


@attrs.frozen
class Trained:
    """A trained network, the loss at every step (step,), and the network at the end of each epoch that was recorded."""

    model: Pairformer
    losses: npt.NDArray[np.float64]
    epochs: Mapping[int, Pairformer] = attrs.field(factory=dict)


def _require_same_start(done: int, ranks: Ranks) -> None:
    """Raise ``InputError`` on every rank where one of them has not restored the checkpoint that rank 0 has."""
    leader = ranks.agree(done)
    if ranks.total(float(done != leader)) > 0:
        found = f"took up {done} steps of training, rank 0 {leader}"
        raise InputError(f"rank {ranks.rank} of {ranks.size}", found, "a run directory that every rank sees")


def _clip(model: Pairformer, training: Training, loss: float, where: str) -> None:
    """Clip the gradient in the parameters; raises ``NotFiniteError`` where its norm or the loss is not finite."""
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), training.gradient_clip_norm).item()
    if not (math.isfinite(loss) and math.isfinite(norm)):
        raise NotFiniteError(where, f"loss {loss}, gradient norm {norm}")


def train(
    data: TrainingData,
    shape: Architecture,
    settings: Diffusion,
    training: Training,
    seed: int,
    *,
    checkpoint: Path | None = None,
    key: str = "",
    progress: Callable[[int, int, float], None] | None = None,
    say: Callable[[str], None] = lambda _: None,
    where: Execution | None = None,
    ranks: Ranks | None = None,
    record: Collection[int] = (),
) -> Trained:
    """Train a network from scratch, or from ``checkpoint`` where one of the same ``key`` exists, and return it.

    ``progress`` is called after each step with the number of steps done, the total, and the loss. A checkpoint is written about
    every minute and on interruption, and the previous one is kept: if the last is damaged, or of another training, ``say`` is
    called with the reason and the other is used. ``where`` is the device, the processor with all cores where not given; the number
    of threads changes no byte of the result. With ``ranks``, each rank calls this with the same arguments and computes on one core
    or GPU; the first alone writes. The network at the end of the epochs of ``record``, numbered from 1, is returned too. Raises
    ``NotFiniteError`` when loss or gradient is no longer finite, the last good state being the checkpoint, ``InputError`` for a
    checkpoint of another format or ranks that found different checkpoints, and ``ValueError`` for no data.
    """
    if not data.species:
        raise ValueError("no chains; expected at least one to train on")
    where = execution() if where is None else where
    model = build(shape, seed).train().to(where.device if ranks is None else ranks.device)
    state = TrainingState.start(model, training)
    if checkpoint is not None:
        resume(checkpoint, state, key, say)
    if ranks is not None:
        _require_same_start(len(state.losses), ranks)
    total, batches = training.steps(len(data.species)), Batches(data, settings, training, seed)
    source: Callable[[int], Noised] = FixedShapeBatches(batches, where.device) if where.on_gpu and ranks is None else batches
    largest = training.batch, max(map(len, data.species))
    checkpoints = Checkpoints(checkpoint if ranks is None or ranks.leads else None, state, key)
    with checkpoints.on_interruption(), gradient_of(model, where, ranks, largest) as gradient:
        for step in range(len(state.losses), total):
            loss = gradient(source(step))
            _clip(model, training, loss, f"training seed {seed}, step {step}")
            state.step(training, total, loss, record)
            if progress is not None:
                progress(step + 1, total, loss)
            checkpoints.when_due()
    take_average(state.average, model)
    trained = model.cpu().eval()
    return Trained(trained, np.array(state.losses), {epoch: _with(trained, tensors) for epoch, tensors in state.recorded.items()})


def _with(model: Pairformer, tensors: Mapping[str, torch.Tensor]) -> Pairformer:
    other = copy.deepcopy(model)
    other.load_state_dict(dict(tensors))
    return other


def smoothed(losses: npt.NDArray[np.float64], window: int) -> Iterator[float]:
    """Yield the mean of each run of ``window`` losses, for a readable curve."""
    for start in range(0, len(losses), window):
        yield float(losses[start : start + window].mean())
