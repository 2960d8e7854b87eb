"""The records of everything that a run yields; their names and nesting are those of results.json and of results/*.json.

Errors are one standard error. Numbers are NaN if undefined (null in a file); None was not
measured.
"""

from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

import attrs

from paper_repro.analysis.force_magnitudes import ForceMagnitudes
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.measured import Measured
from paper_repro.spec import Constant

T = TypeVar("T")
#: How the authors' network is named in tables and figures.
AUTHORS_NAME = "authors' weights"
Verdict = Literal["REPRODUCED", "DEVIATES", "INCONCLUSIVE"]


@attrs.frozen(eq=False)
class Training:
    """One training: optimiser steps, parameters, the loss of every step (step,) and its mean in every epoch (epoch,)."""

    steps: int
    parameters: int
    losses: Floats
    epoch_losses: Floats


@attrs.frozen
class Adopted:
    """A training that was made elsewhere: the name of its file, its SHA-256, the digest of its spec, and its optimiser steps.

    ``made`` are the device, the machine and the versions that its file states; files before weights 5 state none.
    """

    file: str
    sha256: str
    spec_sha256: str
    steps: int
    made: Mapping[str, str]


@attrs.frozen
class Inversion:
    """The couplings read out of one network's force: see ``analysis.basis_fit.Fit`` and ``analysis.comparison.Comparison``.

    ``couplings`` are βJ, dimensionless; ``ratios`` are to the reference coupling; both by the name of the term.
    """

    cosine: Measured
    r2: Measured
    r2_about_zero: Measured
    scale: Measured
    force_error: Measured
    ratios: Mapping[str, Measured]
    couplings: Mapping[str, Measured]
    equations: Measured
    condition: float


@attrs.frozen
class EpochInversion:
    """The inversion of a training at the end of an epoch, numbered from 1, on a part of the test set."""

    epoch: int
    inversion: Inversion


@attrs.frozen(eq=False)
class Example:
    """One snapshot (site, 3), W (site, site) and β × force (site, 3) of a network for it."""

    sequence: str
    spins: Floats
    interaction: Floats
    force: Floats


@attrs.frozen(eq=False)
class Readout:
    """|W| by separation: quartiles (separation, 3), means and counts (separation,); ``analysis.readout`` defines the rest."""

    separations: Integers
    quartiles: Floats
    means: Floats
    counts: Integers
    within_range: float
    pearson: float
    slope: float
    force_magnitudes: ForceMagnitudes
    example: Example


@attrs.frozen(eq=False)
class LogLikelihoods:
    """Energies, in the unit of the couplings, and log-likelihoods of configurations (configuration,) drawn at one temperature."""

    temperature: float
    energies: Floats
    log_likelihoods: Floats


@attrs.frozen
class Calibration:
    """The plateau of one network: see ``analysis.plateau.Plateau``.

    ``above`` is how far the configurations of each temperature lie above the plateau on average; ``flat_until`` the energy up to
    which it is flat; ``ln_z_by_integration`` ln Z(β_eff) by thermodynamic integration, None where β_eff was not reached by it.
    """

    alpha: Measured
    beta_effective: Measured
    ln_z: Measured
    exact_ln_z: Measured
    gap: Measured
    residual: Measured
    high_energy: Measured
    low_energy_count: int
    threshold: float
    above: tuple[Measured, ...]
    flat_until: Measured
    ln_z_by_integration: Measured | None = None


@attrs.frozen
class FailedCalibration:
    """Why a network has no plateau; ``threshold`` is the energy up to which its slope was to be fitted."""

    failed: str
    threshold: float


@attrs.frozen(eq=False)
class Histogram:
    """Counts (bin,) between ``edges`` (bin + 1,)."""

    edges: Floats
    counts: Integers


@attrs.frozen(eq=False)
class Autocorrelation:
    """The pooled autocorrelation of one observable at ``lags`` (lag,) in sweeps: see ``sampling.autocorrelation``."""

    lags: Floats
    values: Floats
    errors: Floats
    time: float
    time_error: float
    window: float
    converged: bool
    z: float


@attrs.frozen(eq=False)
class DatasetDiagnostics:
    """How well one data set was sampled: see ``sampling.diagnostics``.

    ``temperatures`` (replica,), ``swap_rates`` (replica - 1,); ``lengths`` (length + 1,) is the number of chains of each length.
    """

    swap_rate: float
    smallest_swap_rate: float
    round_trips: float
    autocorrelation: float
    thinning_ratio: float
    z_mean: float
    z_deviation: float
    z_largest: float
    z_pooled: float
    temperatures: Floats
    swap_rates: Floats
    z_histogram: Histogram
    lengths: Integers
    autocorrelation_of_energy: Autocorrelation | None = None
    autocorrelation_of_ends: Autocorrelation | None = None
    overlap_successive: Measured | None = None
    overlap_independent: Measured | None = None
    overlap_difference: Measured | None = None


@attrs.frozen(eq=False)
class Conformation:
    """One snapshot: letters and spins (site, 3)."""

    sequence: str
    spins: Floats


@attrs.frozen(eq=False)
class BondCosines:
    """Histograms of S_i·S_j over the bonds of each term (bin,), by the name of the term; common ``edges`` (bin + 1,)."""

    edges: Floats
    counts: Mapping[str, Floats]


@attrs.frozen(eq=False)
class Sampling:
    """Both data sets: how they were sampled, the shortest, middle and longest test chain, the bonds of the test snapshots."""

    training: DatasetDiagnostics
    test: DatasetDiagnostics
    conformations: tuple[Conformation, ...]
    bond_cosines: BondCosines


@attrs.frozen(eq=False)
class ThermodynamicIntegral:
    """ln Z at β = 1/T₀ by thermodynamic integration: see ``analysis.thermodynamic_integration``. Arrays are (point,)."""

    ln_z: Measured
    exact_ln_z: Measured
    error: Measured
    quadrature_bias: Measured
    betas: Floats
    mean_energies: Floats
    standard_errors: Floats


@attrs.frozen
class EndTimeCost:
    """What one end time of the diffusion costs in ln Z: see ``analysis.end_time.EndTimeCost``."""

    end_time: float
    pair: float
    pair_error: float
    pair_exact: float
    flow_error: float
    chain: float
    chain_error: float
    chain_gaussian: float


@attrs.frozen
class EndTime:
    """The costs of several end times, for two spins of κ = βJ and for the chain of the likelihood."""

    kappa: float
    costs: tuple[EndTimeCost, ...]


@attrs.frozen
class Draw:
    """A published value as one more draw of the recipe's law: see ``spec.published.DrawOfTheRecipe``.

    ``probability`` is two-sided, ``corrected`` by Holm's method; NaN where the rule decides nothing. ``scatter`` is the standard
    deviation between trainings over the distance of the published value from the truth: below 1 the recipe distinguishes the two.
    ``bias`` is the mean over trainings less the truth.
    """

    trainings: int
    probability: float
    corrected: float
    scatter: float
    bias: Measured
    verdict: Verdict
    reason: str

    @property
    def is_fixed(self) -> bool:
        """Whether the recipe distinguishes the published value from the truth: its scatter is below their distance."""
        return self.scatter < 1


@attrs.frozen
class Judgement:
    """The verdict on one claim: our value, its errors, the interval that the published value had to meet, and the reason.

    ``measured`` is the path of our value in ``Results``. ``over_sequences`` is the standard error from resampling within a seed,
    averaged over the seeds: these share the test sequences, so that it does not fall with their number; ``over_seeds`` is the
    standard deviation between training seeds. NaN where there is none, as for a published value that is lost. ``verdict`` and
    ``reason`` are by the rule of the claim; ``draw`` is by the second rule, where the claim has one: then that one counts.
    """

    claim: str
    statement: str
    measured: str
    rule: str
    published: float
    value: float
    over_sequences: float
    over_seeds: float
    low: float
    high: float
    verdict: Verdict
    reason: str
    draw: Draw | None = None

    @property
    def decided(self) -> "Draw | Judgement":
        """What holds the verdict that counts, with its reason."""
        return self if self.draw is None else self.draw


@attrs.frozen(eq=False)
class ByNetwork(Generic[T]):
    """One section of each network: of the training seeds in order (none where it was not made), and of the authors' network."""

    trained: tuple[T, ...] = ()
    authors: T | None = None

    def __bool__(self) -> bool:
        """Whether the networks of the training seeds have this section."""
        return bool(self.trained)

    @property
    def all(self) -> tuple[T, ...]:
        """The section of every network that has it, the authors' last."""
        return self.trained if self.authors is None else (*self.trained, self.authors)


@attrs.frozen(eq=False)
class Results:
    """Everything that a run yields. Sections that were not made are None or empty.

    ``spec`` is the name of the spec, ``caveats`` are why the run establishes nothing, ``determinism`` maps patterns of paths to
    classes of reproducibility. ``likelihood`` has the configurations of each temperature, and is not in results.json.
    """

    spec: str
    spec_sha256: str
    seeds: tuple[int, ...]
    caveats: tuple[str, ...] = ()
    determinism: Mapping[str, str] = attrs.field(factory=dict)
    verdicts: tuple[Judgement, ...] = ()
    training: ByNetwork[Training] = ByNetwork()
    adopted: ByNetwork[Adopted] = ByNetwork()
    inversion: ByNetwork[Inversion] = ByNetwork()
    epochs: ByNetwork[tuple[EpochInversion, ...]] = ByNetwork()
    readout: ByNetwork[Readout] = ByNetwork()
    calibration: ByNetwork[Calibration | FailedCalibration] = ByNetwork()
    likelihood: ByNetwork[tuple[LogLikelihoods, ...]] = ByNetwork()
    constants: tuple[Constant, ...] = ()
    sampling: Sampling | None = None
    thermodynamic_integration: ThermodynamicIntegral | None = None
    end_time: EndTime | None = None

    @property
    def has_authors(self) -> bool:
        """Whether the authors' network was analysed."""
        return any(part.authors is not None for part in (self.inversion, self.readout, self.calibration, self.likelihood))

    def named(self, section: ByNetwork[T]) -> list[tuple[str, T]]:
        """Return the networks that have a section, by name: "seed 0", …, "authors' weights"."""
        names = [*(f"seed {seed}" for seed in self.seeds), AUTHORS_NAME]
        return list(zip(names[: len(section.trained)] + names[len(self.seeds) :], section.all, strict=False))
