"""specs/one-change: each is the published run with the one change of its name, and no other."""

import pytest

from paper_repro.spec import Loaded, Spec, canonical, differences, load_spec, specs_folder

CHANGES = {
    "log-uniform-times": ["diffusion.time_sampling: uniform → log-uniform"],
    "squared-uniform-times": ["diffusion.time_sampling: uniform → squared-uniform"],
    "rate-to-zero": ["training.schedule.kind: constant → cosine"],
    "ema": ["training.ema_decay: 0.0 → 0.999"],
    "noise-pairs": ["training.epochs: 20 → 10", "training.noise: independent → antithetic"],
}


def test_every_spec_of_the_folder_is_tried() -> None:
    assert {path.stem for path in (specs_folder() / "one-change").glob("*.toml")} == set(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_one_value_is_changed_in_a_training_of_the_published_budget(name: str, paper: Loaded[Spec]) -> None:
    loaded = load_spec(specs_folder() / "one-change" / f"{name}.toml")
    lines = differences(canonical(paper.record), canonical(loaded.record))
    assert lines == [f"name: paper → {name}", *CHANGES[name], "training.seeds: [0, 1, 2] → [0]"]
    changed = [line.split(":")[0] for line in CHANGES[name]]
    assert sum("the one change" in loaded.origins[path].why for path in changed) == 1
    specs = loaded.record, paper.record
    ours, published = (spec.training.steps(spec.training_set.sequences) * spec.training.batch for spec in specs)
    assert abs(ours - published) <= 0.004 * published
