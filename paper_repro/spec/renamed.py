"""Keys of earlier specs and the new keys: an old key gives one line with the new one."""

#: Each old path with the new one.
_NEW = {
    "hamiltonian.identities": "hamiltonian.species",
    "hamiltonian.boundary": "facts.boundary",
    "chains.repeats": "chains.draw",
    "chains.length_law": "facts.chain_lengths",
    "chains.identity_law": "facts.species_of_a_site",
    "ladder.coldest": "target.temperature",
    "sampler.over_relaxation": "sampler.over_relaxation_probability",
    "diffusion.time_law": "diffusion.time_sampling",
    "diffusion.noising": "diffusion.forward_kernel",
    "architecture.identities": "architecture.species",
    "architecture.time_input": "architecture.time_feature.kind",
    "training.learning_rate": "training.optimiser.learning_rate",
    "training.weight_decay": "training.optimiser.weight_decay",
    "training.gradient_norm": "training.gradient_clip_norm",
    "refinement.noise": "training.noise",
    "refinement.snapshots": "training.snapshots",
    "refinement.time_scale": "the time_scale of diffusion.weighting, architecture.time_feature and architecture.output_scale",
    "refinement.output": "architecture.output_scale.kind",
    "refinement.output_size": "architecture.output_scale.scale",
    "refinement.pair_track": "architecture.pair_update",
    "refinement.pair_mixing": "architecture.triangle_channels",
    "refinement.embeddings": "architecture.embeddings",
    "refinement.matrix_rate": "training.optimiser.muon_learning_rate",
    "refinement.schedule": "training.schedule.kind",
    "refinement.warm_up": "training.schedule.warmup_fraction",
    "refinement.averaging": "training.ema_decay",
    "refinement.query_times": "inversion.query_times",
    "refinement": "its keys in training, architecture, diffusion and inversion",
    "inversion.query_time": "inversion.query_times",
    "inversion.intercept": "facts.intercept",
    "likelihood.temperatures": "likelihood.higher_temperatures, without T₀",
}


def renamed(path: str, raw: object) -> tuple[str, str] | None:
    """Return the old and the new path for ``raw`` at an unknown ``path``; None where it was never a key."""
    if isinstance(raw, dict):
        for key in raw:
            if f"{path}.{key}" in _NEW:
                return f"{path}.{key}", _NEW[f"{path}.{key}"]
    return (path, _NEW[path]) if path in _NEW else None
