"""How the couplings and W are read out of the frozen network: ``[inversion]`` and ``[readout]`` (paper, S4, S5 and Fig. 2)."""

from typing import Annotated, Literal

import attrs

from paper_repro.spec.quantity import Quantity, checked


@attrs.frozen(field_transformer=checked)
class Inversion:
    """The least-squares fit of the network's force near t = 0 by the terms of the Hamiltonian, without intercept."""

    query_times: Annotated[
        tuple[float, ...],
        Quantity(
            "diffusion times of the network's force; several are extrapolated to 0", unit="time", symbol="t₀", above=0, at_most=1e3
        ),
    ]
    r2_about: Annotated[Literal["mean", "zero"], Quantity("reference of the total sum of squares in R²", unit="")]
    resamples: Annotated[int, Quantity("bootstrap resamples of the sequences", unit="resamples", at_least=2)]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for no query time, or a repeated one."""
        if not self.query_times or len(set(self.query_times)) != len(self.query_times):
            raise ValueError(f"query_times = {list(self.query_times)}; expected one or more different times")


@attrs.frozen(field_transformer=checked)
class Readout:
    """|W_ij| against the separation."""

    sequences: Annotated[int, Quantity("test sequences, one snapshot each", unit="sequences", at_least=1)]
