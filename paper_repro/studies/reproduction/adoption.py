"""Trainings that exist, found in a folder of weights by the metadata of the files: the training, the seed, the steps."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import attrs

from paper_repro.files import InputError, printable, read_bytes
from paper_repro.score.header import read_metadata
from paper_repro.spec import Loaded, Origin, Spec, digests, training_digest
from paper_repro.studies.reproduction.recorded_epochs import recorded_epochs
from paper_repro.studies.reproduction.results import Adopted

_EXPECTED = "a folder with weights of trainings of this spec"


@attrs.frozen
class FoundTraining:
    """The weights of one training: its seed, the content of their file, and the record of where it comes from.

    ``epochs`` are the weights at the end of recorded epochs, by the number of the epoch; the last are ``weights``.
    """

    seed: int
    weights: bytes
    record: Adopted
    epochs: Mapping[int, bytes]


def find_trainings(folder: Path, spec: Spec, say: Callable[[str], None]) -> tuple[FoundTraining, ...]:
    """Return the trainings of a spec whose weights are in a folder, in the order of their seeds.

    The weights at the end of its last epochs are taken with a training. A file of another training, or with a number of steps that
    is not the end of one of those epochs, is left out, and so is a training that has not ended: ``say`` reports why, and which
    files state other query times than the spec, whose times the run uses. Raises ``InputError`` for a file that is no complete
    safetensors file, two trainings of one seed, and where nothing is left.
    """
    if not folder.is_dir():
        raise InputError(folder, "not a folder" if folder.exists() else "does not exist", _EXPECTED)
    found: dict[int, dict[int, Path]] = {}
    for path in sorted(folder.glob("*.safetensors")):
        metadata = read_metadata(path)
        why = _mismatch(metadata, spec)
        if why:
            say(f"{printable(path.name)} is left out: {why}")
            continue
        epochs = found.setdefault(int(metadata["seed"]), {})
        before = epochs.setdefault(int(metadata["steps"]) // _steps_in_epoch(spec), path)
        if read_metadata(before).get("tensors_sha256") != metadata.get("tensors_sha256"):
            files = f"{printable(before.name)} and {printable(path.name)}"
            raise InputError(folder, f"{files} are both of seed {metadata['seed']}", "one training of each seed")
    for seed in [seed for seed, epochs in found.items() if spec.training.epochs not in epochs]:
        say(f"seed {seed} is left out: its last epoch is missing")
        del found[seed]
    if not found:
        raise InputError(folder, f"no weights of spec {spec.name}", _EXPECTED)
    return tuple(_read(seed, epochs, spec, say) for seed, epochs in sorted(found.items()))


def _steps_in_epoch(spec: Spec) -> int:
    return spec.training.steps_in_epoch(spec.training_set.sequences)


def _mismatch(metadata: Mapping[str, str], spec: Spec) -> str:
    """Return why a file has no weights of a training of a spec, at its end or that of a recorded epoch; empty where it has."""
    kind = "training" if "training_sha256" in metadata else "spec"  # which weights of format 5 and before state
    accepted = (training_digest(spec),) if kind == "training" else digests(spec)
    stated, seed, steps = (metadata.get(key, "") for key in (f"{kind}_sha256", "seed", "steps"))
    if stated not in accepted:
        return f"{kind} {stated[:12] or 'not stated'}; expected {accepted[0][:12]} ({spec.name})"
    if not (seed.isascii() and seed.isdigit() and len(seed) < 19):
        return f"seed {seed[:20]!r}; expected the seed of a training"
    ends = {str(epoch * _steps_in_epoch(spec)) for epoch in recorded_epochs(spec)}
    return "" if steps in ends else f"{steps[:20] or 'no'} steps; expected {spec.training.steps(spec.training_set.sequences)}"


def _read(seed: int, epochs: Mapping[int, Path], spec: Spec, say: Callable[[str], None]) -> FoundTraining:
    """Read the weights of a training, and check that they are whole networks of the spec."""
    from paper_repro.score.weights import load_weights  # noqa: PLC0415  (torch is loaded once headers are in order)

    contents = {}
    for epoch, path in sorted(epochs.items()):
        _, info = load_weights(path)
        if info.architecture != spec.architecture:
            raise InputError(path, "a network of another architecture", f"that of spec {spec.name}")
        contents[epoch] = read_bytes(path, "weights of a training")
    weights, steps = contents.pop(spec.training.epochs), spec.training.steps(spec.training_set.sequences)
    name, times = printable(epochs[spec.training.epochs].name), spec.inversion.query_times
    if info.query_times != times:
        say(f"{name} states the query times {_listed(info.query_times)}; {_listed(times)} of the spec are used")
    record = Adopted(name, hashlib.sha256(weights).hexdigest(), info.spec_sha256, steps, info.made)
    return FoundTraining(seed, weights, record, contents)


def _listed(times: Iterable[float] | None) -> str:
    return ", ".join(f"{time:g}" for time in times or ())


def with_trainings(loaded: Loaded[Spec], trainings: Iterable[FoundTraining]) -> Loaded[Spec]:
    """Return a spec whose training seeds are those of trainings that exist."""
    spec, seeds = loaded.record, tuple(training.seed for training in trainings)
    record = attrs.evolve(spec, training=attrs.evolve(spec.training, seeds=seeds))
    origin = Origin("assumed", why="the trainings whose weights were given")
    return attrs.evolve(loaded, record=record, origins={**loaded.origins, "training.seeds": origin})
