"""The plan of a reproduction: all stages of a spec, the checks before any work, and what the spec leaves out."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import attrs

from paper_repro.pipeline.manifest import Manifest
from paper_repro.pipeline.stage import Identity, Plan, Stage, served
from paper_repro.spec import Constant, Published, Spec, canonical, differences, digest
from paper_repro.studies.reproduction.adoption import FoundTraining
from paper_repro.studies.reproduction.capabilities import LIKELIHOOD, missing
from paper_repro.studies.reproduction.checks import CHECKS
from paper_repro.studies.reproduction.networks import AUTHORS, trained
from paper_repro.studies.reproduction.recorded_epochs import recorded_epochs
from paper_repro.studies.reproduction.recorded_spec import recorded_spec
from paper_repro.studies.reproduction.stages.adoption import adoption_stage
from paper_repro.studies.reproduction.stages.constants import constants_stage
from paper_repro.studies.reproduction.stages.diagnosis import diagnosis_stage
from paper_repro.studies.reproduction.stages.epochs import epochs_stage
from paper_repro.studies.reproduction.stages.inversion import inversion_stages
from paper_repro.studies.reproduction.stages.likelihood import likelihood_stages
from paper_repro.studies.reproduction.stages.report import NAME, report_stage
from paper_repro.studies.reproduction.stages.sampling import sampling_stages
from paper_repro.studies.reproduction.stages.thermodynamics import end_time_stage, integration_stage
from paper_repro.studies.reproduction.stages.training import import_stage, training_stage


def plan_reproduction(
    spec: Spec,
    authors: bytes | None = None,
    constants: Sequence[Constant] = (),
    published: tuple[Published, Spec] | None = None,
    device: str = "cpu",
    adopted: Sequence[FoundTraining] = (),
    *,
    likelihood: bool = True,
) -> Plan:
    """Return the plan of a spec.

    ``authors`` are the authors' released weights. ``constants`` are noted with the run. With ``published``, the published values
    and the spec of the published protocol, the last stage is the report. Networks are trained and evaluated on ``device``, as torch
    names it. ``adopted`` are trainings that exist, one of each training seed: then none is made. Without ``likelihood`` the
    plateaus of the networks are left out, which take most of the time that is not spent on training.
    """
    lacking = missing(spec)
    noted = (constants_stage(constants),) if constants else ()
    if not likelihood:
        lacking.setdefault(LIKELIHOOD, "the likelihoods of the networks and their plateaus are left out")
    stages = (*noted, *served(_stages(spec, authors, device, adopted), lacking))
    if published is not None:
        stages = (*stages, report_stage(spec, *published, (name for stage in stages for name in stage.outputs)))
    return Plan(
        identity_of(spec, any_seeds=bool(adopted)), stages, tuple(partial(check, spec) for check in CHECKS), tuple(lacking.values())
    )


def plan_report(spec: Spec, manifest: Manifest, published: tuple[Published, Spec]) -> Plan:
    """Return the plan that only reports on a run, up to the last stage in its manifest."""
    made = (name for stage, record in manifest.stages.items() if stage != NAME for name in record.outputs)
    return Plan(identity_of(spec), (report_stage(spec, *published, made),))


def identity_of(spec: Spec, *, any_seeds: bool = False) -> Identity:
    """Return what identifies a run of a spec; with ``any_seeds`` a run with other training seeds is the same run."""
    values = canonical(spec)

    def differing(other: Manifest) -> list[str]:
        recorded = canonical(recorded_spec(other, Path()))
        if any_seeds:
            recorded["training"]["seeds"] = values["training"]["seeds"]
        return differences(recorded, values)

    return Identity(spec.name, values, digest(spec), differing)


def _stages(spec: Spec, authors: bytes | None, device: str, adopted: Sequence[FoundTraining]) -> list[Stage]:
    """Return all stages, in an order in which each finds its inputs."""
    stages = [*sampling_stages(spec, "training"), *sampling_stages(spec, "test"), diagnosis_stage(spec)]
    networks = [trained(seed, device) for seed in spec.training.seeds]
    last = recorded_epochs(spec)[-1:]
    if adopted:
        made = [(adoption_stage(spec, found), (*found.epochs, *last)) for found in adopted]
    else:
        made = [(training_stage(spec, seed, device), tuple(recorded_epochs(spec))) for seed in spec.training.seeds]
    for (stage, epochs), network in zip(made, networks, strict=True):
        stages += [stage, *inversion_stages(spec, network), epochs_stage(spec, network, epochs)]
    if authors is not None:
        networks.append(attrs.evolve(AUTHORS, device=device))
        stages += [import_stage(authors), *inversion_stages(spec, networks[-1])]
    stages += [integration_stage(spec), end_time_stage(spec)]
    for network in networks:
        stages += likelihood_stages(spec, network)
    return stages
