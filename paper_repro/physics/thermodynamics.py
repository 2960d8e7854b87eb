"""The derivatives of ln Z in β: energy, heat capacity, and fluctuations of the energy."""

import abc
import math


class Thermodynamics(abc.ABC):
    """A law at the inverse temperature ``beta`` whose ln Z has known derivatives in β."""

    __slots__ = ()

    beta: float

    @property
    @abc.abstractmethod
    def _derivatives(self) -> tuple[float, float, float]:
        """Ln Z and its first and second derivative in β."""

    @property
    def mean_energy(self) -> float:
        """⟨H⟩ = -∂ ln Z/∂β, in units of energy."""
        return 0.0 - self._derivatives[1]

    @property
    def heat_capacity(self) -> float:
        """C = β² (⟨H²⟩ - ⟨H⟩²) = β² ∂² ln Z/∂β², in units of k_B."""
        return self.beta**2 * self._derivatives[2]

    @property
    def energy_deviation(self) -> float:
        """Standard deviation of H in equilibrium, in units of energy."""
        return math.sqrt(max(self._derivatives[2], 0.0))
