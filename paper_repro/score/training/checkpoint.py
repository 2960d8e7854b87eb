"""Checkpoints of a training: the state after a step, written so that the one before it is kept."""

from collections.abc import Callable
from pathlib import Path

import torch

from paper_repro.files import DamagedError, require_format
from paper_repro.score.pairformer import Pairformer
from paper_repro.score.tensors import read_tensors, write_tensors
from paper_repro.score.training.optimisers import Average, Optimisers

CHECKPOINT_FORMAT = "paper_repro checkpoint 1"


AVERAGED_FORMAT = "paper_repro checkpoint 2"  # with the EMA of the weights


def save(path: Path, model: Pairformer, optimisers: Optimisers, average: Average, losses: list[float], key: str) -> None:
    """Write a checkpoint; the one before it is kept beside it. The parameters of all optimisers are numbered through."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for start, optimiser in numbered(optimisers):
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{start + index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors |= {f"average.{number}": mean for number, mean in enumerate(average)}
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    if path.exists():
        path.replace(previous(path))
    write_tensors(path, tensors, {"format": AVERAGED_FORMAT if average else CHECKPOINT_FORMAT, "key": key})


def numbered(optimisers: Optimisers) -> list[tuple[int, torch.optim.Optimizer]]:
    """Return each optimiser with the number of parameters in those before it."""
    counts = [len(optimiser.param_groups[0]["params"]) for optimiser, _ in optimisers]
    return [(sum(counts[:place]), optimiser) for place, (optimiser, _) in enumerate(optimisers)]


def previous(checkpoint: Path) -> Path:
    """Return where the checkpoint before the last one lies."""
    return checkpoint.with_name(f"{checkpoint.name}.previous")


def restore(path: Path, model: Pairformer, optimisers: Optimisers, average: Average, key: str) -> list[float]:
    """Restore the state of a checkpoint, and return its losses.

    Raises ``DamagedError`` for a file that is damaged or of another training, ``InputError`` for another format.
    """
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
    for start, optimiser in numbered(optimisers):
        state = optimiser.state_dict()
        for number, part, tensor in parts:
            if start <= number < start + len(optimiser.param_groups[0]["params"]):
                state["state"].setdefault(number - start, {})[part] = tensor
        optimiser.load_state_dict(state)
    for number, mean in enumerate(average):
        mean.copy_(tensors[f"average.{number}"])
    return [float(value) for value in tensors["losses"]]


def resume(
    path: Path, model: Pairformer, optimisers: Optimisers, average: Average, key: str, say: Callable[[str], None]
) -> list[float]:
    """Take up the last checkpoint that is whole, and say which could not be used; no losses where there is none."""
    kept = [generation for generation in (path, previous(path)) if generation.exists()]
    for generation in kept:
        try:
            return restore(generation, model, optimisers, average, key)
        except DamagedError as error:
            say(f"{error}; {'training starts again' if generation == kept[-1] else 'the checkpoint before it is used'}")
    return []
