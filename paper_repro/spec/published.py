"""What the paper claims, and the rules by which a run is judged; specs/published.toml states when each was fixed."""

import math
from pathlib import Path
from typing import Annotated, Literal

import attrs

from paper_repro.numerics.arguments import checked_arguments
from paper_repro.spec.quantity import Quantity, checked, tag
from paper_repro.spec.reader import Loaded, load

_RULE = Quantity("the rule by which our value is judged", unit="")
_PUBLISHED = Quantity("the published value", unit="as measured")


@attrs.frozen(field_transformer=checked)
class PredictionInterval:
    """The published value is one more draw of the recipe.

    It must be in the prediction interval of our training seeds (Student's t), widened by the error from the test sequences, ours
    and theirs, and by the published rounding. The variance from the training data, which the seeds share, is not in it. An interval
    that holds the published value but is wider on one side than the published value lies from the truth decides nothing:
    INCONCLUSIVE.
    """

    published: Annotated[float, _PUBLISHED]
    rounding: Annotated[float, Quantity("half of the last published digit", unit="as measured", at_least=0)]
    truth: Annotated[float, Quantity("the true value", unit="as measured")]
    kind: Annotated[Literal["prediction-interval"], _RULE] = tag("prediction-interval")

    @property
    def distance(self) -> float:
        """The distance of the published value from the truth."""
        return abs(self.published - self.truth)


@attrs.frozen(field_transformer=checked)
class SameDistribution:
    """Ours and the published value are two draws of a known distribution: they must differ by at most ``tolerance``.

    Where the sequences are the released ones it is the same draw, and they must be equal.
    """

    published: Annotated[float, _PUBLISHED]
    tolerance: Annotated[float, Quantity("largest difference of two draws", unit="as measured", at_least=0)]
    kind: Annotated[Literal["same-distribution"], _RULE] = tag("same-distribution")


@attrs.frozen(field_transformer=checked)
class StandardErrors:
    """A check of our own, of a difference from an exact value: it must be 0 within ``limit`` of its standard errors."""

    limit: Annotated[float, Quantity("largest deviation from 0", unit="standard errors", above=0)]
    kind: Annotated[Literal["standard-errors"], _RULE] = tag("standard-errors")


@attrs.frozen(field_transformer=checked)
class Lost:
    """The value is stated to exist but did not survive in the source text: ours is reported without a verdict."""

    kind: Annotated[Literal["lost"], _RULE] = tag("lost")


@attrs.frozen(field_transformer=checked)
class DrawOfTheRecipe:
    """The second rule of the claims of ``PredictionInterval``: the published value is one more draw of the recipe's own law.

    With m and s the mean and the standard deviation over n trainings, σ the standard error from the test sequences and r the
    rounding, T = max(0, |published - m| - r) / √(s² (1 + 1/n) + 2σ²) has a two-sided probability under Student's t with n - 1
    degrees of freedom. The claim DEVIATES where that probability, corrected by Holm's method for the claims that are judged
    together, is below ``level``. Fewer than ``trainings``: INCONCLUSIVE.
    """

    trainings: Annotated[int, Quantity("fewest trainings that decide", unit="trainings", at_least=2)]
    level: Annotated[
        float, Quantity("corrected probability below which a published value deviates", unit="1", above=0, at_most=0.5)
    ]


Rule = PredictionInterval | SameDistribution | StandardErrors | Lost


@attrs.frozen
class Claim:
    """One claim: ``measured`` is the dotted path of our value in the results of a run, ``rule`` how it is judged."""

    name: str
    statement: str
    measured: str
    rule: Rule

    @property
    def published(self) -> float:
        """The published value; NaN where none is known."""
        return self.rule.published if isinstance(self.rule, PredictionInterval | SameDistribution) else math.nan


@attrs.frozen(field_transformer=checked)
class Statement:
    """A statement of the paper about its results, and the measurement that decides it.

    ``measured`` is the dotted path of a value in the evidence. SUPPORTED where the value is on the side of ``bound`` that
    ``rule`` names, by more than its error bar; NOT SUPPORTED where it is on the other; else, and where it is not measured,
    UNDECIDED.
    """

    name: str
    statement: str
    measured: str
    rule: Literal["at-least", "at-most"]
    bound: Annotated[float, Quantity("what the value must reach, or not exceed", unit="as measured")]


@attrs.frozen(field_transformer=checked)
class Published:
    """The published results, the rules that judge them, and the statements of the paper about them."""

    confidence: Annotated[float, Quantity("coverage of the prediction interval", unit="1", at_least=0.5, at_most=0.999)]
    protocol: str
    draw_of_the_recipe: DrawOfTheRecipe
    claims: tuple[Claim, ...]
    statements: tuple[Statement, ...]


@checked_arguments
def load_published(path: str | Path) -> Loaded[Published]:
    """Load the published values and claims; see ``load``.

    >>> published = pr.load_published(pr.specs_folder() / "published.toml").record
    >>> {claim.name: claim.published for claim in published.claims}["cosine"]
    0.9974
    """
    return load(Path(path), Published)
