"""What the paper claims, and the rule by which a run is judged: fixed before any run."""

from pathlib import Path
from typing import Annotated, Literal

import attrs

from paper_repro.spec.quantity import Quantity, checked
from paper_repro.spec.reader import Loaded, load

Rule = Literal["prediction-interval", "same-law", "standard-errors", "lost"]


@attrs.frozen(field_transformer=checked)
class Claim:
    """One published value.

    ``measured`` is the dotted path of our value in the results of a run. The rules:

    - ``prediction-interval``: the published value is one more draw of the recipe; it must lie in the prediction interval of our
      training seeds (Student's t), widened by the error from the test sequences, ours and theirs, and by the published rounding.
      The variance from the training data, which the seeds share, is not in it. An interval that holds the published value but is
      wider on one side than ``tolerance``, the distance of the published value from the truth, decides nothing: INCONCLUSIVE.
    - ``same-law``: ours and the published value are two draws of a known law; they must differ by at most ``tolerance``.
    - ``standard-errors``: a check of our own: our value minus the exact one must vanish within three of its standard errors.
    - ``lost``: the value is stated to exist but did not survive in the source text; ours is reported without a verdict.
    """

    name: str
    statement: str
    measured: str
    rule: Rule
    published: Annotated[float, Quantity("the published value, or 0 where it is lost", unit="as measured")]
    rounding: Annotated[float, Quantity("half of the last published digit", unit="as measured", at_least=0)]
    tolerance: Annotated[float, Quantity("what the rule needs of a distance, or 0", unit="as measured", at_least=0)]


@attrs.frozen(field_transformer=checked)
class Statement:
    """What the paper says of its results, and the measurement that decides it.

    ``measured`` is the dotted path of a value in the evidence. SUPPORTED where the value lies on the side of ``bound`` that
    ``rule`` names, by more than its error bar; NOT SUPPORTED where it lies on the other; else, and where it is not measured,
    UNDECIDED.
    """

    name: str
    statement: str
    measured: str
    rule: Literal["at-least", "at-most"]
    bound: Annotated[float, Quantity("what the value must reach, or not exceed", unit="as measured")]


@attrs.frozen(field_transformer=checked)
class Published:
    """The published results, what counts as a reproduction of them, and what the paper says of them."""

    confidence: Annotated[float, Quantity("coverage of the prediction interval", unit="1", at_least=0.5, at_most=0.999)]
    protocol: str
    claims: tuple[Claim, ...]
    statements: tuple[Statement, ...]


def load_published(path: str | Path) -> Loaded[Published]:
    """Load the published values and claims; see ``load``."""
    return load(Path(path), Published)
