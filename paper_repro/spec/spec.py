"""The complete spec of a run, and the consistency of its sections."""

import attrs

from paper_repro.spec.hamiltonian import Hamiltonian, Target
from paper_repro.spec.inversion import Inversion, Readout
from paper_repro.spec.likelihood import Likelihood, ThermodynamicIntegration
from paper_repro.spec.network import Architecture
from paper_repro.spec.sampling import Chains, Dataset, Ladder, Sampler, Seeds
from paper_repro.spec.training import Diffusion, Training


@attrs.frozen
class Spec:
    """Every constant of one run; its values and their origins are in the TOML files of ``specs/``. There are no defaults.

    >>> spec = pr.load_spec(pr.specs_folder() / "paper.toml").record
    >>> spec.target.temperature, spec.ladder.replicas
    (0.05, 40)
    """

    name: str
    hamiltonian: Hamiltonian
    target: Target
    chains: Chains
    ladder: Ladder
    sampler: Sampler
    training_set: Dataset
    test_set: Dataset
    diffusion: Diffusion
    architecture: Architecture
    training: Training
    inversion: Inversion
    readout: Readout
    likelihood: Likelihood
    thermodynamic_integration: ThermodynamicIntegration
    seeds: Seeds

    @property
    def temperature(self) -> float:
        """T₀, the temperature of the data, in units of energy / k_B."""
        return self.target.temperature

    @property
    def beta(self) -> float:
        """1/T₀."""
        return 1 / self.temperature

    @property
    def likelihood_temperatures(self) -> tuple[float, ...]:
        """The temperatures of the configurations whose likelihood is computed, T₀ first."""
        return (self.temperature, *self.likelihood.higher_temperatures)

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` where two sections contradict each other."""
        if not self.name.strip() or not self.name.isprintable():
            raise ValueError(f"name = {self.name!r}; expected a printable name of the run")
        self._check_temperatures()
        self._check_species()
        if self.chains.draw == "released" and self.seeds.data >= 2**32:
            raise ValueError(f"seeds.data = {self.seeds.data}; expected less than 2^32 with chains.draw = 'released'")
        longest = max(self.chains.longest, len(self.likelihood.chain))
        if self.architecture.positions < longest:
            raise ValueError(
                f"architecture.positions = {self.architecture.positions}; expected at least {longest}, the longest chain"
            )
        if self.readout.sequences > self.test_set.sequences:
            raise ValueError(
                f"readout.sequences = {self.readout.sequences}; expected at most test_set.sequences = {self.test_set.sequences}"
            )

    def _check_temperatures(self) -> None:
        if self.ladder.hottest <= self.temperature:
            raise ValueError(f"ladder.hottest = {self.ladder.hottest}; expected more than target.temperature = {self.temperature}")
        for index, value in enumerate(self.likelihood.higher_temperatures):
            if value <= self.temperature:
                raise ValueError(
                    f"likelihood.higher_temperatures[{index}] = {value}; expected more than target.temperature = {self.temperature}"
                )

    def _check_species(self) -> None:
        letters = self.hamiltonian.species
        if self.architecture.species < len(letters):
            raise ValueError(
                f"architecture.species = {self.architecture.species}; expected at least {len(letters)}, as in hamiltonian.species"
            )
        if set(self.likelihood.chain) - set(letters) or len(self.likelihood.chain) < 2:
            raise ValueError(f"likelihood.chain = {self.likelihood.chain!r}; expected two or more letters of {letters!r}")
