"""The data: random sequences, and how their equilibrium snapshots are sampled (paper, S1)."""

from typing import Annotated, Literal

import attrs

from paper_repro.spec.quantity import Quantity, checked


@attrs.frozen(field_transformer=checked)
class Chains:
    """The distribution of the random sequences: lengths uniform on [N_min, N_max], the species of each site uniform.

    They are ``distinct``, those of both sets, or ``independent`` draws, so that some may repeat. The draw of the authors' notebook
    is ``released``: the sequences of a set differ from each other, but both sets begin with the same state of the generator, so
    that the smaller set is a part of the larger.
    """

    shortest: Annotated[int, Quantity("length of the shortest chain", unit="sites", symbol="N_min", at_least=2)]
    longest: Annotated[int, Quantity("length of the longest chain", unit="sites", symbol="N_max", at_least=2)]
    draw: Annotated[
        Literal["distinct", "independent", "released"],
        Quantity("all different, independent of each other, or as in the authors' notebook", unit=""),
    ]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when the lengths are out of order."""
        if self.shortest > self.longest:
            raise ValueError(f"shortest = {self.shortest}; expected at most longest = {self.longest}")


@attrs.frozen(field_transformer=checked)
class Ladder:
    """The temperatures of replica exchange, from that of the data to the hottest."""

    hottest: Annotated[float, Quantity("temperature of the hottest replica", unit="energy / k_B", symbol="T_max", above=0)]
    replicas: Annotated[int, Quantity("number of replicas", unit="replicas", symbol="R", at_least=2)]
    spacing: Annotated[
        Literal["geometric", "linear"], Quantity("ratio or difference that neighbouring temperatures have in common", unit="")
    ]


@attrs.frozen(field_transformer=checked)
class Sampler:
    """How equilibrium snapshots are sampled."""

    method: Annotated[Literal["replica-exchange", "exact"], Quantity("replica exchange, or the exact solution", unit="")]
    over_relaxation_probability: Annotated[
        float, Quantity("probability that a local update is a reflection, not a heat bath", unit="1", at_least=0, at_most=1)
    ]
    swap_interval: Annotated[int, Quantity("sweeps between swap attempts", unit="sweeps", at_least=1)]
    burn_in: Annotated[int, Quantity("sweeps before the first snapshot", unit="sweeps", at_least=0)]
    thinning: Annotated[int, Quantity("sweeps between snapshots", unit="sweeps", at_least=1)]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when snapshots or the end of the burn-in do not coincide with a swap."""
        for name in ("burn_in", "thinning"):
            if getattr(self, name) % self.swap_interval:
                raise ValueError(f"{name} = {getattr(self, name)}; expected a multiple of swap_interval = {self.swap_interval}")


@attrs.frozen(field_transformer=checked)
class Dataset:
    """The size of one set of snapshots."""

    sequences: Annotated[int, Quantity("number of sequences", unit="sequences", at_least=1)]
    snapshots: Annotated[int, Quantity("snapshots of each sequence", unit="snapshots", at_least=1)]


@attrs.frozen(field_transformer=checked)
class Seeds:
    """The root of every random number that is not keyed by a training seed."""

    data: Annotated[int, Quantity("seed of sequences, snapshots, resampling and thermodynamic integration", unit="1", at_least=0)]
