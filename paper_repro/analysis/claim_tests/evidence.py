"""The records of the evidence: one a claim. A claim's ``measured`` in specs/published.toml is a path in ``Evidence``."""

from collections.abc import Mapping

import attrs

from paper_repro.numerics.measured import Measured
from paper_repro.sampling.exchange_times import ExchangeGain


@attrs.frozen
class Residual:
    """1 - R² of the inversion: the ``smallest`` and that of each network; the mean ``correlation`` of the residuals of two."""

    smallest: Measured
    each: tuple[Measured, ...]
    correlation: Measured | None = None


@attrs.frozen
class ForceBeyondRange:
    """|couplings beyond the range| / |couplings within it|, in one fit to both: over the networks, and of each."""

    beyond: Measured
    each: tuple[Measured, ...]


@attrs.frozen
class InteractionBeyondRange:
    """Share of Σ|W| at separations beyond the range: over the networks, and of each."""

    beyond: Measured
    each: tuple[float, ...]


@attrs.frozen
class Scale:
    """Size of the couplings from snapshots alone, by maximum likelihood, over β, and half its 95 % interval."""

    over_beta: Measured
    half_interval: Measured


@attrs.frozen
class Corruption:
    """Area under the curve (ROC) of R² as a detector of one kind of corrupted output, with its standard error.

    ``found`` is the fraction of corrupted sequences below the threshold.
    """

    value: float
    standard_error: float
    found: float


@attrs.frozen
class Detector:
    """R² as a detector of corrupted output: the ``threshold`` of 1 % false alarms, each corruption, and the ``worst`` area."""

    threshold: float
    shuffled_identities: Corruption
    random_network: Corruption
    wrong_temperature: Corruption
    unseen_lengths: Corruption
    worst: Measured


@attrs.frozen
class Generalisation:
    """Growth of 1 - R² at fixed couplings outside the training distribution, by place, and where it is largest: ``excess``."""

    places: Mapping[str, Measured]
    excess: Measured


@attrs.frozen
class Discovered:
    """What the inversion of one network's force on all candidates claims: ``false`` terms by name, and the true ones ``missed``.

    ``largest_false`` is the largest false coupling over the largest coupling of all; 0 where none is claimed.
    """

    false: tuple[str, ...]
    missed: tuple[str, ...]
    largest_false: float


@attrs.frozen
class Discovery:
    """On how many candidates the inversion is ``wrong``, ``false`` or ``missed``, and the ``largest_false`` one: over the networks.

    ``false_in_all`` counts the false terms that every network claims; ``each`` has the terms of each network.
    """

    wrong: Measured
    false: Measured
    missed: Measured
    largest_false: Measured
    false_in_all: float
    each: tuple[Discovered, ...]


@attrs.frozen
class PlateauEvidence:
    """The plateaus of several trainings, per spin: |gap to the exact ln Z|, and the deviation at high energies.

    ``high_energy_of_the_other`` is that of a reference training, ``high_energy_left`` its share of ours.
    """

    gap_per_spin: Measured
    high_energy: Measured
    high_energy_of_the_other: Measured | None = None
    high_energy_left: Measured | None = None


@attrs.frozen
class WitnessEvidence:
    """The network and the closed-form test on the same snapshots of worlds with a three-spin term of 10 % of J outside the library.

    ``network`` and ``closed_form`` are the mean evidence of each for a missing term, in standard deviations, 0 where there is none,
    and ``advantage`` is the mean of their difference, where the term is not in the list of the closed-form test; ``listed`` is that
    where it is.
    """

    advantage: Measured
    network: Measured
    closed_form: Measured
    listed: Measured | None = None


@attrs.frozen
class Evidence:
    """All evidence; None where it was not measured."""

    residual: Residual | None = None
    force: ForceBeyondRange | None = None
    interaction: InteractionBeyondRange | None = None
    scale: Scale | None = None
    exchange: ExchangeGain | None = None
    detector: Detector | None = None
    generalisation: Generalisation | None = None
    plateau: PlateauEvidence | None = None
    discovery: Discovery | None = None
    witness: WitnessEvidence | None = None
