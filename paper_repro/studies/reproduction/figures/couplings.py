"""The ratios of the couplings (paper, Table 1), and |W| against the separation (paper, Fig. 2)."""

import numpy as np

from paper_repro.report.figures.interaction import Decay, Interaction
from paper_repro.report.figures.ratios import Ratios
from paper_repro.studies.reproduction.figures.argument import estimates
from paper_repro.studies.reproduction.results import AUTHORS_NAME
from paper_repro.studies.reproduction.subject import Subject


def ratios_of_couplings(subject: Subject) -> Ratios | None:
    """Return the ratios to the reference coupling; None without an inversion, and for a law that has no ratios."""
    truth = subject.ratios
    if not subject.results.inversion or truth is None:
        return None
    reference = subject.reference
    published = np.array([subject.published_value(f"inversion.ratios.{term}") for term in subject.terms])
    label = f"coupling / {subject.terms[reference]}"
    return Ratios(subject.terms, truth, published, estimates(subject, ratios=True), label)


def interaction_by_separation(subject: Subject) -> Interaction | None:
    """Return |W| of every network, and the size of each true coupling at its separation."""
    if not subject.results.readout:
        return None
    networks = [
        Decay(name, part.separations.astype(float), part.quartiles, reference=name == AUTHORS_NAME)
        for name, part in subject.results.named(subject.results.readout)
    ]
    separations = np.array([term.separation for term in subject.spec.hamiltonian.terms], dtype=float)
    return Interaction(networks, separations, subject.spec.beta * np.abs(subject.couplings))
