"""The data of a run (paper, Fig. 4) and how well they were sampled."""

import numpy as np

from paper_repro.report.figures.ensemble import Ensemble, Histogram, Lengths
from paper_repro.report.figures.sampling import Correlation, Sampling, Scores, SwapRates
from paper_repro.report.figures.spins import Chain
from paper_repro.studies.reproduction.results import AUTHORS_NAME, Autocorrelation
from paper_repro.studies.reproduction.subject import Subject


def sampling_quality(subject: Subject) -> Sampling | None:
    """Return swap rates, autocorrelation and z-scores; None where there is none of them."""
    found = subject.results.sampling
    if found is None:
        return None
    both = (("training set", found.training), ("test set", found.test))
    swaps = [
        SwapRates(name, np.sqrt(part.temperatures[1:]) * np.sqrt(part.temperatures[:-1]), part.swap_rates)
        for name, part in both
        if np.isfinite(part.swap_rates).any()
    ]
    observables = (("energy", found.training.autocorrelation_of_energy), ("S_1 · S_N", found.training.autocorrelation_of_ends))
    correlations = [_correlation(name, part) for name, part in observables if part is not None]
    counts = found.training.z_histogram.counts + found.test.z_histogram.counts
    scores = Scores(found.test.z_histogram.edges, counts.astype(float)) if counts.any() else None
    data = Sampling(swaps, correlations, subject.spec.sampler.thinning, scores)
    return data if data.panels else None


def _correlation(name: str, part: Autocorrelation) -> Correlation:
    return Correlation(name, part.lags, part.values, np.nan_to_num(part.errors))


def data_sets(subject: Subject) -> Ensemble | None:
    """Return lengths, bond cosines, sizes of the force, and snapshots of the shortest, the middle and the longest test chain."""
    results, spec = subject.results, subject.spec
    found = results.sampling
    if found is None:
        return None
    lengths = np.arange(spec.chains.shortest, spec.chains.longest + 1)
    sets = [
        Lengths(
            name, lengths.astype(float), np.array([part.lengths[k] if k < len(part.lengths) else 0 for k in lengths], dtype=float)
        )
        for name, part in (("training", found.training), ("test", found.test))
    ]
    edges = found.bond_cosines.edges
    bonds = [Histogram(name, edges, counts) for name, counts in found.bond_cosines.counts.items() if counts.sum()]
    forces = [
        Histogram(name, part.force_magnitudes.edges, part.force_magnitudes.inferred.astype(float), name == AUTHORS_NAME)
        for name, part in results.named(results.readout)
    ]
    if results.readout:
        exact = results.readout.trained[0].force_magnitudes
        forces.append(Histogram("exact", exact.edges, exact.exact.astype(float), truth=True))
    chains = [Chain(item.sequence, item.spins) for item in found.conformations]
    return Ensemble(sets, bonds, forces, chains, spec.hamiltonian.species)
