"""What an inference gives, as records."""

from typing import Literal

import attrs

from paper_repro.analysis.adequacy import Adequacy
from paper_repro.analysis.confirmation import Confirmation
from paper_repro.analysis.confounded import Group
from paper_repro.analysis.coupling_fit import ErrorMethod, RunCorrelation
from paper_repro.analysis.data_checks import DataWarning
from paper_repro.analysis.learning_curve import LearningCurve
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.label import TermLabel
from paper_repro.studies.inference.network_results import NetworkResult

Verdict = Literal["present", "absent", "undecided"]


@attrs.frozen
class Coupling:
    """One term: its 95 % interval, and the verdict at the level that holds over all terms.

    ``estimate``, ``error`` (one standard error), ``low``, ``high`` and ``bound``, the upper limit of |coupling| at that level, are
    in the unit of the inference.
    """

    term: TermLabel
    estimate: float
    error: float
    low: float
    high: float
    bound: float
    verdict: Verdict


@attrs.frozen
class DataSummary:
    """What the couplings rest on: numbers of snapshots, systems, runs, spins (snapshots × sites), and sites of all systems.

    ``sites`` are the smallest and the largest number of sites of one system; ``notes`` list the changes of the data before the
    fit; ``temperatures`` are those of the records, each once, rising, in units of energy / k_B; none where they are not known.
    """

    snapshots: int
    systems: int
    runs: int
    spins: int
    all_sites: int
    sites: tuple[int, int]
    species: tuple[str, ...]
    temperatures: tuple[float, ...]
    correlation: RunCorrelation
    notes: tuple[str, ...]

    @property
    def temperature(self) -> float | None:
        """The temperature of all data; None where it is not known, and where there are several."""
        return self.temperatures[0] if len(self.temperatures) == 1 else None


@attrs.frozen(eq=False)
class Inference:
    """The law found in snapshots. ``level`` is the error rate over all terms, ``unit`` that of every coupling.

    ``groups`` are the terms that the data do not distinguish; ``adequacy`` is the test of the library;
    ``confirmation`` compares data of the fitted law with the data, None where it was not made; ``learning`` is the width of the
    intervals against the number of snapshots; ``errors`` is whether they are of the data alone or of the fitted law;
    ``correlations`` (term, term) are those of the errors of the estimates; ``network`` is the evidence of a score network
    that was trained on the data, None where none was.
    """

    couplings: tuple[Coupling, ...]
    groups: tuple[Group, ...]
    adequacy: Adequacy
    confirmation: Confirmation | None
    learning: LearningCurve
    data: DataSummary
    warnings: tuple[DataWarning, ...]
    errors: ErrorMethod
    correlations: Floats
    condition: float
    level: float
    unit: str
    conventions: tuple[str, ...]
    network: NetworkResult | None = None

    def __str__(self) -> str:
        """Return the report as text, as ``paper-repro infer`` prints it."""
        from paper_repro.report.terminal import as_text  # noqa: PLC0415  (rich is for who prints)
        from paper_repro.studies.inference.sections import TITLE, sections  # noqa: PLC0415  (they show this record)

        return as_text(sections(self), TITLE)

    def __repr__(self) -> str:
        """Return the report as text: what a notebook shows."""
        return str(self)
