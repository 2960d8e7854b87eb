"""The partition function: ``[likelihood]`` and ``[thermodynamic_integration]`` (paper, S6)."""

from typing import Annotated, Literal

import attrs

from paper_repro.spec.quantity import Quantity, checked


@attrs.frozen(field_transformer=checked)
class Likelihood:
    """Probability-flow log-likelihood of one chain, and its calibration."""

    chain: Annotated[str, Quantity("the sequence", unit="")]
    higher_temperatures: Annotated[
        tuple[float, ...], Quantity("temperatures of the configurations, in addition to T₀", unit="energy / k_B", above=0)
    ]
    configurations: Annotated[int, Quantity("configurations at each temperature", unit="configurations", at_least=2)]
    start_time: Annotated[float, Quantity("diffusion time at which the flow starts", unit="time", above=0)]
    end_time: Annotated[
        float, Quantity("diffusion time at which the density is taken as uniform", unit="time", above=0, at_most=1e3)
    ]
    steps: Annotated[int, Quantity("steps of the flow", unit="steps", at_least=5)]
    solver: Annotated[
        Literal["rk4", "heun3", "midpoint", "euler"],
        Quantity("fixed-step Runge-Kutta method of torchdiffeq: order 4, 3, 2 or 1", unit=""),
    ]
    grid: Annotated[
        Literal["quadratic", "linear"],
        Quantity("times of the steps: start + (end - start)(k / steps)^p with p = 2 or 1", unit=""),
    ]
    low_energy: Annotated[
        float, Quantity("low-energy set: energies up to the exact mean at T₀ plus this many exact deviations", unit="1", above=0)
    ]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when the times are out of order, or a temperature is repeated."""
        if self.start_time >= self.end_time:
            raise ValueError(f"start_time = {self.start_time}; expected less than end_time = {self.end_time}")
        if len(set(self.higher_temperatures)) != len(self.higher_temperatures):
            raise ValueError(f"higher_temperatures = {list(self.higher_temperatures)}; expected different temperatures")


@attrs.frozen(field_transformer=checked)
class ThermodynamicIntegration:
    """ln Z of the chain of the likelihood, by integrating the mean energy over β (paper, Eq. 9)."""

    points: Annotated[int, Quantity("temperatures, β = 0 included", unit="points", at_least=3)]
    grid: Annotated[
        Literal["uniform-beta", "quadratic-beta"], Quantity("inverse temperatures β₀ (k / (points - 1))^p with p = 1 or 2", unit="")
    ]
    rule: Annotated[Literal["simpson", "trapezoid"], Quantity("quadrature rule", unit="")]
    chains: Annotated[int, Quantity("independent Markov chains at each point", unit="chains", at_least=2)]
    burn_in: Annotated[int, Quantity("sweeps before averaging", unit="sweeps", at_least=0)]
    sweeps: Annotated[int, Quantity("sweeps averaged over", unit="sweeps", at_least=1)]
