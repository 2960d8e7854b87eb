"""What the network of a spec can be trained on: checked before any work; nothing slow is loaded."""

from collections.abc import Sequence

from paper_repro.analysis.folds import Fold, folds
from paper_repro.files import InputError, input_error
from paper_repro.sampling.snapshots import Snapshots, names_of
from paper_repro.spec import Spec


def require_network(data: Sequence[Snapshots], spec: Spec, temperatures: Sequence[float] = ()) -> None:
    """Raise ``InputError``, one line, for data that the network of a spec cannot serve.

    It serves open chains of one temperature, of as many sites and species as it has embeddings for, and takes two trainings or
    more. ``temperatures`` are those of the data.
    """
    if len(temperatures) > 1:
        shown = ", ".join(f"{value:g}" for value in temperatures)
        raise InputError("temperature", f"{shown}, with a network", "snapshots of one temperature for a network")
    for part in data:
        if not part.geometry.is_open_chain:
            what = "a ring" if part.geometry.is_chain else "sites that are no chain"
            raise InputError(part.origin, f"{what}, with a network", "open chains, or an inference without a network")
    if len(spec.training.seeds) < 2:
        raise InputError(f"spec {spec.name}: training.seeds", "one training", "two or more, for the scatter between them")
    sites, species = max(part.sites for part in data), len(names_of(data))
    for name, found, wanted in (("positions", spec.architecture.positions, sites), ("species", spec.architecture.species, species)):
        if found < wanted:
            raise InputError(f"spec {spec.name}: architecture.{name}", str(found), f"at least {wanted} for these snapshots")
    folds_of(data, spec)


def folds_of(data: Sequence[Snapshots], spec: Spec) -> tuple[Fold, ...]:
    """Return the data in as many parts as the spec has trainings; raises ``InputError`` where they are too few."""
    try:
        return folds(data, len(spec.training.seeds))
    except ValueError as error:
        raise input_error(data[0].origin, error, "more snapshots for a network") from error
