"""The diffusion, and how the network is trained: ``[diffusion]`` (paper, S2) and ``[training]`` (paper, S3).

Times are those of Brownian motion on the sphere with generator ½Δ.
"""

import math
from typing import Annotated, Literal

import attrs

from paper_repro.spec.quantity import Quantity, checked, tag

_WEIGHTING = Quantity("weight of the squared error of the score: t, or t + τ", unit="")
_OPTIMISER = Quantity("AdamW for all parameters, or Muon for the matrices of linear layers and AdamW for the others", unit="")
_SCHEDULE = Quantity("learning rate after the warm-up: constant, or falling to 0 by half a cosine", unit="")
_WARMUP = Quantity("fraction of the steps in which the learning rate rises linearly", unit="1", at_least=0, at_most=1)


@attrs.frozen(field_transformer=checked)
class TimeWeighting:
    """The weight t of the squared error (paper, Eq. 6)."""

    kind: Annotated[Literal["time"], _WEIGHTING] = tag("time")


@attrs.frozen(field_transformer=checked)
class ShiftedTimeWeighting:
    """The weight t + τ of the squared error."""

    time_scale: Annotated[float, Quantity("time below which the weight is constant", unit="time", symbol="τ", above=0)]
    kind: Annotated[Literal["shifted-time"], _WEIGHTING] = tag("shifted-time")


@attrs.frozen(field_transformer=checked)
class Diffusion:
    """The forward process on (S²)^N and the regression target of the score."""

    shortest_time: Annotated[float, Quantity("shortest diffusion time", unit="time", symbol="ε", above=0)]
    longest_time: Annotated[float, Quantity("longest diffusion time", unit="time", symbol="t_max", above=0)]
    time_sampling: Annotated[
        Literal["uniform", "log-uniform", "squared-uniform"],
        Quantity("training times on [ε, t_max]: uniform in t, in ln t, or ε + (t_max - ε) u² with u uniform on [0, 1)", unit=""),
    ]
    forward_kernel: Annotated[
        Literal["tangent-gaussian", "brownian"],
        Quantity("one Gaussian step in the tangent plane then exp, or Brownian motion on the sphere", unit=""),
    ]
    target: Annotated[
        Literal["geodesic", "conditional-score"], Quantity("Log_x(x₀)/t, or the exact score of the forward kernel", unit="")
    ]
    weighting: TimeWeighting | ShiftedTimeWeighting
    angle_threshold: Annotated[
        float, Quantity("angle below which θ/sin θ is taken as 1", unit="rad", symbol="ε_θ", at_least=0, at_most=0.1)
    ]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when the times are out of order."""
        if self.shortest_time >= self.longest_time:
            raise ValueError(f"shortest_time = {self.shortest_time}; expected less than longest_time = {self.longest_time}")


@attrs.frozen(field_transformer=checked)
class AdamW:
    """AdamW for all parameters (paper)."""

    learning_rate: Annotated[float, Quantity("peak learning rate", unit="1", above=0, at_most=1)]
    weight_decay: Annotated[float, Quantity("decoupled weight decay", unit="1", at_least=0)]
    kind: Annotated[Literal["adamw"], _OPTIMISER] = tag("adamw")


@attrs.frozen(field_transformer=checked)
class MuonAdamW:
    """Muon, whose steps are orthogonalised, for the matrices of linear layers; AdamW for all other parameters."""

    learning_rate: Annotated[float, Quantity("peak learning rate of AdamW", unit="1", above=0, at_most=1)]
    weight_decay: Annotated[float, Quantity("decoupled weight decay of both", unit="1", at_least=0)]
    muon_learning_rate: Annotated[float, Quantity("peak learning rate of Muon", unit="1", above=0, at_most=1)]
    kind: Annotated[Literal["muon-adamw"], _OPTIMISER] = tag("muon-adamw")


@attrs.frozen(field_transformer=checked)
class ConstantRate:
    """A constant learning rate after the warm-up (paper)."""

    warmup_fraction: Annotated[float, _WARMUP]
    kind: Annotated[Literal["constant"], _SCHEDULE] = tag("constant")


@attrs.frozen(field_transformer=checked)
class CosineRate:
    """A learning rate that falls as ½ (1 + cos πx) after the warm-up, x from 0 to 1."""

    warmup_fraction: Annotated[float, _WARMUP]
    kind: Annotated[Literal["cosine"], _SCHEDULE] = tag("cosine")


@attrs.frozen(field_transformer=checked)
class Training:
    """How the network is trained."""

    epochs: Annotated[int, Quantity("passes over the sequences, with one snapshot of each", unit="epochs", at_least=1)]
    batch: Annotated[int, Quantity("noised chains in a batch", unit="chains", at_least=1)]
    optimiser: AdamW | MuonAdamW
    schedule: ConstantRate | CosineRate
    gradient_clip_norm: Annotated[float, Quantity("largest norm of the gradient", unit="1", above=0)]
    noise: Annotated[
        Literal["independent", "antithetic"],
        Quantity("independent noise for each chain, or each chain twice with opposite noise at the same time", unit=""),
    ]
    snapshots: Annotated[
        Literal["with-replacement", "cyclic"],
        Quantity("snapshot of a sequence in each epoch: any, or the one after that of the last epoch", unit=""),
    ]
    ema_decay: Annotated[
        float, Quantity("decay per step of the moving average (EMA) of the weights, 0: none", unit="1", at_least=0, at_most=0.99999)
    ]
    seeds: Annotated[tuple[int, ...], Quantity("training seeds: one network each, on the same data", unit="1", at_least=0)]

    @property
    def clean_batch(self) -> int:
        """The number of chains that a batch takes from the data: half of it where each is noised twice."""
        return self.batch // 2 if self.noise == "antithetic" else self.batch

    def steps_in_epoch(self, sequences: int) -> int:
        """Return the number of optimiser steps of an epoch, whose last batch may be smaller."""
        return math.ceil(sequences / self.clean_batch)

    def steps(self, sequences: int) -> int:
        """Return the number of optimiser steps of the whole training."""
        return self.epochs * self.steps_in_epoch(sequences)

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for no seed, a repeated seed, or an odd batch of chains in antithetic pairs."""
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds = {list(self.seeds)}; expected one or more different seeds")
        if self.noise == "antithetic" and self.batch % 2:
            raise ValueError(f"batch = {self.batch}; expected an even number, for pairs of opposite noise")
