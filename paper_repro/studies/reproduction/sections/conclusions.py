"""What each figure of a run shows, in one sentence with numbers of the run; empty where one of them is not known."""

import math
import statistics
from collections.abc import Sequence

import numpy as np

from paper_repro.analysis.force_magnitudes import ForceMagnitudes
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import quotient
from paper_repro.report.numbers import NONE, fixed, number, percent, significant
from paper_repro.studies.reproduction.caveats import SAMPLER_LIMIT
from paper_repro.studies.reproduction.results import Calibration
from paper_repro.studies.reproduction.sections.intervals import over_trainings
from paper_repro.studies.reproduction.subject import Subject


def of_sampling(subject: Subject) -> str:
    """Compare the mean energies with the exact ones; else state how often replicas swap."""
    found = subject.results.sampling
    if found is None:
        return ""
    scores = [(name, part.z_pooled) for name, part in (("training", found.training), ("test", found.test))]
    known = [(name, z) for name, z in scores if math.isfinite(z)]
    if not known:
        return _known(f"Neighbouring replicas exchange in {percent(found.training.swap_rate)} of the attempts.")
    agree = "agree with" if all(abs(z) <= SAMPLER_LIMIT for _, z in known) else "differ from"
    listed = ", ".join(f"{fixed(z, 1)} for the {name} set" for name, z in known)
    return f"The mean energies {agree} the exact values: pooled z = {listed}."


def of_data(subject: Subject) -> str:
    """Compare the force of the networks with the exact one; else state the size of the data."""
    parts = [part.force_magnitudes for part in subject.results.readout.trained]
    if not parts:
        chains = subject.spec.chains
        return f"The chains have {chains.shortest} to {chains.longest} sites."
    shares = [quotient(_mean(part, part.inferred), _mean(part, part.exact)) for part in parts]
    return _known(f"The mean magnitude of the force of the networks is {over_trainings(shares)} of the exact one.")


def _mean(part: ForceMagnitudes, counts: Integers) -> float:
    """Return the mean of a histogram; NaN where its edges and counts do not fit together."""
    if len(part.edges) != len(counts) + 1:
        return math.nan
    centres = (part.edges[1:] + part.edges[:-1]) / 2
    return quotient(np.dot(centres, counts), counts.sum())


def of_training(subject: Subject) -> str:
    """State by how much the loss falls, and by how much in the last quarter of the epochs."""
    losses = [part.epoch_losses for part in subject.results.training.trained]
    epochs = min(map(len, losses), default=0)
    if not epochs:
        return ""
    text = f"The loss decreases by {percent(_fall(losses, 0))}"
    if quarter := epochs // 4:
        text += f", of which {percent(_fall(losses, -1 - quarter))} in the last {quarter} of {epochs} epochs"
    return _known(f"{text}.")


def _fall(losses: Sequence[Floats], start: int) -> float:
    """Return the mean decrease of the loss from an epoch to the last, in units of the first."""
    return statistics.fmean(quotient(loss[start] - loss[-1], loss[0]) for loss in losses)


def of_ratios(subject: Subject) -> str:
    """Name the ratio that lies farthest from the truth."""
    true = subject.ratios
    if true is None:
        return ""
    errors = {
        term: [part.ratios[term].value - float(value) for part in subject.results.inversion.trained]
        for term, value in zip(subject.terms, true, strict=True)
        if term != subject.terms[subject.reference]
    }
    finite = {term: found for term, found in errors.items() if all(map(math.isfinite, found))}
    if not finite:
        return ""
    worst = max(finite, key=lambda term: abs(statistics.fmean(finite[term])))
    name = f"{worst} / {subject.terms[subject.reference]}"
    text = f"The largest mean error of a ratio is {over_trainings(finite[worst])}, of {name}"
    published = subject.published_value(f"inversion.ratios.{worst}") - float(true[subject.terms.index(worst)])
    return f"{text}; the published value is in error by {significant(published, 3)}." if math.isfinite(published) else f"{text}."


def of_inversion(subject: Subject) -> str:
    """State the size of the couplings and how much of the force they explain."""
    parts = subject.results.inversion.trained
    scale = over_trainings([part.scale.value / subject.spec.beta for part in parts])
    r2 = over_trainings([part.r2.value for part in parts])
    return _known(f"The couplings of the networks are {scale} times βJ; R² = {r2}.")


def of_interaction(subject: Subject) -> str:
    """State how local W is."""
    share = statistics.fmean(part.within_range for part in subject.results.readout.trained)
    return _known(f"{percent(share)} of Σ|W| lies within the range of the couplings, r ≤ {subject.spec.hamiltonian.range}.")


def of_plateau(subject: Subject) -> str:
    """State how far the plateaus lie from the exact ln Z."""
    gaps = [part.gap.value for part in subject.results.calibration.trained if isinstance(part, Calibration)]
    return _known(f"ln Z of the plateau minus exact ln Z(β_eff) is {over_trainings(gaps)}.") if gaps else ""


def of_integration(subject: Subject) -> str:
    """Compare ln Z with the exact value; else state it."""
    part = subject.results.thermodynamic_integration
    if part is None:
        return ""
    if math.isfinite(part.error.value):
        return f"ln Z by thermodynamic integration minus the exact value is {number(part.error.value, part.error.standard_error)}."
    return _known(f"ln Z = {number(part.ln_z.value, part.ln_z.standard_error)} at T₀.")


def _known(text: str) -> str:
    return "" if NONE in text else text
