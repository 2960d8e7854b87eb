"""What a term is, in words and numbers that a table or a file can hold."""

from collections.abc import Sequence

import attrs

from paper_repro.physics.terms.pairs import PairTerm, as_pair
from paper_repro.physics.terms.sites import SiteTerm
from paper_repro.physics.terms.term import Term


@attrs.frozen
class TermLabel:
    """The ``name`` and ``family`` of a term, and what it has of the rest, else None.

    ``separation`` is the class of its pairs: the separation on a chain, the shell, the class of the bonds. ``pair`` names the two
    species, or the one of a site; it is None where the term acts on all. ``component`` is one of the family's, such as x or xy.
    """

    name: str
    family: str
    separation: int | None
    pair: str | None
    component: str | None


def label(term: Term, species_names: Sequence[str]) -> TermLabel:
    """Return the label of a term that numbers the species in the order of ``species_names``."""
    acts_on = term.pair if isinstance(term, PairTerm) else (term.on,) if isinstance(term, SiteTerm) else None
    named = [species_names[number] for number in acts_on or () if number is not None]
    return TermLabel(
        name=term.name,
        family=term.family,
        separation=term.bond_class if isinstance(term, PairTerm) else None,
        pair=as_pair(named) if named else None,
        component=term.component_name,
    )
