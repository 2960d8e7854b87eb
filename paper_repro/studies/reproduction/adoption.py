"""Trainings that exist, found in a folder of weights by what their files say: the spec, the seed, the steps."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs

from paper_repro.files import InputError, printable, read_bytes
from paper_repro.score.header import read_metadata
from paper_repro.spec import Loaded, Origin, Spec, digests
from paper_repro.studies.reproduction.results import Adopted

_EXPECTED = "a folder with weights of trainings of this spec"


@attrs.frozen
class FoundTraining:
    """The weights of one training: its seed, the content of their file, and the record of where it comes from."""

    seed: int
    weights: bytes
    record: Adopted


def find_trainings(folder: Path, spec: Spec, say: Callable[[str], None]) -> tuple[FoundTraining, ...]:
    """Return the trainings of a spec whose weights lie in a folder, in the order of their seeds.

    A file of another spec, or of a training that has not ended, is left out, and ``say`` says why. Raises ``InputError`` for a file
    that is no complete safetensors file, two trainings of one seed, and where nothing is left.
    """
    if not folder.is_dir():
        raise InputError(folder, "not a folder" if folder.exists() else "does not exist", _EXPECTED)
    accepted, found = digests(spec), dict[int, tuple[Path, str]]()
    for path in sorted(folder.glob("*.safetensors")):
        metadata = read_metadata(path)
        why = _mismatch(metadata, accepted, spec)
        if why:
            say(f"{printable(path.name)} is left out: {why}")
            continue
        seed, tensors = int(metadata["seed"]), metadata.get("tensors_sha256", "")
        before, same = found.setdefault(seed, (path, tensors))
        if same != tensors:
            raise InputError(folder, f"{before.name} and {path.name} are both of seed {seed}", "one training of each seed")
    if not found:
        raise InputError(folder, f"no weights of spec {spec.name}", _EXPECTED)
    return tuple(_read(seed, path, spec) for seed, (path, _) in sorted(found.items()))


def _mismatch(metadata: dict[str, str], accepted: Iterable[str], spec: Spec) -> str:
    """Return why a file is no training of a spec; empty where it is one."""
    stated, seed, steps = (metadata.get(key, "") for key in ("spec_sha256", "seed", "steps"))
    total = str(spec.training.steps(spec.training_set.sequences))
    if stated not in accepted:
        return f"spec {stated[:12] or 'not stated'}; expected {' or '.join(one[:12] for one in accepted)} ({spec.name})"
    if not (seed.isascii() and seed.isdigit() and len(seed) < 19):
        return f"seed {seed[:20]!r}; expected the seed of a training"
    return "" if steps == total else f"{steps[:20] or 'no'} steps; expected {total}"


def _read(seed: int, path: Path, spec: Spec) -> FoundTraining:
    """Read the weights of a training, and check that they are a whole network of the spec."""
    from paper_repro.score.weights import load_weights  # noqa: PLC0415  (torch is loaded once headers are in order)

    _, info = load_weights(path)
    if (info.architecture, info.query_times) != (spec.architecture, spec.inversion.query_times):
        raise InputError(path, "a network of another architecture or other query times", f"those of spec {spec.name}")
    weights = read_bytes(path, "weights of a training")
    steps = spec.training.steps(spec.training_set.sequences)
    record = Adopted(printable(path.name), hashlib.sha256(weights).hexdigest(), info.spec_sha256, steps, info.made)
    return FoundTraining(seed, weights, record)


def with_trainings(loaded: Loaded[Spec], trainings: Iterable[FoundTraining]) -> Loaded[Spec]:
    """Return a spec whose training seeds are those of trainings that exist."""
    spec, seeds = loaded.record, tuple(training.seed for training in trainings)
    record = attrs.evolve(spec, training=attrs.evolve(spec.training, seeds=seeds))
    origin = Origin("assumed", why="the trainings whose weights were given")
    return attrs.evolve(loaded, record=record, origins={**loaded.origins, "training.seeds": origin})
