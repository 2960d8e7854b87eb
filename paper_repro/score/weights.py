"""Weights on disk: safetensors with the architecture, the query times, and the digests of spec and training in their metadata."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import torch

from paper_repro.files import InputError, require_format, write_output
from paper_repro.numerics.arguments import checked_arguments
from paper_repro.score.authors_format import authors_architecture, from_authors, sizes_of
from paper_repro.score.pairformer import Pairformer
from paper_repro.score.tensors import read_tensors, tensors_as_bytes
from paper_repro.spec import Architecture, canonical, structure
from paper_repro.spec.migration import architecture_from_old

FORMAT = "paper_repro weights 6"
#: Of a published, a refined, and a refined recipe with triangle updates; ``spec.migration`` converts their architectures.
_OLD_SHAPES = ("paper_repro weights 1", "paper_repro weights 2", "paper_repro weights 3")
_WITHOUT_MAKER = "paper_repro weights 4"
_WITHOUT_TRAINING = "paper_repro weights 5"

_REAL = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_REAL_NUMBERS = "real numbers of 16, 32 or 64 bits (float16, bfloat16, float32, float64)"


@attrs.frozen
class WeightsInfo:
    """The metadata of a weights file; None for what the authors' files do not state.

    ``source`` is "paper_repro" or "authors"; ``query_times`` are the diffusion times of the network's force, ``steps`` the
    optimiser steps of its training, ``made`` the versions and the machine that trained it, empty if the file does not record them.
    ``spec_sha256`` is the digest of the spec of the run, ``training_sha256`` that of the part of it that determines the network,
    empty for a training on other data or a file that does not state it.
    """

    source: str
    architecture: Architecture
    query_times: tuple[float, ...] | None
    spec_sha256: str
    seed: int | None
    steps: int | None
    made: Mapping[str, str] = attrs.field(factory=dict)
    training_sha256: str = ""


def weights_as_bytes(
    model: Pairformer,
    *,
    query_times: tuple[float, ...],
    spec_sha256: str,
    seed: int,
    steps: int,
    made: Mapping[str, str] | None = None,
    training_sha256: str = "",
) -> bytes:
    """Return a network's weights as a file, with the metadata of a ``WeightsInfo``."""
    metadata = {
        "format": FORMAT,
        "architecture": json.dumps(canonical(model.shape)),
        "query_times": json.dumps(query_times),
        "spec_sha256": spec_sha256,
        "training_sha256": training_sha256,
        "seed": str(seed),
        "steps": str(steps),
        "made": json.dumps(dict(made or {})),
    }
    return tensors_as_bytes(model.state_dict(), metadata)


def save_weights(path: Path, model: Pairformer, **metadata: Any) -> None:
    """Write what ``weights_as_bytes`` returns for the same arguments, atomically."""
    write_output(path, weights_as_bytes(model, **metadata))


def _number(path: Path, metadata: Mapping[str, str], key: str, kind: type, *, above: float) -> Any:
    try:
        value = kind(metadata[key])
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: metadata {key}", repr(metadata.get(key)), "a number") from error
    if not above < value < 1e15:
        raise InputError(f"{path}: metadata {key}", repr(metadata[key]), f"a finite number > {above:g}")
    return value


def _json(path: Path, metadata: Mapping[str, str], key: str) -> Any:
    try:
        return json.loads(metadata.get(key, ""))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: metadata {key}", "not JSON", f"the {key} of the network in JSON") from error


def _query_times(path: Path, stated: Any) -> tuple[float, ...]:
    where = f"{path}: metadata query_times"
    times = structure(stated, tuple[float, ...], where)
    if not times or len(set(times)) != len(times) or not all(0 < time < 1e15 for time in times):
        raise InputError(where, repr(stated)[:60], "one or more different finite numbers > 0")
    return times


def _network_of(path: Path, metadata: Mapping[str, str]) -> tuple[Architecture, tuple[float, ...]]:
    """Read the architecture and the query times that a file states, in the form of its format."""
    where = f"{path}: metadata architecture"
    stated = _json(path, metadata, "architecture")
    if metadata["format"] not in _OLD_SHAPES:
        return structure(stated, Architecture, where), _query_times(path, _json(path, metadata, "query_times"))
    time = _number(path, metadata, "query_time", float, above=0)
    if metadata["format"] == _OLD_SHAPES[0]:
        return structure(architecture_from_old(stated, None, where), Architecture, where), (time,)
    refinement = _json(path, metadata, "refinement")
    times = refinement.get("query_times") if isinstance(refinement, dict) else None
    shape = architecture_from_old(stated, refinement, f"{path}: metadata refinement")
    return structure(shape, Architecture, where), _query_times(path, times)


def _described(path: Path, metadata: Mapping[str, str], sizes: Mapping[str, Any]) -> WeightsInfo:
    """Read the metadata of a file of this project; the sizes that it states must be those of its tensors."""
    if "tensors_sha256" not in metadata:
        raise InputError(f"{path}: metadata tensors_sha256", "missing", "the SHA-256 of the tensors")
    shape, times = _network_of(path, metadata)
    differing = [f"{name}: {value} → {sizes[name]}" for name, value in canonical(shape).items() if value != sizes.get(name, value)]
    if differing:
        raise InputError(f"{path}: metadata architecture", "; ".join(differing), "the architecture of the tensors")
    return WeightsInfo(
        "paper_repro",
        shape,
        times,
        metadata.get("spec_sha256", ""),
        _number(path, metadata, "seed", int, above=-1),
        _number(path, metadata, "steps", int, above=0),
        _made(path, metadata),
        metadata.get("training_sha256", ""),
    )


def _made(path: Path, metadata: Mapping[str, str]) -> Mapping[str, str]:
    if metadata["format"] in {*_OLD_SHAPES, _WITHOUT_MAKER}:
        return {}
    made: Mapping[str, str] = structure(_json(path, metadata, "made"), dict[str, str], f"{path}: metadata made")
    return made


@checked_arguments
def load_weights(path: str | Path) -> tuple[Pairformer, WeightsInfo]:
    """Load a network from this project's format or the authors' (recognised by their tensor names).

    Raises ``InputError`` for a file that cannot be read, an unknown format, metadata that contradict the tensors, or tensors that
    are missing, too many, of another shape, or not finite.

    >>> network, info = pr.load_weights("golden/weights/smoke-seed-0.safetensors")
    >>> info.source, info.seed
    ('paper_repro', 0)
    """
    path = Path(path)
    tensors, metadata = read_tensors(path)
    stated = metadata.get("format")
    if stated is not None or metadata.keys() & {"architecture", "query_times", "query_time", "tensors_sha256"}:
        require_format(f"{path}: metadata format", stated, FORMAT, _WITHOUT_TRAINING, _WITHOUT_MAKER, *_OLD_SHAPES)
        info = _described(path, metadata, sizes_of(path, tensors))
    else:
        tensors = from_authors(tensors)
        info = WeightsInfo("authors", authors_architecture(sizes_of(path, tensors), path), None, "", None, None)
    with torch.device("meta"):  # shapes alone: no random number is drawn
        model = Pairformer(info.architecture)
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    for name in sorted(wanted.keys() | tensors.keys()):
        if name not in tensors:
            raise InputError(path, f"no tensor {name!r}", f"one of shape {wanted[name]}")
        if name not in wanted:
            raise InputError(path, f"tensor {name!r}", "only tensors of the Mini-AF3 network")
        if tensors[name].dtype not in _REAL:
            raise InputError(path, f"tensor {name!r} of {str(tensors[name].dtype).removeprefix('torch.')}", _REAL_NUMBERS)
        if tuple(tensors[name].shape) != wanted[name]:
            raise InputError(path, f"tensor {name!r} has shape {tuple(tensors[name].shape)}", f"shape {wanted[name]}")
        if not bool(torch.isfinite(tensors[name]).all()):
            raise InputError(path, f"tensor {name!r} holds values that are not finite numbers", "finite weights")
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return model.eval(), info
