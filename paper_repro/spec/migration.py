"""Conversion of earlier plain values: specs in manifests of runs 1 to 3, architectures in weights 1 to 3.

In the old form an optional section ``refinement`` held additions to training, architecture, diffusion and inversion, T₀ was the
coldest temperature of the ladder, and choices with one value were fields. Without a refinement the code used the values of the
published recipe, which are filled in here.
"""

from collections.abc import Mapping
from typing import Any

from paper_repro.files import InputError

Plain = dict[str, Any]

#: Keys that refinements had since weights 3, with the values that weights 2 imply.
_SINCE_WEIGHTS_2 = {"pair_mixing": 0, "embeddings": "random", "matrix_rate": 0.0}
_TARGETS = {"log": "geodesic", "exact": "conditional-score"}
_SNAPSHOTS = {"random": "with-replacement", "in-turn": "cyclic"}
_EMBEDDINGS = {"random": "random", "waves": "sinusoidal"}

_TERM_OF_RUN_3 = {"name", "separation", "pair", "coupling"}


def spec_from_old(old: Any, where: object) -> Plain:
    """Return a spec of runs 1 and 2, as plain data, in today's form; raises ``InputError`` at ``where`` for anything else."""
    try:
        return _spec(old)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError(where, f"not usable ({error})", "the spec of a run of format 1 or 2") from error


def spec_from_run_3(old: Any, where: object) -> Plain:
    """Return a spec of a run of format 3 in today's form, in which ``chains.repeats`` is ``chains.draw``."""
    try:
        chains = dict(old["chains"])
        repeats = chains.pop("repeats")
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(where, f"not usable ({error})", "the spec of a run of format 3") from error
    return {**old, "chains": {**chains, "draw": "independent" if repeats else "distinct"}}


def spec_as_in_run_3(new: Plain) -> Plain | None:
    """Return a spec, as plain data, in the form of runs 3; None if that form cannot express it."""
    chains = dict(new["chains"])
    draw = chains.pop("draw")
    since = draw == "released" or new["diffusion"]["time_sampling"] == "squared-uniform"
    if since or any(set(term) != _TERM_OF_RUN_3 for term in new["hamiltonian"]["terms"]):
        return None
    return {**new, "chains": {**chains, "repeats": draw == "independent"}}


def architecture_from_old(old: Any, refinement: Any, where: object) -> Plain:
    """Return the architecture of weights 1 to 3 in today's form; ``refinement`` is None in weights 1."""
    try:
        return _architecture(old, None if refinement is None else _SINCE_WEIGHTS_2 | refinement)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(where, f"not usable ({error})", "the architecture of weights of format 1, 2 or 3") from error


def _spec(old: Mapping[str, Any]) -> Plain:
    refinement = old.get("refinement")
    hamiltonian, chains, ladder, likelihood = (old[name] for name in ("hamiltonian", "chains", "ladder", "likelihood"))
    inversion = old["inversion"]
    new = {
        "name": old["name"],
        "hamiltonian": {"species": hamiltonian["identities"], "terms": hamiltonian["terms"]},
        "target": {"temperature": ladder["coldest"]},
        "chains": {"shortest": chains["shortest"], "longest": chains["longest"], "draw": "distinct"},
        "ladder": {name: ladder[name] for name in ("hottest", "replicas", "spacing")},
        "sampler": _with(old["sampler"], over_relaxation="over_relaxation_probability"),
        "diffusion": _diffusion(old["diffusion"], refinement),
        "architecture": _architecture(old["architecture"], refinement),
        "training": _training(old["training"], refinement),
        "inversion": {
            "query_times": [inversion["query_time"]] if refinement is None else refinement["query_times"],
            "r2_about": inversion["r2_about"],
            "resamples": inversion["resamples"],
        },
        "likelihood": _likelihood(likelihood),
    }
    kept = ("training_set", "test_set", "readout", "thermodynamic_integration", "seeds")
    return new | {name: old[name] for name in kept}


def _with(old: Mapping[str, Any], **names: str) -> Plain:
    """Return a section with other names for some of its keys."""
    return {names.get(name, name): value for name, value in old.items()}


def _likelihood(old: Mapping[str, Any]) -> Plain:
    return {name: value for name, value in old.items() if name != "temperatures"} | {
        "higher_temperatures": list(old["temperatures"][1:])
    }


def _diffusion(old: Mapping[str, Any], refinement: Mapping[str, Any] | None) -> Plain:
    new = _with(old, time_law="time_sampling", noising="forward_kernel")
    shifted = refinement is not None and old["weighting"] == "shifted-time"
    weighting = {"kind": "shifted-time", "time_scale": refinement["time_scale"]} if shifted and refinement else {"kind": "time"}
    return new | {"target": _TARGETS[old["target"]], "weighting": weighting}


def _architecture(old: Mapping[str, Any], refinement: Mapping[str, Any] | None) -> Plain:
    new = {name: value for name, value in _with(old, identities="species").items() if name != "time_input"}
    new["time_feature"] = {"kind": old["time_input"]}
    if refinement is None:
        published = {"pair_update": "ordered", "triangle_channels": 0, "embeddings": "random"}
        return new | {"output_scale": {"kind": "none"}} | published
    if old["time_input"] == "shifted-log":
        new["time_feature"]["time_scale"] = refinement["time_scale"]
    scale = {"scale": refinement["output_size"]}
    learned = {"kind": "learned", "time_scale": refinement["time_scale"]} | scale
    return new | {
        "output_scale": learned if refinement["output"] == "scaled" else {"kind": "constant"} | scale,
        "pair_update": refinement["pair_track"],
        "triangle_channels": refinement["pair_mixing"],
        "embeddings": _EMBEDDINGS[refinement["embeddings"]],
    }


def _training(old: Mapping[str, Any], refinement: Mapping[str, Any] | None) -> Plain:
    optimiser: Plain = {"kind": "adamw", "learning_rate": old["learning_rate"], "weight_decay": old["weight_decay"]}
    new = {name: old[name] for name in ("epochs", "batch", "seeds")} | {"gradient_clip_norm": old["gradient_norm"]}
    if refinement is None:
        schedule = {"kind": "constant", "warmup_fraction": 0.0}
        published = {"noise": "independent", "snapshots": "with-replacement", "ema_decay": 0.0}
        return new | published | {"optimiser": optimiser, "schedule": schedule}
    if refinement["matrix_rate"] > 0:
        optimiser |= {"kind": "muon-adamw", "muon_learning_rate": refinement["matrix_rate"]}
    return new | {
        "optimiser": optimiser,
        "schedule": {"kind": refinement["schedule"], "warmup_fraction": refinement["warm_up"]},
        "noise": refinement["noise"],
        "snapshots": _SNAPSHOTS[refinement["snapshots"]],
        "ema_decay": refinement["averaging"],
    }
