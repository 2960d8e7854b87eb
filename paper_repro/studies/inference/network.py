"""The score network as a witness: trained on a user's own snapshots, given no terms, and compared with the library."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from paper_repro.analysis.coupling_fit import CouplingFit
from paper_repro.analysis.force_test import ForceTest, force_test
from paper_repro.analysis.learning_curve import subsample
from paper_repro.analysis.outside_library import outside_library
from paper_repro.analysis.witness import PRECISE, NetworkLearning, NetworkPoint, Witness, witness
from paper_repro.files import input_error
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.spec import Spec
from paper_repro.studies.inference.network_checks import folds_of
from paper_repro.studies.inference.network_results import NetworkCoupling, NetworkResult, NetworkWarning
from paper_repro.studies.inference.network_training import NetworkTraining
from paper_repro.studies.inference.steps import Steps


@attrs.frozen(eq=False)
class NetworkStudy:
    """A recipe, and snapshots whose library has been fitted in closed form.

    ``folder`` keeps checkpoints and weights, None nothing; ``level`` is that of the verdict.
    """

    data: tuple[Snapshots, ...]
    terms: Terms
    fit: CouplingFit
    spec: Spec
    level: float
    folder: Path | None
    threads: int
    step: Steps

    def training(self, number: int, data: Sequence[Snapshots], name: str) -> NetworkTraining:
        """Return the training with the seed ``number`` of the spec on some snapshots."""
        known = [part.numbered(self.terms.species_names) for part in data]
        return NetworkTraining(self.spec, self.spec.training.seeds[number], known, name, self.folder, self.threads)

    def tested(self, made: NetworkTraining, held_out: Sequence[Snapshots]) -> ForceTest:
        """Train a network, and test its force on snapshots that it has not seen.

        Raises ``InputError`` where its force cannot be inverted.
        """
        force = self.step(f"train {made.name}", made.steps, lambda advance: made(advance, self.step.say))
        outside, count = outside_library(self.terms, [part.geometry for part in self.data]), sum(map(len, held_out))
        try:
            return self.step(
                f"test {made.name}",
                count,
                lambda advance: force_test(
                    force, held_out, self.terms, outside, self.fit.coefficients, block=self.fit.correlation.block,
                    r2_about=self.spec.inversion.r2_about, threads=self.threads, progress=advance,
                ),
            )  # fmt: skip
        except ValueError as error:
            raise input_error(f"spec {self.spec.name}: {made.name}", error, "a network whose force can be inverted") from error

    def witness(self) -> Witness:
        """Return the joint evidence of the trainings: each has seen all but one part of the data, and is tested on that part."""
        return witness(self._tests(), self.level)

    def _tests(self) -> list[ForceTest]:
        parts = enumerate(folds_of(self.data, self.spec))
        return [self.tested(self.training(number, part.training, f"network-{number}"), part.held_out) for number, part in parts]

    def result(self, temperature: float | None, interval: float) -> NetworkResult:
        """Return the network compared with the closed form; couplings in units of energy if there is a ``temperature``.

        ``interval`` is 1 - confidence of the intervals of couplings.
        """
        tests, first = self._tests(), folds_of(self.data, self.spec)[0]
        half = self.training(0, subsample(first.training, 0.5), "network-half")
        of_half = self.tested(half, first.held_out)
        curve = NetworkLearning.of(
            NetworkPoint(sum(map(len, half.data)), of_half.excess, of_half.excess_error),
            NetworkPoint(sum(map(len, first.training)), tests[0].excess, tests[0].excess_error),
            self.fit.snapshots,
        )
        found, unit = witness(tests, self.level), 1.0 if temperature is None else temperature
        rows = zip(
            self.terms.labels, found.coefficients * unit, found.errors * unit, found.half_widths(interval) * unit, strict=True
        )
        return NetworkResult(
            recipe=self.spec.name,
            seeds=self.spec.training.seeds,
            steps=half.steps,
            couplings=tuple(NetworkCoupling(label, float(c), float(e), float(c - h), float(c + h)) for label, c, e, h in rows),
            witness=found,
            learning=curve,
            warnings=tuple(_warnings(curve)),
        )


def _warnings(curve: NetworkLearning) -> Iterator[NetworkWarning]:
    if curve.precise:
        return
    half, whole = curve.points
    error = (
        f"the network's force is off by {whole.excess:.1%} of its mean square after training on {whole.snapshots:,} snapshots "
        f"and by {half.excess:.1%} on {half.snapshots:,}; a witness has {PRECISE:.0%} at most"
    )
    if math.isfinite(curve.needed):
        yield NetworkWarning("too few snapshots", f"{error}: about {float(f'{curve.needed:.2g}'):,.0f} snapshots would do.")
    else:
        yield NetworkWarning(
            "training too short", f"{error}: it does not fall with the snapshots; train longer, or another recipe."
        )
