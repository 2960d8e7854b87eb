"""Where a network computes: the processor with its threads, one GPU, or the ranks that ``torchrun`` started.

On a processor every result is the same bytes for any number of threads. On a GPU it is the same bytes on the same GPU with the same
libraries: torch's deterministic algorithms are used. Between a processor and a GPU, or two kinds of GPU, a training is another draw
of the same law, since noise is drawn on the device and rounding grows with every step; a given network differs by rounding alone.
"""

import contextlib
import os
import re
from collections.abc import Iterator

import attrs
import torch

from paper_repro.files import InputError
from paper_repro.numerics.parallel import available_cores

_DEVICE = re.compile(r"cpu|cuda(:\d+)?")


@attrs.frozen
class Execution:
    """A device (``cpu``, ``cuda`` or ``cuda:n``) and the threads that compute on a processor."""

    device: torch.device
    threads: int = attrs.field(factory=available_cores)

    @property
    def on_gpu(self) -> bool:
        """Whether the device is a GPU."""
        return self.device.type == "cuda"

    @property
    def name(self) -> str:
        """The device as a record of a run names it."""
        return f"cuda ({torch.cuda.get_device_name(self.device)})" if self.on_gpu else "cpu"


def execution(device: str = "cpu", threads: int | None = None) -> Execution:
    """Return the execution on a device; raises ``InputError`` for a device that is not there.

    On a GPU torch's matrix products keep float32: TF32 is not used, which is torch's own default.
    """
    if _DEVICE.fullmatch(device) is None:
        raise InputError("--device", repr(device), "cpu, cuda or cuda:n")
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    wanted = torch.device(device)
    if wanted.type == "cuda":
        if (wanted.index or 0) >= found:
            there = ", ".join(f"cuda:{index}" for index in range(found))
            raise InputError("--device", repr(device), f"cpu or one of {there}" if found else "cpu: torch finds no GPU here")
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when the first product is made
    return Execution(wanted, available_cores() if threads is None else threads)


@contextlib.contextmanager
def deterministic(where: Execution) -> Iterator[None]:
    """Let torch use deterministic algorithms on a GPU, a setting of the whole process; its own is restored at the end."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(before or where.on_gpu)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def unused_gpu(device: str) -> str | None:
    """Return a line on the time that an unused GPU would save; None without one."""
    if device != "cpu" or not torch.cuda.is_available():
        return None
    name = torch.cuda.get_device_name()
    took = "a prototype of the published training, half an hour on two cores, took 67 s on an H200"
    return f"{name} is not used: with --device cuda {took}"
