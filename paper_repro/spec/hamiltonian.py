"""The Hamiltonian and the temperature of the data: ``[hamiltonian]`` and ``[target]``.

Energies and temperatures are in units of the strongest ferromagnetic coupling, with k_B = 1.
"""

from typing import Annotated

import attrs

from paper_repro.spec.quantity import Quantity, checked


@attrs.frozen(field_transformer=checked)
class HamiltonianTerm:
    """One term of the Hamiltonian: -coupling Σ S_i·S_j over all sites i, j = i + separation whose species are ``pair``.

    >>> pr.HamiltonianTerm("J_AB", separation=1, pair="AB", coupling=0.8).coupling
    0.8
    """

    name: str
    separation: Annotated[int, Quantity("distance |i-j| along the chain", unit="sites", symbol="r", at_least=1)]
    pair: Annotated[str, Quantity("the two species, in either order", unit="")]
    coupling: Annotated[float, Quantity("exchange coupling, > 0 ferromagnetic", unit="energy", symbol="J_r(c,c')")]


@attrs.frozen(field_transformer=checked)
class Hamiltonian:
    """H = -Σ_terms coupling Σ_{bonds of the term} S_i·S_j on the open chain (paper, Eq. 1).

    >>> pr.Hamiltonian("AB", (pr.HamiltonianTerm("J_AB", separation=1, pair="AB", coupling=0.8),)).range
    1
    """

    species: Annotated[str, Quantity("one letter for each species, in the order of their codes 0, 1, …", unit="")]
    terms: tuple[HamiltonianTerm, ...]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for repeated or unprintable letters and names, unknown species, or two terms for one bond."""
        if not self.species.isprintable() or not 0 < len(self.species) == len(set(self.species)):
            raise ValueError(f"species = {self.species!r}; expected one or more different printable letters")
        if not self.terms:
            raise ValueError("terms is empty; expected at least one pair term")
        seen: dict[tuple[int, str], str] = {}
        for term in self.terms:
            if not term.name.strip() or "." in term.name or not term.name.isprintable():
                raise ValueError(f"terms: the name {term.name!r}; expected printable letters without a dot")
            if len(term.pair) != 2 or not set(term.pair) <= set(self.species):
                raise ValueError(f"terms.{term.name}.pair = {term.pair!r}; expected two letters of {self.species!r}")
            bond = (term.separation, "".join(sorted(term.pair)))
            if bond in seen:
                raise ValueError(f"terms.{term.name} repeats the bond of terms.{seen[bond]}; expected one term per bond")
            seen[bond] = term.name

    @property
    def range(self) -> int:
        """The largest separation at which two spins interact."""
        return max(term.separation for term in self.terms)


@attrs.frozen(field_transformer=checked)
class Target:
    """The equilibrium distribution that the network learns: that of the Hamiltonian at one temperature."""

    temperature: Annotated[float, Quantity("temperature of the data", unit="energy / k_B", symbol="T₀", above=0)]
