"""The origin of a constant: the paper, the authors' code, an inference, or an assumption."""

from typing import Literal, get_args

import attrs

Status = Literal["stated", "released", "inferred", "assumed"]


@attrs.frozen
class Origin:
    """The origin of one constant.

    ``stated``: in the paper's text, at ``where``. ``released``: in the authors' code, at ``where``. ``inferred``: follows from
    ``where`` by the argument ``why``. ``assumed``: our choice, for the reason ``why``.
    """

    status: Status
    where: str = ""
    why: str = ""

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` when a part that the status needs is missing."""
        if self.status not in get_args(Status):
            raise ValueError(f"status = {self.status!r}; expected one of {', '.join(get_args(Status))}")
        needs = {"stated": ("where",), "released": ("where",), "inferred": ("where", "why"), "assumed": ("why",)}
        for part in needs[self.status]:
            if not getattr(self, part).strip():
                raise ValueError(f"status {self.status!r} without {part!r}; expected the {part!r} of this constant")


@attrs.frozen
class Fact:
    """A property of the model that the paper states and this project does not vary: a value in words, and its origin."""

    value: str
    origin: Origin
