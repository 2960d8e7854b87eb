"""Caveats: why a run can establish nothing, independent of its results."""

import math

from paper_repro.spec import Spec, canonical, differences
from paper_repro.studies.reproduction.capabilities import EXACT_SOLUTION, missing
from paper_repro.studies.reproduction.results import DatasetDiagnostics, Results

#: A pooled z-score of the sampled energies beyond this is a sampler that has not converged.
SAMPLER_LIMIT = 5.0


def caveats(spec: Spec, protocol: Spec, results: Results) -> tuple[str, ...]:
    """Return why a run can establish nothing; none where it can.

    Its constants differ from the published protocol (the numbers of the seeds, the name and the released draw aside), it has fewer
    training seeds, its energies miss the exact ones, its snapshots are correlated, or a training has not lowered its loss.
    """
    return (*_of_protocol(spec, protocol), *of_the_run(spec, results))


def of_the_run(spec: Spec, results: Results) -> tuple[str, ...]:
    """Return the caveats that a run of any law can have: its sampling and its trainings."""
    return (*_of_sampling(spec, results), *_of_training(results))


def _of_protocol(spec: Spec, protocol: Spec) -> list[str]:
    ours, theirs = canonical(spec), canonical(protocol)
    for values in (ours, theirs):
        values.pop("name")
        values.pop("seeds")
        values["training"].pop("seeds")
        if values["chains"]["draw"] == "released":  # what the code does, where the protocol has what the text states
            values["chains"]["draw"] = "distinct"
    changed = [line.split(":")[0] for line in differences(theirs, ours)]
    found = []
    if changed:
        shown = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        found.append(f"not the published protocol ({shown})")
    if len(spec.training.seeds) < len(protocol.training.seeds):
        found.append(f"{len(spec.training.seeds)} training seeds where the protocol has {len(protocol.training.seeds)}")
    return found


def _of_sampling(spec: Spec, results: Results) -> list[str]:
    if results.sampling is None:
        return ["no diagnosis of the data sets"]
    if spec.sampler.method == "exact":
        return []
    both = (("training", results.sampling.training), ("test", results.sampling.test))
    return [line for which, diagnosis in both for line in _of_dataset(spec, which, diagnosis)]


def _of_dataset(spec: Spec, which: str, diagnosis: DatasetDiagnostics) -> list[str]:
    found = []
    z, ratio = diagnosis.z_pooled, diagnosis.thinning_ratio
    if math.isnan(z):
        why = "no exact energies" if EXACT_SOLUTION in missing(spec) else "traces too short for an error of the energy"
        found.append(f"convergence of the {which} set cannot be judged ({why})")
    elif abs(z) > SAMPLER_LIMIT:
        found.append(f"sampling of the {which} set has not converged (pooled z of the energy {z:.1f})")
    if math.isnan(ratio):
        found.append(f"correlation of the {which} snapshots cannot be judged (traces too short)")
    elif ratio < 1:
        found.append(f"snapshots of the {which} set are correlated (thinning / autocorrelation = {ratio:.2f})")
    return found


def _of_training(results: Results) -> list[str]:
    named = results.named(results.training)
    lowered = {name: part.epoch_losses[-1] < part.epoch_losses[0] for name, part in named}  # not by a loss that is not known
    return [f"training of {name} has not lowered its loss" for name, known in lowered.items() if not known]
