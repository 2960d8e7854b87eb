"""Training by t-weighted denoising score matching (paper, S2 and S3); resumable at any step.

Every random number is keyed by (seed, epoch) or (seed, step), so that a run that was interrupted goes on to the same weights. The
gradient of a batch is the sum over small groups of chains, each taken by one thread and added in a fixed order: the weights do not
depend on the number of threads. Several processes can share the groups too (``score.ranks``); their sum differs by rounding.

With antithetic noise half a batch of chains is noised twice, with opposite noise; with an exponential moving average (EMA) of the
weights, that average is the trained network.
"""

import contextlib
import math
import signal
import threading
import time as clock
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch
from torch.nn.parallel import DistributedDataParallel

from paper_repro.files import DamagedError, InputError, NotFiniteError, require_format
from paper_repro.numerics.parallel import workers
from paper_repro.numerics.streams import training_generator
from paper_repro.score import diffusion
from paper_repro.score.pairformer import Pairformer, build
from paper_repro.score.ranks import Ranks
from paper_repro.score.weights import read_tensors, write_tensors
from paper_repro.spec import AdamW, Architecture, ConstantRate, CosineRate, Diffusion, MuonAdamW, Training

CHECKPOINT_FORMAT = "paper_repro checkpoint 1"
AVERAGED_FORMAT = "paper_repro checkpoint 2"  # with the EMA of the weights
_CHECKPOINT_SECONDS = 60.0
_PAIRS = 12_000  # pairs of sites whose gradient is taken together: few enough to stay in the processor's cache


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


def groups_of(lengths: torch.Tensor) -> list[torch.Tensor]:
    """Return the rows of a batch in groups of similar length, of one chain each or of at most ``_PAIRS`` pairs with the padding.

    A small batch makes four groups or so, that several threads may have a part in it.
    """
    order = lengths.argsort(stable=True)
    most = min(_PAIRS, int((lengths**2).sum()) // 4)
    sizes = [0]
    for length in lengths[order].tolist():
        if (sizes[-1] + 1) * length**2 > most and sizes[-1] > 0:
            sizes.append(0)
        sizes[-1] += 1
    return list(torch.split(order, sizes))


def _part(model: torch.nn.Module, batch: Noised, rows: torch.Tensor) -> torch.Tensor:
    """Return what the chains ``rows`` contribute to the loss of a batch."""
    lengths = batch.mask.sum(1)
    longest = int(lengths[rows].max())
    mask, time = batch.mask[rows, :longest], batch.time[rows]
    score = model(batch.codes[rows, :longest], batch.spins[rows, :longest], time, mask)
    share = int(mask.sum()) / int(lengths.sum())
    return share * diffusion.loss(score, batch.target[rows, :longest], batch.weight[rows], mask)


def gradient(model: Pairformer, batch: Noised, executor: Executor) -> tuple[float, list[Any]]:
    """Return the loss of a batch and its gradient by each parameter (``None`` where a parameter has no part in it).

    Chains of similar length go through the network together, so that there is little padding; the threads of ``executor``
    share the groups. The result depends on neither the number nor the timing of the threads where each computes on one core.
    """
    parameters = list(model.parameters())

    def of_group(rows: torch.Tensor) -> tuple[float, tuple[torch.Tensor | None, ...]]:
        part = _part(model, batch, rows)
        return part.item(), torch.autograd.grad(part, parameters, allow_unused=True)

    value = 0.0
    total: list[Any] = [None] * len(parameters)  # None too where a parameter has no part in the loss
    for part, slopes in executor.map(of_group, groups_of(batch.mask.sum(1))):
        value += part
        total = [slope if sum_ is None else sum_ + slope for sum_, slope in zip(total, slopes, strict=True)]
    return value, total


def _gradient_together(parallel: DistributedDataParallel, batch: Noised, ranks: Ranks) -> float:
    """Return the loss of a batch, and leave its gradient in the parameters: each rank takes every ``ranks.size``-th group.

    DistributedDataParallel averages over the ranks, so each part is multiplied by their number. A rank without a group of its own
    takes the first with weight 0, since all must meet.
    """
    groups = groups_of(batch.mask.sum(1))
    mine, weight = (groups[ranks.rank :: ranks.size], 1.0) if ranks.rank < len(groups) else (groups[:1], 0.0)
    parallel.zero_grad(set_to_none=True)
    value = 0.0
    for number, rows in enumerate(mine, 1):
        with contextlib.nullcontext() if number == len(mine) else parallel.no_sync():
            part = weight * _part(parallel, batch, rows)
            (ranks.size * part).backward()  # type: ignore[no-untyped-call]
        value += part.item()
    return ranks.total(value)


def _require_the_same_start(done: int, ranks: Ranks) -> None:
    """Raise ``InputError`` on every rank where one of them has not taken up the checkpoint that rank 0 has."""
    leader = ranks.agree(done)
    if ranks.total(float(done != leader)) > 0:
        found = f"took up {done} steps of training, rank 0 {leader}"
        raise InputError(f"rank {ranks.rank} of {ranks.size}", found, "a run directory that every rank sees")


def share_of_rate(schedule: ConstantRate | CosineRate, step: int, total: int) -> float:
    """Return the fraction of the peak learning rate at a step out of ``total``: (step + 1) / warm-up, then 1 or a cosine.

    The cosine is ½ (1 + cos πx), with x from 0 at the end of the warm-up to 1 at the end of the last step.
    """
    warm, done = schedule.warmup_fraction * total, step + 1
    if done <= warm:
        return done / warm
    if schedule.kind == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(total - warm, 1)))


#: Each optimiser with its learning rate; together they have every parameter once.
Optimisers = list[tuple[torch.optim.Optimizer, float]]


def _optimisers(model: Pairformer, settings: AdamW | MuonAdamW) -> Optimisers:
    """Return AdamW for all parameters; or Muon for the matrices of linear layers, except single rows or columns, and AdamW."""
    matrices: list[torch.Tensor] = []
    if isinstance(settings, MuonAdamW):
        layers = (layer.weight for layer in model.modules() if isinstance(layer, torch.nn.Linear))
        matrices = [matrix for matrix in layers if min(matrix.shape) > 1]
    chosen = {id(matrix) for matrix in matrices}
    others = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    rate, decay = settings.learning_rate, settings.weight_decay
    made: Optimisers = [(torch.optim.AdamW(others, lr=rate, weight_decay=decay), rate)]
    if isinstance(settings, MuonAdamW) and matrices:
        muon_rate = settings.muon_learning_rate
        made.append((torch.optim.Muon(matrices, lr=muon_rate, weight_decay=decay), muon_rate))
    return made


#: The EMA of each weight, in the order of the network's parameters; empty where none is taken.
Average = list[torch.Tensor]


def _average_of(model: Pairformer, decay: float) -> Average:
    """Return the EMA before the first step; none for a decay of 0."""
    return [parameter.detach().clone() for parameter in model.parameters()] if decay > 0 else []


def _update_average(average: Average, model: Pairformer, decay: float, step: int) -> None:
    """Update the EMA with the weights after a step; the decay is smaller in the first steps, so that the start is forgotten."""
    if average:
        share = 1 - min(decay, (step + 1) / (step + 10))
        for mean, parameter in zip(average, model.parameters(), strict=True):
            mean.lerp_(parameter.detach(), share)


def _end_with(average: Average, model: Pairformer) -> None:
    """Replace the weights by their EMA, where one is taken."""
    if average:
        with torch.no_grad():
            for mean, parameter in zip(average, model.parameters(), strict=True):
                parameter.copy_(mean)


def _save(path: Path, model: Pairformer, optimisers: Optimisers, average: Average, losses: list[float], key: str) -> None:
    """Write a checkpoint; the one before it is kept beside it. The parameters of all optimisers are numbered through."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for start, optimiser in _numbered(optimisers):
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{start + index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors |= {f"average.{number}": mean for number, mean in enumerate(average)}
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    if path.exists():
        path.replace(previous(path))
    write_tensors(path, tensors, {"format": AVERAGED_FORMAT if average else CHECKPOINT_FORMAT, "key": key})


def _numbered(optimisers: Optimisers) -> list[tuple[int, torch.optim.Optimizer]]:
    """Return each optimiser with the number of parameters in those before it."""
    counts = [len(optimiser.param_groups[0]["params"]) for optimiser, _ in optimisers]
    return [(sum(counts[:place]), optimiser) for place, (optimiser, _) in enumerate(optimisers)]


def previous(checkpoint: Path) -> Path:
    """Return where the checkpoint before the last one lies."""
    return checkpoint.with_name(f"{checkpoint.name}.previous")


def _restore(path: Path, model: Pairformer, optimisers: Optimisers, average: Average, key: str) -> list[float]:
    tensors, metadata = read_tensors(path)
    require_format(f"{path}: metadata format", metadata.get("format"), CHECKPOINT_FORMAT, AVERAGED_FORMAT)
    if "tensors_sha256" not in metadata:
        raise DamagedError(path, "no SHA-256 of its tensors in its header", "a whole checkpoint")
    if metadata.get("key") != key:
        raise DamagedError(path, "the checkpoint of another training", "one of this spec, seed and data")
    model.load_state_dict({name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.")})
    parts = [
        (int(name.split(".")[1]), name.split(".")[2], tensor) for name, tensor in tensors.items() if name.startswith("optimiser.")
    ]
    for start, optimiser in _numbered(optimisers):
        state = optimiser.state_dict()
        for number, part, tensor in parts:
            if start <= number < start + len(optimiser.param_groups[0]["params"]):
                state["state"].setdefault(number - start, {})[part] = tensor
        optimiser.load_state_dict(state)
    for number, mean in enumerate(average):
        mean.copy_(tensors[f"average.{number}"])
    return [float(value) for value in tensors["losses"]]


def _resume(
    path: Path, model: Pairformer, optimisers: Optimisers, average: Average, key: str, say: Callable[[str], None]
) -> list[float]:
    """Take up the last checkpoint that is whole, and say which could not be used; no losses where there is none."""
    kept = [generation for generation in (path, previous(path)) if generation.exists()]
    for generation in kept:
        try:
            return _restore(generation, model, optimisers, average, key)
        except DamagedError as error:
            say(f"{error}; {'training starts again' if generation == kept[-1] else 'the checkpoint before it is used'}")
    return []


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back SIGINT and SIGTERM, that a step is taken whole or not at all; they come in the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, Any]] = []
    held = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda n, frame: came.append((n, frame))) for number in held}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for arrived, frame in came:
            handler = before[signal.Signals(arrived)]
            if callable(handler):
                handler(arrived, frame)
            elif handler == signal.SIG_DFL:
                signal.raise_signal(arrived)


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
    optimisers = _optimisers(model, training.optimiser)
    average = _average_of(model, training.ema_decay)
    losses = [] if checkpoint is None else _resume(checkpoint, model, optimisers, average, key, say)
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
                    value, slopes = gradient(model, batch, executor)
                    for parameter, slope in zip(model.parameters(), slopes, strict=True):
                        parameter.grad = slope
                else:
                    value = _gradient_together(parallel, batch.to(ranks.device), ranks)
                norm = torch.nn.utils.clip_grad_norm_(model.parameters(), training.gradient_clip_norm)
                _require_finite(value, norm.item(), seed, step)
                share = share_of_rate(training.schedule, step, total)
                with _uninterrupted():
                    for optimiser, rate in optimisers:
                        optimiser.param_groups[0]["lr"] = rate * share
                        optimiser.step()
                    _update_average(average, model, training.ema_decay, step)
                    losses.append(value)
                if progress is not None:
                    progress(step + 1, total, losses[-1])
                if writes is not None and clock.monotonic() - saved_at > _CHECKPOINT_SECONDS:
                    _save(writes, model, optimisers, average, losses, key)
                    saved_at, saved = clock.monotonic(), len(losses)
    except BaseException:
        if writes is not None and len(losses) > saved:
            _save(writes, model, optimisers, average, losses, key)
        raise
    _end_with(average, model)
    return Trained(model.cpu().eval(), np.array(losses))


def smoothed(losses: npt.NDArray[np.float64], window: int) -> Iterator[float]:
    """Yield the mean of each run of ``window`` losses, for a curve that can be read."""
    for start in range(0, len(losses), window):
        yield float(losses[start : start + window].mean())
