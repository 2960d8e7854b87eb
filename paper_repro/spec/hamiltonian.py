"""The Hamiltonian and the temperature of the data: ``[hamiltonian]`` and ``[target]``.

Energies and temperatures are in units of the strongest ferromagnetic coupling, with k_B = 1.
"""

import itertools
from typing import Annotated

import attrs

from paper_repro.spec.families import FAMILIES, FamilyName
from paper_repro.spec.quantity import Quantity, checked, optional

#: The value of ``pair`` of a term that acts whatever the species.
ALL = "all"


@attrs.frozen(field_transformer=checked)
class HamiltonianTerm:
    """One term of the Hamiltonian, -coupling × φ: φ sums the function of its ``family`` over clusters of sites, each once.

    Exchange where no family is stated: S_i·S_j over all sites i, j = i + separation whose species are ``pair``. A term on single
    sites has one species there, one on runs of consecutive sites acts on all; ``component`` is for families that have several.

    >>> pr.HamiltonianTerm("J_AB", separation=1, pair="AB", coupling=0.8).coupling
    0.8
    >>> pr.HamiltonianTerm("h_z", pair="all", coupling=0.1, family="field", component="z").family
    'field'
    """

    name: str
    # fmt: off
    separation: Annotated[
        int | None, Quantity("distance |i-j| along the chain", unit="sites", symbol="r", at_least=1)
    ] = optional(None)
    pair: Annotated[str | None, Quantity("the two species, in either order", unit="")] = optional(None)
    coupling: Annotated[
        float, Quantity("exchange coupling, > 0 ferromagnetic", unit="energy", symbol="J_r(c,c')")
    ] = attrs.field(kw_only=True)
    family: Annotated[
        FamilyName, Quantity("family of the term; exchange where none is stated", unit="")
    ] = optional("exchange")  # noqa: RUF009 -- an attrs field
    component: Annotated[str | None, Quantity("component, of a family that has several", unit="")] = optional(None)
    # fmt: on

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for a name that cannot be shown, and for keys that the family lacks or has not."""
        if not self.name.strip() or "." in self.name or not self.name.isprintable():
            raise ValueError(f"the name {self.name!r}; expected printable letters without a dot")
        family = FAMILIES[self.family]
        if (self.separation is None) == (family.on == "pairs"):
            expected = "a separation ≥ 1" if family.on == "pairs" else f"none, for {self.family} acts on {family.on}"
            raise ValueError(f"separation = {self.separation!r}; expected {expected}")
        if self.component not in (family.components or (None,)):
            names = f"one of {', '.join(map(repr, family.components))}" if family.components else f"none, for {self.family}"
            raise ValueError(f"component = {self.component!r}; expected {names}")

    def check_species(self, species: str) -> None:
        """Raise ``ValueError`` for a pair that is not of letters of ``species``, as many as the family has sites."""
        count = {"sites": 1, "pairs": 2, "runs": 0}[FAMILIES[self.family].on]
        if count == 0 and self.pair is not None:
            raise ValueError(f"pair = {self.pair!r}; expected none, for {self.family} acts on all species")
        if count and self.pair != ALL and (self.pair is None or len(self.pair) != count or not set(self.pair) <= set(species)):
            letters = "two letters" if count == 2 else "one letter"
            raise ValueError(f"pair = {self.pair!r}; expected {letters} of {species!r}, or {ALL!r}")

    @property
    def function(self) -> tuple[object, ...]:
        """What the term is but for its name and coupling: the same for two that are one function."""
        pair = self.pair if self.pair in (None, ALL) else "".join(sorted(self.pair))
        return self.family, self.separation, pair, self.component


@attrs.frozen(field_transformer=checked)
class Hamiltonian:
    """H = -Σ_terms coupling Σ_{clusters of the term} φ on the open chain; of exchange φ = S_i·S_j (paper, Eq. 1).

    >>> pr.Hamiltonian("AB", (pr.HamiltonianTerm("J_AB", separation=1, pair="AB", coupling=0.8),)).range
    1
    """

    species: Annotated[str, Quantity("one letter for each species, in the order of their codes 0, 1, …", unit="")]
    terms: tuple[HamiltonianTerm, ...]

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for repeated or unprintable letters, unknown species, or two terms that are one function."""
        if not self.species.isprintable() or not 0 < len(self.species) == len(set(self.species)):
            raise ValueError(f"species = {self.species!r}; expected one or more different printable letters")
        if not self.terms:
            raise ValueError("terms is empty; expected at least one term")
        seen: dict[tuple[object, ...], str] = {}
        for term in self.terms:
            try:
                term.check_species(self.species)
            except ValueError as error:
                raise ValueError(f"terms.{term.name}.{error}") from None
            if term.function in seen:
                raise ValueError(f"terms.{term.name} repeats the bond of terms.{seen[term.function]}; expected one term per bond")
            seen[term.function] = term.name
        self._require_independent()

    def _require_independent(self) -> None:
        """Raise ``ValueError`` for a term that is the sum of others: those of each species, or pair, with the one of all."""
        named = {term.function: term.name for term in self.terms}
        for term in self.terms:
            count = {"sites": 1, "pairs": 2, "runs": 0}[FAMILIES[term.family].on]
            if term.pair != ALL or not count:
                continue
            words = ("".join(sorted(letters)) for letters in itertools.combinations_with_replacement(self.species, count))
            parts = [named.get(attrs.evolve(term, pair=word).function) for word in words]
            if all(parts):
                listed = ", ".join(filter(None, parts))
                raise ValueError(f"terms.{term.name} is the sum of the terms {listed}; expected one of them less")

    @property
    def range(self) -> int:
        """The largest separation at which two spins interact by a term of pairs; 0 where none acts on pairs."""
        return max((term.separation or 0 for term in self.terms), default=0)


@attrs.frozen(field_transformer=checked)
class Target:
    """The equilibrium distribution that the network learns: that of the Hamiltonian at one temperature."""

    temperature: Annotated[float, Quantity("temperature of the data", unit="energy / k_B", symbol="T₀", above=0)]
