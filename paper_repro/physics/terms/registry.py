"""The families of terms, by the names that they have in a library file. A family enters itself, in its own file."""

from typing import TypeVar

from paper_repro.physics.terms.term import Term

#: The class of each family, in the order in which they were entered.
FAMILIES: dict[str, type[Term]] = {}

Class = TypeVar("Class", bound=type[Term])


def registered(family: Class) -> Class:
    """Enter a class of terms under the name of its family (a class decorator); raises ``ValueError`` for a name that is taken."""
    if family.family in FAMILIES:
        raise ValueError(f"two families named {family.family!r}; expected different names")
    FAMILIES[family.family] = family
    return family
