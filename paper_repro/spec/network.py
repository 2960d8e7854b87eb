"""The score network: ``[architecture]`` (paper, S3).

The published network is Mini-AF3, a Pairformer without triangles. A tagged union is a table whose ``kind`` names one of its
classes; the other keys are those of that class.
"""

from typing import Annotated, Literal

import attrs

from paper_repro.spec.quantity import Quantity, checked, tag

_FEATURE = Quantity("function of the diffusion time that enters the network: t, ln t or ln(t + τ)", unit="")
_SCALE = Quantity("factor on W: none, a constant c, or c / (t + τ) times a learned smooth function of t", unit="")


@attrs.frozen(field_transformer=checked)
class RawTime:
    """The time feature t itself (paper)."""

    kind: Annotated[Literal["raw"], _FEATURE] = tag("raw")


@attrs.frozen(field_transformer=checked)
class LogTime:
    """The time feature ln t."""

    kind: Annotated[Literal["log"], _FEATURE] = tag("log")


@attrs.frozen(field_transformer=checked)
class ShiftedLogTime:
    """The time feature ln(t + τ), smooth at t = 0."""

    time_scale: Annotated[float, Quantity("time below which the feature is constant", unit="time", symbol="τ", above=0)]
    kind: Annotated[Literal["shifted-log"], _FEATURE] = tag("shifted-log")


@attrs.frozen(field_transformer=checked)
class NoScale:
    """W as the output head computes it (paper)."""

    kind: Annotated[Literal["none"], _SCALE] = tag("none")


@attrs.frozen(field_transformer=checked)
class ConstantScale:
    """W = scale × output of the head."""

    scale: Annotated[
        float, Quantity("factor on W: sets how far W moves in one training step", unit="1", symbol="c", at_least=1e-6, at_most=1e6)
    ]
    kind: Annotated[Literal["constant"], _SCALE] = tag("constant")


@attrs.frozen(field_transformer=checked)
class LearnedScale:
    """W = scale / (t + τ) × exp Σ_k a_k T_k(v) × output of the head, v = (t - τ) / (t + τ), with learned coefficients a."""

    scale: Annotated[
        float, Quantity("factor on W: sets how far W moves in one training step", unit="1", symbol="c", at_least=1e-6, at_most=1e6)
    ]
    time_scale: Annotated[float, Quantity("time below which W changes little", unit="time", symbol="τ", above=0)]
    kind: Annotated[Literal["learned"], _SCALE] = tag("learned")


@attrs.frozen(field_transformer=checked)
class Architecture:
    """The shape of the score network."""

    species: Annotated[int, Quantity("rows of the species embedding", unit="species", at_least=1)]
    positions: Annotated[int, Quantity("rows of the position and separation embeddings", unit="sites", at_least=2)]
    single_width: Annotated[int, Quantity("width of the single representation", unit="channels", at_least=1)]
    pair_width: Annotated[int, Quantity("width of the pair representation", unit="channels", at_least=1)]
    pair_hidden: Annotated[int, Quantity("hidden width of the pair transition", unit="channels", at_least=1)]
    heads: Annotated[int, Quantity("attention heads", unit="heads", at_least=1)]
    blocks: Annotated[int, Quantity("Pairformer blocks", unit="blocks", at_least=1)]
    activation: Annotated[
        Literal["gelu", "relu", "silu"], Quantity("activation of every MLP (GELU by the error function)", unit="")
    ]
    time_feature: RawTime | LogTime | ShiftedLogTime
    output_scale: NoScale | ConstantScale | LearnedScale
    pair_update: Annotated[
        Literal["ordered", "symmetric"],
        Quantity("linear map of the singles [s_i, s_j] added to the pair (i, j), or one of s_i + s_j", unit=""),
    ]
    triangle_channels: Annotated[
        int, Quantity("hidden channels of the triangle multiplicative update, 0: none", unit="channels", at_least=0)
    ]
    embeddings: Annotated[
        Literal["random", "sinusoidal"], Quantity("initial values of the position and separation embeddings", unit="")
    ]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when the heads do not divide the single representation."""
        if self.single_width % self.heads:
            raise ValueError(f"single_width = {self.single_width}; expected a multiple of heads = {self.heads}")
