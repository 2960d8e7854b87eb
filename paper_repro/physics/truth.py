"""What is known of a law: its couplings, its temperature, and its exact solution where it has one; unknown laws have no truth."""

import itertools
import math
from typing import Any, Self

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arguments import checked_arguments, require_fields
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.exact import ExactChain, require_exact_solution
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import SpinHamiltonian, couplings_of, reference_coupling, strongest_bonds
from paper_repro.physics.terms import Terms
from paper_repro.physics.three_spin_chain import ThreeSpinChain
from paper_repro.spec import Hamiltonian


def _numbers(given: Any) -> npt.NDArray[Any]:
    numbers = np.asarray(given)
    return numbers.astype(np.float64) if numbers.dtype.kind in "fiu" else numbers


Exact = ExactChain | ThreeSpinChain


@attrs.frozen(eq=False)
class Truth:
    """The ``couplings`` (term,) of ``terms``, in units of energy, and the inverse temperature ``beta`` > 0.

    Couplings may be given as a list. Raises ``ValueError`` for another number of couplings than of terms, and for numbers that are
    not finite.

    >>> chain = pr.Geometry.open_chain(6)
    >>> law = pr.Truth(pr.library(range=2, biquadratic=False).terms(["A"], chain), [1.0, -0.4], beta=4.0)
    >>> round(law.exact(chain, "AAAAAA").mean_energy, 6)
    -2.712992
    """

    terms: Terms
    couplings: Floats = attrs.field(converter=_numbers)
    beta: float

    def __attrs_post_init__(self) -> None:
        """Check that the numbers belong together."""
        require_fields(self)
        given = self.couplings
        if given.dtype != np.float64 or given.shape != (len(self.terms),) or not np.isfinite(given).all():
            found = " ".join(repr(given.tolist()).split())[:80]
            raise ValueError(f"couplings {found} of {len(self.terms)} terms; expected a finite number for each")
        if not (math.isfinite(self.beta) and self.beta > 0):
            raise ValueError(f"beta = {self.beta:g}; expected a finite inverse temperature > 0")

    @classmethod
    @checked_arguments
    def of(cls, hamiltonian: Hamiltonian, beta: float) -> Self:
        """Return the law of a spec's Hamiltonian at an inverse temperature."""
        return cls(Terms.of(hamiltonian), couplings_of(hamiltonian), beta)

    @property
    def reference(self) -> int:
        """The index of the coupling to which ratios are taken."""
        return reference_coupling(self.couplings)

    @checked_arguments
    def on(self, geometry: Geometry, species: npt.ArrayLike | str) -> SpinHamiltonian:
        """Return the Hamiltonian on a geometry whose sites are of ``species`` (site,)."""
        return SpinHamiltonian(self.terms.on(geometry, species), self.couplings)

    @checked_arguments
    def exact(self, geometry: Geometry, species: npt.ArrayLike | str) -> Exact:
        """Return the exact solution on a geometry; raises ``ValueError`` where there is none."""
        require_exact_solution(self.terms, geometry)
        return exact_solution(self.on(geometry, species), self.beta)

    def require_served(self) -> None:
        """Raise ``ValueError`` where there is no exact solution of open chains, or not at this temperature for some of them."""
        names = self.terms.species_names
        if self.terms.is_exchange:
            require_exact_solution(self.terms, Geometry.open_chain(3))
            ExactChain(strongest_bonds(self.terms, self.couplings), self.beta)
        else:
            words = np.array(list(itertools.product(range(len(names)), repeat=3))).reshape(-1)  # every three neighbours
            self.exact(Geometry.open_chain(len(words)), words)


def exact_solution(law: SpinHamiltonian, beta: float) -> Exact:
    """Return the exact solution of a law on an open chain that has one; raises ``ValueError`` for a temperature beyond it."""
    if law.terms.is_exchange:
        return ExactChain(law.matrix, beta)
    return ThreeSpinChain(law.terms, law.couplings, beta)
