"""The results of a run, out of the files that its stages made; nothing is computed here."""

from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

import attrs

from paper_repro.spec import Constant, Spec, digest
from paper_repro.studies.reproduction.networks import AUTHORS, trained
from paper_repro.studies.reproduction.results import (
    Adopted,
    ByNetwork,
    Calibration,
    EndTime,
    EpochInversion,
    FailedCalibration,
    Inversion,
    LogLikelihoods,
    Readout,
    Results,
    Sampling,
    ThermodynamicIntegral,
    Training,
)
from paper_repro.studies.reproduction.results_file import read_part

T = TypeVar("T")


@attrs.frozen
class _Reader:
    """Reads parts of a run directory, those of ``made`` alone."""

    folder: Path
    spec: Spec
    made: Collection[str]

    def part(self, name: str, kind: type[T]) -> T | None:
        path = f"results/{name}.json"
        return read_part(self.folder / path, kind) if path in self.made else None

    def by_network(self, section: str, kind: type[T]) -> ByNetwork[T]:
        """Read a section of every network; of the training seeds where all have it."""
        found = [self.part(f"{section}-{trained(seed).name}", kind) for seed in self.spec.training.seeds]
        whole = tuple(part for part in found if part is not None)
        return ByNetwork(whole if len(whole) == len(found) else (), self.part(f"{section}-{AUTHORS.name}", kind))

    def likelihoods(self) -> ByNetwork[tuple[LogLikelihoods, ...]]:
        found = [self.likelihoods_of(trained(seed).name) for seed in self.spec.training.seeds]
        whole = tuple(part for part in found if part is not None)
        return ByNetwork(whole if len(whole) == len(found) else (), self.likelihoods_of(AUTHORS.name))

    def likelihoods_of(self, name: str) -> tuple[LogLikelihoods, ...] | None:
        count = len(self.spec.likelihood_temperatures)
        found = [self.part(f"likelihood-{name}-{index}", LogLikelihoods) for index in range(count)]
        whole = tuple(part for part in found if part is not None)
        return whole if len(whole) == count else None


def collect(folder: Path, spec: Spec, made: Collection[str]) -> Results:
    """Return the results of a run out of the outputs ``made``; sections of which an output is missing are left out.

    Raises ``InputError`` for a file that is damaged, or that other code has made.
    """
    reader = _Reader(folder, spec, made)
    calibrated: type[Calibration | FailedCalibration] = Calibration | FailedCalibration  # type: ignore[assignment]
    return Results(
        spec=spec.name,
        spec_sha256=digest(spec),
        seeds=spec.training.seeds,
        training=reader.by_network("training", Training),
        adopted=reader.by_network("adopted", Adopted),
        inversion=reader.by_network("inversion", Inversion),
        epochs=reader.by_network("epochs", tuple[EpochInversion, ...]),
        readout=reader.by_network("readout", Readout),
        calibration=reader.by_network("calibration", calibrated),
        likelihood=reader.likelihoods(),
        constants=reader.part("constants", tuple[Constant, ...]) or (),
        sampling=reader.part("sampling", Sampling),
        thermodynamic_integration=reader.part("thermodynamic_integration", ThermodynamicIntegral),
        end_time=reader.part("end_time", EndTime),
    )
