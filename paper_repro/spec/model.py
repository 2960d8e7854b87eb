"""Every constant of the paper, as frozen classes: what each means, its unit and its bounds.

The values, and who says each, stand in the TOML files of ``specs/``. There are no defaults here. Temperatures and
energies are in units of the strongest ferromagnetic coupling with k_B = 1; times are those of Brownian motion with
generator ½Δ.
"""

from typing import Annotated, Literal

import attrs

from paper_repro.spec.quantity import Quantity, checked


@attrs.frozen(field_transformer=checked)
class PairTerm:
    """One term of the Hamiltonian: - coupling · S_i·S_j for every i, j = i + separation whose identities are ``pair``."""

    name: str
    separation: Annotated[int, Quantity("distance |i-j| along the chain", unit="sites", symbol="r", at_least=1)]
    pair: Annotated[str, Quantity("the two identities, in either order", unit="")]
    coupling: Annotated[float, Quantity("exchange constant, > 0 ferromagnetic", unit="energy", symbol="J_r(c,c')")]


@attrs.frozen(field_transformer=checked)
class Hamiltonian:
    """H = - Σ_terms coupling Σ_{bonds of the term} S_i·S_j (paper, Eq. 1)."""

    identities: Annotated[str, Quantity("the letters of a sequence, in the order of their codes 0, 1, …", unit="")]
    boundary: Annotated[Literal["open"], Quantity("what happens at the ends of the chain", unit="")]
    terms: tuple[PairTerm, ...]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for letters or names that repeat or cannot be shown, foreign letters, or two terms for a bond."""
        if not self.identities.isprintable() or not 0 < len(self.identities) == len(set(self.identities)):
            raise ValueError(f"identities = {self.identities!r}; expected one or more different letters that can be printed")
        if not self.terms:
            raise ValueError("terms is empty; expected at least one pair term")
        seen: dict[tuple[int, str], str] = {}
        for term in self.terms:
            if not term.name.strip() or "." in term.name or not term.name.isprintable():
                raise ValueError(f"terms: the name {term.name!r}; expected letters that can be printed, without a dot")
            if len(term.pair) != 2 or not set(term.pair) <= set(self.identities):
                raise ValueError(f"terms.{term.name}.pair = {term.pair!r}; expected two letters of {self.identities!r}")
            bond = (term.separation, "".join(sorted(term.pair)))
            if bond in seen:
                raise ValueError(f"terms.{term.name} repeats the bond of terms.{seen[bond]}; expected one term per bond")
            seen[bond] = term.name
        if all(term.coupling == 0 for term in self.terms):
            raise ValueError("terms: every coupling is 0; expected at least one that is not")

    @property
    def range(self) -> int:
        """The largest separation at which two spins interact."""
        return max(term.separation for term in self.terms)


@attrs.frozen(field_transformer=checked)
class Chains:
    """The law of the random sequences."""

    shortest: Annotated[int, Quantity("shortest chain", unit="sites", symbol="N_min", at_least=2)]
    longest: Annotated[int, Quantity("longest chain", unit="sites", symbol="N_max", at_least=2)]
    length_law: Annotated[Literal["uniform"], Quantity("law of the length on [N_min, N_max]", unit="")]
    identity_law: Annotated[Literal["uniform"], Quantity("law of each site's identity", unit="")]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when the lengths are out of order."""
        if self.shortest > self.longest:
            raise ValueError(f"shortest = {self.shortest}; expected at most longest = {self.longest}")


@attrs.frozen(field_transformer=checked)
class Ladder:
    """The temperatures of replica exchange; the data are taken at the coldest."""

    coldest: Annotated[float, Quantity("temperature of the data", unit="energy / k_B", symbol="T₀", above=0)]
    hottest: Annotated[float, Quantity("temperature of the hottest replica", unit="energy / k_B", symbol="T_max", above=0)]
    replicas: Annotated[int, Quantity("number of replicas", unit="replicas", symbol="R", at_least=2)]
    spacing: Annotated[Literal["geometric"], Quantity("law of the temperatures between the two ends", unit="")]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when the temperatures are out of order."""
        if self.coldest >= self.hottest:
            raise ValueError(f"coldest = {self.coldest}; expected less than hottest = {self.hottest}")


@attrs.frozen(field_transformer=checked)
class Sampler:
    """How equilibrium snapshots are made."""

    method: Annotated[Literal["replica-exchange", "exact"], Quantity("replica exchange, or the exact solution", unit="")]
    over_relaxation: Annotated[
        float, Quantity("probability that a local update reflects instead of drawing", unit="1", at_least=0, at_most=1)
    ]
    swap_interval: Annotated[int, Quantity("sweeps between swap attempts", unit="sweeps", at_least=1)]
    burn_in: Annotated[int, Quantity("sweeps before the first snapshot", unit="sweeps", at_least=0)]
    thinning: Annotated[int, Quantity("sweeps between snapshots", unit="sweeps", at_least=1)]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when snapshots or the burn-in do not fall on a swap."""
        for name in ("burn_in", "thinning"):
            if getattr(self, name) % self.swap_interval:
                raise ValueError(f"{name} = {getattr(self, name)}; expected a multiple of swap_interval = {self.swap_interval}")


@attrs.frozen(field_transformer=checked)
class Dataset:
    """The size of one set of snapshots."""

    sequences: Annotated[int, Quantity("unique sequences", unit="sequences", at_least=1)]
    snapshots: Annotated[int, Quantity("snapshots of each sequence", unit="snapshots", at_least=1)]


@attrs.frozen(field_transformer=checked)
class Diffusion:
    """The forward process on (S²)^N and the target of the score (paper, S2)."""

    shortest_time: Annotated[float, Quantity("shortest diffusion time", unit="time", symbol="ε", above=0)]
    longest_time: Annotated[float, Quantity("longest diffusion time", unit="time", symbol="t_max", above=0)]
    time_law: Annotated[
        Literal["uniform", "log-uniform"], Quantity("what is uniform between ε and t_max in training: t, or its logarithm", unit="")
    ]
    noising: Annotated[
        Literal["tangent-gaussian", "brownian"],
        Quantity("one Gaussian step in the tangent plane then exp, or Brownian motion on the sphere", unit=""),
    ]
    target: Annotated[Literal["log", "exact"], Quantity("Log_x(x₀)/t, or the gradient of the log-density of the noising", unit="")]
    weighting: Annotated[
        Literal["time", "shifted-time"], Quantity("weight of the squared error: t, or t + refinement.time_scale", unit="time")
    ]
    angle_threshold: Annotated[
        float, Quantity("angle below which θ/sin θ is taken as 1", unit="rad", symbol="ε_θ", at_least=0, at_most=0.1)
    ]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when the times are out of order."""
        if self.shortest_time >= self.longest_time:
            raise ValueError(f"shortest_time = {self.shortest_time}; expected less than longest_time = {self.longest_time}")


@attrs.frozen(field_transformer=checked)
class Architecture:
    """The shape of the Mini-AF3 network (paper, S3)."""

    identities: Annotated[int, Quantity("rows of the identity embedding", unit="identities", at_least=1)]
    positions: Annotated[int, Quantity("rows of the position and separation embeddings", unit="sites", at_least=2)]
    single_width: Annotated[int, Quantity("width of the single representation", unit="channels", at_least=1)]
    pair_width: Annotated[int, Quantity("width of the pair representation", unit="channels", at_least=1)]
    pair_hidden: Annotated[int, Quantity("hidden width of the pair transition", unit="channels", at_least=1)]
    heads: Annotated[int, Quantity("attention heads", unit="heads", at_least=1)]
    blocks: Annotated[int, Quantity("Pairformer blocks", unit="blocks", at_least=0)]
    activation: Annotated[Literal["gelu"], Quantity("activation of every MLP (GELU by the error function)", unit="")]
    time_input: Annotated[
        Literal["raw", "log", "shifted-log"],
        Quantity("how the diffusion time enters: as the bare t, as ln t, or as ln(t + refinement.time_scale)", unit=""),
    ]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when the heads do not divide the single representation."""
        if self.single_width % self.heads:
            raise ValueError(f"single_width = {self.single_width}; expected a multiple of heads = {self.heads}")


@attrs.frozen(field_transformer=checked)
class Training:
    """How the network is trained."""

    optimiser: Annotated[Literal["adamw"], Quantity("the optimiser", unit="")]
    epochs: Annotated[int, Quantity("passes over the sequences, one random snapshot of each per pass", unit="epochs", at_least=1)]
    batch: Annotated[int, Quantity("chains in a batch", unit="chains", at_least=1)]
    learning_rate: Annotated[float, Quantity("learning rate, constant", unit="1", above=0)]
    weight_decay: Annotated[float, Quantity("decoupled weight decay", unit="1", at_least=0)]
    gradient_norm: Annotated[float, Quantity("largest norm of the gradient", unit="1", above=0)]
    seeds: Annotated[tuple[int, ...], Quantity("one training for each seed, on the same data", unit="1", at_least=0)]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for no seed, or the same seed twice."""
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds = {list(self.seeds)}; expected one or more different seeds")


@attrs.frozen(field_transformer=checked)
class Refinement:
    """What a refined recipe has beside the published one; a spec without this section runs the published one."""

    noise: Annotated[
        Literal["independent", "antithetic"],
        Quantity("noise of its own for each chain, or pairs of chains with opposite noise at the same time", unit=""),
    ]
    snapshots: Annotated[
        Literal["random", "in-turn"],
        Quantity("snapshot of a sequence in each pass: any, or the one after that of the last pass", unit=""),
    ]
    time_scale: Annotated[float, Quantity("time below which the score is taken to change little", unit="time", symbol="τ", above=0)]
    output: Annotated[
        Literal["plain", "scaled"],
        Quantity("W as the network says it, or that over t + τ, times a smooth function of t that is learned", unit=""),
    ]
    output_size: Annotated[float, Quantity("what either is multiplied by: how far W goes in a step of training", unit="1", above=0)]
    pair_track: Annotated[
        Literal["ordered", "symmetric"],
        Quantity("whether the singles of a pair are told apart when they are added to it (paper), or summed", unit=""),
    ]
    pair_mixing: Annotated[
        int,
        Quantity(
            "channels in which pairs (i, k) and (k, j) are multiplied and added to (i, j), 0 for none (paper)",
            unit="channels",
            at_least=0,
        ),
    ]
    embeddings: Annotated[
        Literal["random", "waves"],
        Quantity(
            "first values of the embeddings of positions and separations: random (paper), or sines and cosines of them", unit=""
        ),
    ]
    matrix_rate: Annotated[
        float,
        Quantity(
            "learning rate of the layers' matrices by Muon, which steps as far in all directions; 0: by AdamW as all else",
            unit="1",
            at_least=0,
        ),
    ]
    schedule: Annotated[
        Literal["constant", "cosine"], Quantity("course of the learning rate after the warm-up: constant, or to 0", unit="")
    ]
    warm_up: Annotated[
        float, Quantity("share of the steps in which the learning rate rises linearly", unit="1", at_least=0, at_most=1)
    ]
    averaging: Annotated[
        float, Quantity("decay per step of the running mean of the weights, 0 for none", unit="1", at_least=0, at_most=0.99999)
    ]
    query_times: Annotated[
        tuple[float, ...],
        Quantity("times from which the force is extrapolated to t = 0; of one, it is taken", unit="time", above=0),
    ]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for no query time, or the same time twice."""
        if not self.query_times or len(set(self.query_times)) != len(self.query_times):
            raise ValueError(f"query_times = {list(self.query_times)}; expected one or more different times")


@attrs.frozen(field_transformer=checked)
class Inversion:
    """How the couplings are read out of the frozen network (paper, S4 and S5)."""

    query_time: Annotated[float, Quantity("diffusion time at which the network is asked", unit="time", symbol="t₀", above=0)]
    intercept: Annotated[Literal["none"], Quantity("intercept of the least-squares fit", unit="")]
    r2_about: Annotated[Literal["mean", "zero"], Quantity("what the total sum of squares is taken about", unit="")]
    resamples: Annotated[int, Quantity("bootstrap resamples of the sequences", unit="resamples", at_least=2)]


@attrs.frozen(field_transformer=checked)
class Readout:
    """How |W_ij| is read against the separation (paper, Fig. 2)."""

    sequences: Annotated[int, Quantity("test sequences that are read, one snapshot each", unit="sequences", at_least=1)]


@attrs.frozen(field_transformer=checked)
class Likelihood:
    """Probability-flow log-likelihood of one chain, and its calibration (paper, S6)."""

    chain: Annotated[str, Quantity("the sequence", unit="")]
    temperatures: Annotated[
        tuple[float, ...], Quantity("temperatures of the configurations, T₀ first", unit="energy / k_B", above=0)
    ]
    configurations: Annotated[int, Quantity("configurations at each temperature", unit="configurations", at_least=2)]
    start_time: Annotated[float, Quantity("diffusion time at which the flow starts", unit="time", above=0)]
    end_time: Annotated[float, Quantity("diffusion time at which the density is taken as uniform", unit="time", above=0)]
    steps: Annotated[int, Quantity("steps of the flow", unit="steps", at_least=5)]
    solver: Annotated[Literal["rk4"], Quantity("fixed-step Runge-Kutta method of order 4", unit="")]
    grid: Annotated[Literal["quadratic"], Quantity("times t_k = start + (end - start) (k / steps)²", unit="")]
    low_energy: Annotated[
        float, Quantity("low-energy set: energies up to the exact mean at T₀ plus this many exact deviations", unit="1", above=0)
    ]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when the times are out of order or there is no temperature."""
        if self.start_time >= self.end_time:
            raise ValueError(f"start_time = {self.start_time}; expected less than end_time = {self.end_time}")
        if not self.temperatures:
            raise ValueError("temperatures is empty; expected at least T₀")


@attrs.frozen(field_transformer=checked)
class ThermodynamicIntegration:
    """ln Z by integrating the mean energy over β (paper, S6 and Eq. 9), on the chain of the likelihood."""

    points: Annotated[int, Quantity("temperatures, β = 0 included", unit="points", at_least=3)]
    grid: Annotated[Literal["uniform-beta"], Quantity("law of the inverse temperatures from 0 to 1/T₀", unit="")]
    rule: Annotated[Literal["simpson"], Quantity("quadrature rule", unit="")]
    chains: Annotated[int, Quantity("independent Markov chains at each point", unit="chains", at_least=2)]
    burn_in: Annotated[int, Quantity("sweeps before averaging", unit="sweeps", at_least=0)]
    sweeps: Annotated[int, Quantity("sweeps averaged over", unit="sweeps", at_least=1)]


@attrs.frozen(field_transformer=checked)
class Seeds:
    """The root of every random number that is not a training seed."""

    data: Annotated[int, Quantity("seed of sequences, snapshots, resampling and thermodynamic integration", unit="1", at_least=0)]


@attrs.frozen
class Spec:
    """One run, completely."""

    name: str
    hamiltonian: Hamiltonian
    chains: Chains
    ladder: Ladder
    sampler: Sampler
    training_set: Dataset
    test_set: Dataset
    diffusion: Diffusion
    architecture: Architecture
    training: Training
    refinement: Refinement | None
    inversion: Inversion
    readout: Readout
    likelihood: Likelihood
    thermodynamic_integration: ThermodynamicIntegration
    seeds: Seeds

    @property
    def temperature(self) -> float:
        """T₀, the temperature of the data, in units of energy / k_B."""
        return self.ladder.coldest

    @property
    def beta(self) -> float:
        """1/T₀."""
        return 1 / self.temperature

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` where two sections contradict each other."""
        if self.architecture.identities < len(self.hamiltonian.identities):
            raise ValueError(
                f"architecture.identities = {self.architecture.identities}; "
                f"expected at least {len(self.hamiltonian.identities)}, the letters of hamiltonian.identities"
            )
        shifted = (("diffusion.weighting", self.diffusion.weighting), ("architecture.time_input", self.architecture.time_input))
        for path, value in shifted:
            if value.startswith("shifted") and self.refinement is None:
                raise ValueError(f"{path} = {value!r}; expected a refinement with its time_scale beside it")
        if self.refinement is not None and self.refinement.noise == "antithetic" and self.training.batch % 2:
            raise ValueError(f"training.batch = {self.training.batch}; expected an even number, of pairs with opposite noise")
        longest = max(self.chains.longest, len(self.likelihood.chain))
        if self.architecture.positions < longest:
            raise ValueError(
                f"architecture.positions = {self.architecture.positions}; expected at least {longest}, the longest chain"
            )
        foreign = set(self.likelihood.chain) - set(self.hamiltonian.identities)
        if foreign or len(self.likelihood.chain) < 2:
            raise ValueError(
                f"likelihood.chain = {self.likelihood.chain!r}; expected two or more letters of {self.hamiltonian.identities!r}"
            )
        if not self.name.strip() or not self.name.isprintable():
            raise ValueError(f"name = {self.name!r}; expected a name for the run, in letters that can be printed")
        letters, lengths = len(self.hamiltonian.identities), self.chains.longest - self.chains.shortest + 1
        possible = letters ** min(self.chains.shortest, 64)
        wanted = (self.training_set.sequences + self.test_set.sequences) / lengths
        if wanted > possible / 2:
            raise ValueError(
                f"training_set.sequences + test_set.sequences = {wanted:g} for each length; "
                f"expected at most half of the {possible} sequences of chains.shortest"
            )
        if self.likelihood.temperatures[0] != self.ladder.coldest:
            raise ValueError(
                f"likelihood.temperatures[0] = {self.likelihood.temperatures[0]}; expected ladder.coldest = {self.ladder.coldest}"
            )
        if self.readout.sequences > self.test_set.sequences:
            raise ValueError(
                f"readout.sequences = {self.readout.sequences}; expected at most test_set.sequences = {self.test_set.sequences}"
            )
