"""Terms on pairs of sites: the pairs of one class, of all species or of one unordered pair of them."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from paper_repro.numerics.arguments import shown
from paper_repro.numerics.arrays import Integers
from paper_repro.physics.geometry import Direction, Geometry
from paper_repro.physics.terms.term import Term


@attrs.frozen
class PairTerm(Term):
    """A term on the pairs of ``bond_class`` (a chain's separation) whose species are ``pair``, in either order; None: all pairs.

    ``direction`` is the displacement of the pairs where sites have positions, None for all of the class.
    """

    bond_class: int
    pair: tuple[int, int] | None = None
    direction: Direction | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Put the pair in order; raises ``ValueError`` for a class or species that are not numbers."""
        bond_class, pair = self._given
        if not isinstance(bond_class, int) or bond_class < 1:
            raise ValueError(f"bond_class = {shown(bond_class)} of {self.name!r}; expected an integer ≥ 1")
        numbers = pair if isinstance(pair, tuple | list) else ()
        found = " ".join(repr(numbers).split())[:80] if numbers else shown(pair)
        if pair is not None and (len(numbers) != 2 or not all(isinstance(number, int) for number in numbers)):
            raise ValueError(f"pair = {found} of {self.name!r}; expected the numbers of two species")
        if pair is not None:
            object.__setattr__(self, "pair", (min(pair), max(pair)))
        super().__attrs_post_init__()

    @property
    def _given(self) -> tuple[Any, Any]:
        """The class and the pair, of which nothing is known yet."""
        return self.bond_class, self.pair

    @property
    def species(self) -> frozenset[int]:
        """The species of the pair."""
        return frozenset(self.pair or ())

    def clusters(self, geometry: Geometry, species: Integers) -> Integers:
        """Return the pairs (pair, 2) of the class and the species, in the direction that the geometry gives them."""
        along = self.direction
        pairs = geometry.pairs_of(self.bond_class) if along is None else geometry.pairs_along(self.bond_class, along)
        if self.pair is None:
            return pairs
        one, other = self.pair
        first, second = species[pairs[:, 0]], species[pairs[:, 1]]
        found: Integers = pairs[((first == one) & (second == other)) | ((first == other) & (second == one))]
        return found


Pair = TypeVar("Pair", bound=PairTerm)


def as_pair(names: Iterable[str]) -> str:
    """Return the names of two species as one word: AB, or Co-Fe where they are not letters."""
    listed = tuple(names)
    return ("" if all(len(name) == 1 for name in listed) else "-").join(listed)


def pair_terms(
    family: type[Pair],
    bond_classes: Iterable[int],
    names: Sequence[str],
    *,
    by_species: bool = True,
    directions: Mapping[int, Sequence[Direction]] | None = None,
) -> tuple[Pair, ...]:
    """Return the terms of a family: for each class, each unordered pair of the species ``names`` or all, and each component.

    With the ``directions`` of each class there is a set for each of them.
    """
    pairs = tuple(itertools.combinations_with_replacement(range(len(names)), 2)) if by_species else (None,)
    found = []
    for bond_class in bond_classes:
        along: Sequence[Direction | None] = (None,) if directions is None else directions[bond_class]
        for direction, pair, (index, component) in itertools.product(along, pairs, enumerate(family.components or ("",))):
            word = "" if pair is None else as_pair(names[number] for number in pair)
            words = (family.family, str(bond_class), "" if direction is None else as_vector(direction), word, component)
            fields = {"component": index} if component else {}
            found.append(family(" ".join(filter(None, words)), bond_class, pair, direction=direction, **fields))
    return tuple(found)


def as_vector(direction: Direction) -> str:
    """Return a displacement as part of a name: (1, 0, 0), to four digits."""
    return f"({', '.join(f'{part + 0.0:.4g}' for part in direction)})"
