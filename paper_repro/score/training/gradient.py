"""The gradient of a batch: the sum over small groups of chains, added in a fixed order by threads or ranks; or all at once."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any

import torch
from torch.nn.parallel import DistributedDataParallel

from paper_repro.numerics.parallel import workers
from paper_repro.score import diffusion
from paper_repro.score.execution import Execution, deterministic
from paper_repro.score.pairformer import Pairformer
from paper_repro.score.ranks import Ranks
from paper_repro.score.training.batches import Noised
from paper_repro.score.training.fixed_shape import FixedShapeGradient

#: Leaves the gradient of a batch in the parameters, and returns its loss.
Gradient = Callable[[Noised], float]

_PAIRS = 12_000  # pairs of sites whose gradient is taken together: few enough to stay in the processor's cache


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
    """Return the contribution of the chains ``rows`` to the loss of a batch."""
    lengths = batch.mask.sum(1)
    longest = int(lengths[rows].max())
    mask, time = batch.mask[rows, :longest], batch.time[rows]
    score = model(batch.species[rows, :longest], batch.spins[rows, :longest], time, mask)
    share = int(mask.sum()) / int(lengths.sum())
    return share * diffusion.loss(score, batch.target[rows, :longest], batch.weight[rows], mask)


def loss_and_gradient(model: Pairformer, batch: Noised, executor: Executor) -> tuple[float, list[Any]]:
    """Return the loss of a batch and its gradient by each parameter (``None`` where a parameter has no part in it).

    Chains of similar length are computed together, so that there is little padding; the threads of ``executor`` share the groups.
    The result depends on neither the number nor the timing of the threads where each computes on one core.
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


def _by_threads(model: Pairformer, batch: Noised, executor: Executor) -> float:
    """Return the loss of a batch; its gradient is then in the parameters."""
    value, slopes = loss_and_gradient(model, batch, executor)
    for parameter, slope in zip(model.parameters(), slopes, strict=True):
        parameter.grad = slope
    return value


def _by_ranks(parallel: DistributedDataParallel, batch: Noised, ranks: Ranks) -> float:
    """Return the loss of a batch; its gradient is then in the parameters. Each rank computes every ``ranks.size``-th group.

    DistributedDataParallel averages over the ranks, so each part is multiplied by their number. A rank without a group of its own
    computes the first with weight 0, since all ranks must call it.
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


@contextlib.contextmanager
def gradient_of(model: Pairformer, where: Execution, ranks: Ranks | None, shape: tuple[int, int]) -> Iterator[Gradient]:
    """Give the gradient of a network by threads of this process, by ``ranks``, each on one core or GPU, or by one GPU.

    ``shape`` is the largest batch (chains, sites), which that of a GPU always has.
    """
    with workers(where.threads) as executor, deterministic(where):
        if ranks is not None:
            parallel = DistributedDataParallel(model, find_unused_parameters=True)  # the last block's attention has no gradient
            yield lambda batch: _by_ranks(parallel, batch.to(ranks.device), ranks)
        elif where.on_gpu:
            fixed = FixedShapeGradient(model, *shape)
            yield lambda batch: fixed(batch).item()
        else:
            yield lambda batch: _by_threads(model, batch, executor)
