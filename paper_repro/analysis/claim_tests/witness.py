"""Claim: the network, given no terms, sees what a list of terms would miss."""

from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np

from paper_repro.analysis.claim_tests.evidence import WitnessEvidence
from paper_repro.analysis.witness import evidence
from paper_repro.numerics.estimates import standard_error
from paper_repro.numerics.measured import Measured

Kind = Literal["unlisted", "listed"]

#: Size of the term, as a share of J, at which the statement is decided.
SIZE = 0.1


@attrs.frozen
class World:
    """Snapshots of one law, in which a network and the closed-form test looked for what the library lacks.

    ``kind`` states whether the term of that ``size`` (in units of J; 0: there is none) is in the list of the closed-form test;
    ``seed`` is that of its ``snapshots``. ``network`` and ``closed_form`` are the probabilities of so much evidence were the
    library right; ``excess`` is the relative mean square error of the network's force, and the part that the library lacks.
    """

    kind: Kind
    size: float
    seed: int
    snapshots: int
    network: float
    closed_form: float
    excess: float


def measure_witness(worlds: Sequence[World]) -> WitnessEvidence | None:
    """Return the evidence of worlds with a term of ``SIZE``, their scatter being the error; None where there is no unlisted one."""
    unlisted, listed = ([w for w in worlds if w.kind == kind and w.size == SIZE] for kind in ("unlisted", "listed"))
    if not unlisted:
        return None
    ours, theirs = ([evidence(p) for p in each] for each in ([w.network for w in unlisted], [w.closed_form for w in unlisted]))
    return WitnessEvidence(
        advantage=_advantage(unlisted),
        network=_mean(ours),
        closed_form=_mean(theirs),
        listed=_advantage(listed) if listed else None,
    )


def _advantage(worlds: Sequence[World]) -> Measured:
    return _mean([evidence(world.network) - evidence(world.closed_form) for world in worlds])


def _mean(values: Sequence[float]) -> Measured:
    return Measured(float(np.mean(values)), standard_error(np.array(values)))
