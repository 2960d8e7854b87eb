"""Processes that train one network together: what ``torchrun`` starts.

Every rank draws the same batch and takes its share of the groups that the gradient is summed over (``training.groups_of``), so that
the samples of a step are the same for any number of ranks. DistributedDataParallel takes the sum in an order of its own, which
changes the loss by rounding.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NoReturn

import attrs
import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from paper_repro.files import InputError

_PATIENCE = timedelta(days=7)  # the others wait while rank 0 computes the other stages


@attrs.frozen
class Ranks:
    """The process group: this process's ``rank`` of ``size``, and the device on which it computes."""

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this is the rank that writes files and prints."""
        return self.rank == 0

    def agree(self, value: Any = None) -> Any:
        """Return rank 0's ``value`` on every rank."""
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def total(self, value: float) -> float:
        """Return the sum of ``value`` over the ranks, in float64."""
        box = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.all_reduce(box)
        return box.item()


@contextlib.contextmanager
def group() -> Iterator[Ranks]:
    """Join the process group of ``torchrun`` for the block: nccl where there are GPUs, gloo elsewhere.

    Raises ``InputError`` if this rank cannot continue with the others, such as after one of them has died.
    """
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if torch.cuda.is_available() else torch.device("cpu")
    try:
        if device.type == "cuda":
            torch.cuda.set_device(device)
        store, *_ = next(rendezvous("env://", rank, size))
        store = PrefixStore(
            os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"), store
        )  # the store itself may hold addresses of dead ranks
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=_PATIENCE)
        yield Ranks(rank, size, device)
        dist.destroy_process_group()
    except RuntimeError as error:
        first = str(error).partition("\n")[0]
        raise InputError(f"rank {rank} of {size}", f"stopped ({first})", "all ranks alive; the same command continues") from error


def exit_rank() -> NoReturn:
    """End this rank's process with status 0, at once: an orderly end after DistributedDataParallel can abort in torch 2.13."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
