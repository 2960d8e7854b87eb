"""Checkpoints of a training: its state after a step, and the checkpoint before it, for where the last is damaged."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import attrs
import torch

from paper_repro.files import DamagedError, require_format
from paper_repro.score.tensors import read_tensors, write_tensors
from paper_repro.score.training.optimisers import Optimisers
from paper_repro.score.training.signals import uninterrupted
from paper_repro.score.training.state import TrainingState

FORMAT = "paper_repro checkpoint 1"
AVERAGED_FORMAT = "paper_repro checkpoint 2"  # with the EMA of the weights
RECORDED_FORMAT = "paper_repro checkpoint 3"  # with the weights at the end of recorded epochs, and the EMA where one is taken
SECONDS = 60.0  # between two checkpoints


def previous(checkpoint: Path) -> Path:
    """Return the path of the checkpoint before the last one."""
    return checkpoint.with_name(f"{checkpoint.name}.previous")


def save(path: Path, state: TrainingState, key: str) -> None:
    """Write a checkpoint, and keep the one before it. The parameters of all optimisers are numbered consecutively."""
    tensors = {f"model.{name}": tensor for name, tensor in state.model.state_dict().items()}
    for start, optimiser in _numbered(state.optimisers):
        for index, parts in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{start + index}.{name}": torch.as_tensor(value) for name, value in parts.items()}
    tensors |= {f"average.{number}": mean for number, mean in enumerate(state.average)}
    for epoch, recorded in state.recorded.items():
        tensors |= {f"epoch.{epoch}.{name}": tensor for name, tensor in recorded.items()}
    tensors["losses"] = torch.tensor(state.losses, dtype=torch.float64)
    if path.exists():
        path.replace(previous(path))
    stated = RECORDED_FORMAT if state.recorded else AVERAGED_FORMAT if state.average else FORMAT
    write_tensors(path, tensors, {"format": stated, "key": key})


def _numbered(optimisers: Optimisers) -> list[tuple[int, torch.optim.Optimizer]]:
    """Return each optimiser with the number of parameters in those before it."""
    counts = [len(optimiser.param_groups[0]["params"]) for optimiser, _ in optimisers]
    return [(sum(counts[:place]), optimiser) for place, (optimiser, _) in enumerate(optimisers)]


def read(path: Path, key: str) -> dict[str, torch.Tensor]:
    """Return the tensors of a checkpoint.

    Raises ``DamagedError`` for a file that is damaged or of another training than ``key``, ``InputError`` for another format.
    """
    tensors, metadata = read_tensors(path)
    require_format(f"{path}: metadata format", metadata.get("format"), FORMAT, AVERAGED_FORMAT, RECORDED_FORMAT)
    if "tensors_sha256" not in metadata:
        raise DamagedError(path, "no SHA-256 of its tensors in its header", "a whole checkpoint")
    if metadata.get("key") != key:
        raise DamagedError(path, "the checkpoint of another training", "one of this spec, seed and data")
    return tensors


def restore(state: TrainingState, tensors: Mapping[str, torch.Tensor]) -> None:
    """Set a state to that of a checkpoint of the same training."""
    state.model.load_state_dict({name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.")})
    named = [(name.split("."), tensor) for name, tensor in tensors.items() if name.startswith("optimiser.")]
    for start, optimiser in _numbered(state.optimisers):
        restored = optimiser.state_dict()
        for (_, number, part), tensor in named:
            index = int(number) - start
            if 0 <= index < len(optimiser.param_groups[0]["params"]):
                restored["state"].setdefault(index, {})[part] = tensor
        optimiser.load_state_dict(restored)
    for place, mean in enumerate(state.average):
        mean.copy_(tensors[f"average.{place}"])
    state.recorded.clear()
    for name, tensor in tensors.items():
        if name.startswith("epoch."):
            _, epoch, key = name.split(".", 2)
            state.recorded.setdefault(int(epoch), {})[key] = tensor
    state.losses[:] = [float(value) for value in tensors["losses"]]


def resume(path: Path, state: TrainingState, key: str, say: Callable[[str], None]) -> None:
    """Set a state to that of the last whole checkpoint, and report unusable ones; without a checkpoint it is unchanged."""
    kept = [generation for generation in (path, previous(path)) if generation.exists()]
    for generation in kept:
        try:
            restore(state, read(generation, key))
        except DamagedError as error:
            say(f"{error}; {'training starts again' if generation == kept[-1] else 'the previous checkpoint is used'}")
        else:
            return


@attrs.define
class Checkpoints:
    """Writes the checkpoints of a training at ``path``, about every minute; nothing where that is None."""

    path: Path | None
    state: TrainingState
    key: str
    _saved: int = attrs.field(init=False)
    _saved_at: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Take the state as it is for saved."""
        self._saved, self._saved_at = len(self.state.losses), time.monotonic()

    def when_due(self) -> None:
        """Write a checkpoint if the last one is a minute old."""
        if time.monotonic() - self._saved_at > SECONDS:
            self._write()

    def _write(self) -> None:
        if self.path is not None and len(self.state.losses) > self._saved:
            with uninterrupted():  # a rank that another's death ends is sent a signal while it writes
                save(self.path, self.state, self.key)
            self._saved, self._saved_at = len(self.state.losses), time.monotonic()

    @contextlib.contextmanager
    def on_interruption(self) -> Iterator[None]:
        """Write a checkpoint when the block is left by an exception or a signal."""
        try:
            yield
        except BaseException:
            self._write()
            raise
