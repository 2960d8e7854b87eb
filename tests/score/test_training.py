"""Training: the same bytes after any interruption, every sequence once an epoch, and a loss that falls."""

import errno
import os
import signal

import attrs
import numpy as np
import pytest
import torch

from paper_repro.files import DamagedError, InputError, NotFiniteError
from paper_repro.numerics.parallel import available_cores, one_core, workers
from paper_repro.score import diffusion, training
from paper_repro.score.execution import execution
from paper_repro.score.field import NetworkForce
from paper_repro.score.pairformer import build
from paper_repro.score.tensors import read_tensors, write_tensors
from paper_repro.score.training import checkpoint, gradient, optimisers, state
from paper_repro.spec import AdamW, ConstantRate, CosineRate, TimeWeighting


@pytest.fixture(scope="module")
def small(paper):
    """A tiny network and recipe on 23 chains of 4 to 9 sites, all spins along one axis of their own."""
    spec = paper.record
    shape = attrs.evolve(spec.architecture, single_width=8, pair_width=4, pair_hidden=6, heads=2, blocks=1, positions=12)
    optimiser = attrs.evolve(spec.training.optimiser, learning_rate=1e-2)
    recipe = attrs.evolve(spec.training, epochs=6, batch=5, optimiser=optimiser)
    generator = np.random.default_rng(0)
    codes, spins = [], []
    for index in range(23):
        sites = 4 + index % 6
        axis = generator.standard_normal((3, 1, 3))
        codes.append(generator.integers(0, 2, sites))
        spins.append(np.broadcast_to(axis / np.linalg.norm(axis, axis=-1, keepdims=True), (3, sites, 3)).astype(np.float32))
    return training.TrainingData(codes, spins), shape, spec.diffusion, recipe


@pytest.fixture(scope="module")
def both(small, refined):
    """The tiny recipe, and a refined one on the same data, by name: the first arguments of ``train``."""
    chains, shape, settings, recipe = small
    times = attrs.evolve(settings, time_sampling="log-uniform", weighting=refined.diffusion.weighting)
    sizes = {name: getattr(shape, name) for name in ("single_width", "pair_width", "pair_hidden", "heads", "positions")}
    optimiser = attrs.evolve(refined.training.optimiser, learning_rate=1e-2)
    other = attrs.evolve(refined.training, epochs=recipe.epochs, batch=10, optimiser=optimiser)
    return {"published": small, "refined": (chains, attrs.evolve(refined.architecture, blocks=2, **sizes), times, other)}


class Stop(Exception):
    """Stands for a kill."""


def stop_at(step):
    def progress(done, total, loss):
        if done == step:
            raise Stop

    return progress


def same(first, second) -> bool:
    states = first.model.state_dict(), second.model.state_dict()
    return all(torch.equal(value, states[1][name]) for name, value in states[0].items()) and np.array_equal(
        first.losses, second.losses
    )


@pytest.mark.faults("signal")
@pytest.mark.parametrize("recipe", ["published", "refined"])
def test_an_interrupted_training_ends_in_the_same_bytes(both, recipe, tmp_path):
    small = both[recipe]
    whole = training.train(*small, 3)
    assert len(whole.losses) == small[3].steps(23) == 30
    path = tmp_path / "checkpoint.safetensors"
    for step in (1, 7, 29):
        with pytest.raises(Stop):
            training.train(*small, 3, checkpoint=path, key="k", progress=stop_at(step))
    assert same(training.train(*small, 3, checkpoint=path, key="k"), whole)
    assert not same(training.train(*small, 4), whole)


@pytest.mark.faults("signal")
@pytest.mark.parametrize("recipe", ["published", "refined"])
def test_recorded_epochs_are_those_of_a_training_that_ends_there_whatever_interrupts_it(both, recipe, tmp_path):
    """The weights, or their EMA; a schedule that falls towards the end would give others."""
    data, shape, settings, plan = both[recipe]
    plan = attrs.evolve(plan, schedule=ConstantRate(0.0))
    record, path = (3, 4, 5), tmp_path / "checkpoint.safetensors"
    for step in (16, 24):  # in epochs 4 and 5, of five steps each
        with pytest.raises(Stop):
            training.train(data, shape, settings, plan, 3, checkpoint=path, key="k", record=record, progress=stop_at(step))
    assert read_tensors(path)[1]["format"] == checkpoint.RECORDED_FORMAT
    done = training.train(data, shape, settings, plan, 3, checkpoint=path, key="k", record=record)
    assert tuple(done.epochs) == record
    assert same(done, training.train(data, shape, settings, plan, 3))
    other = training.train(data, shape, settings, attrs.evolve(plan, epochs=4), 3)
    assert same(training.Trained(done.epochs[4], other.losses), other)
    for broken in (done.epochs[3], done.epochs[5], done.model):
        assert not same(training.Trained(broken, other.losses), other)


@pytest.mark.parametrize("recipe", ["published", "refined"])
def test_the_number_of_threads_changes_no_byte(both, recipe):
    small = both[recipe]
    one, two, three = (training.train(*small, 3, where=execution(threads=threads)) for threads in (1, 2, 3))
    assert same(one, two)
    assert same(one, three)


def test_workers_compute_on_one_core_and_leave_the_setting_as_it_was():
    assert available_cores() >= 1
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with workers(2) as executor:
            assert [executor.submit(torch.get_num_threads).result() for _ in range(4)] == [1] * 4
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_of_two_threads_that_want_one_core_the_last_to_leave_restores_the_setting():
    before = torch.get_num_threads()
    first, second = one_core(), one_core()
    try:
        torch.set_num_threads(3)
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert torch.get_num_threads() == 1
        second.__exit__(None, None, None)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_groups_hold_every_chain_once_and_little_padding():
    lengths = torch.randint(20, 51, (256,), generator=torch.Generator().manual_seed(0))
    groups = training.groups_of(lengths)
    assert sorted(torch.cat(groups).tolist()) == list(range(256))
    padded = [len(rows) * int(lengths[rows].max()) ** 2 for rows in groups]
    assert max(padded) <= 12_000
    assert min(padded[:-1]) > 12_000 - 51**2 - 12_000 // 10
    assert sum(padded) < 1.1 * float((lengths**2).sum())  # 1.9 where all are padded to the longest
    assert [len(rows) for rows in training.groups_of(torch.tensor([200, 300, 100]))] == [1, 1, 1]


def gradient_error(small, pairs, monkeypatch) -> float:
    """Largest difference between the gradient by groups and that of the whole padded batch, over the largest slope."""
    chains, shape, settings, _ = small
    model = build(shape, 1).double()
    recipe = attrs.evolve(small[3], batch=23)
    drawn = training.noised(training.batch_at(chains, recipe, 0, 0), settings, torch.Generator().manual_seed(1))
    double = attrs.evolve(drawn, spins=drawn.spins.double(), target=drawn.target.double(), time=drawn.time.double())
    whole = diffusion.loss(model(double.species, double.spins, double.time, double.mask), double.target, double.time, double.mask)
    wanted = torch.autograd.grad(whole, list(model.parameters()), allow_unused=True)
    monkeypatch.setattr(gradient, "_PAIRS", pairs)
    with workers(2) as executor:
        value, slopes = gradient.loss_and_gradient(model, double, executor)
    assert [slope is None for slope in slopes] == [slope is None for slope in wanted]
    pairs = [(a, b) for a, b in zip(slopes, wanted, strict=True) if a is not None]
    error = max(float((a - b).abs().max()) for a, b in pairs) / max(float(b.abs().max()) for _, b in pairs)
    return max(error, abs(value / whole.item() - 1))


@pytest.mark.parametrize("pairs", [1, 200, 500, 12_000])
def test_the_gradient_by_groups_is_that_of_the_batch(small, pairs, monkeypatch):
    assert gradient_error(small, pairs, monkeypatch) < 1e-12


def test_groups_of_unequal_weight_are_noticed(small, monkeypatch):
    """The broken twin: the mean of the groups' means, which weighs spins of short chains more."""
    plain = diffusion.loss
    monkeypatch.setattr(
        diffusion, "loss", lambda s, w, t, m: plain(s, w, t, m) * (1 if len(s) == 23 else 115 / (m.sum() * 23 / len(s)))
    )
    assert gradient_error(small, 300, monkeypatch) > 1e-3


@pytest.mark.parametrize(("recipe", "part"), [("published", "exp_avg"), ("refined", "exp_avg"), ("refined", "momentum_buffer")])
def test_a_checkpoint_without_the_optimiser_s_state_would_be_noticed(both, tmp_path, recipe, part):
    """The broken twin: moments lost on the way, of AdamW or of Muon."""
    small = both[recipe]
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(Stop):
        training.train(*small, 3, checkpoint=path, key="k", progress=stop_at(7))
    tensors, metadata = read_tensors(path)
    write_tensors(path, {n: torch.zeros_like(t) if part in n else t for n, t in tensors.items()}, metadata)
    assert not same(training.train(*small, 3, checkpoint=path, key="k"), training.train(*small, 3))


def test_a_checkpoint_without_the_running_mean_would_be_noticed(both, tmp_path):
    """The broken twin: the mean lost on the way. The published recipe takes none, and writes checkpoints of format 1."""
    path = tmp_path / "checkpoint.safetensors"
    formats = {"published": "paper_repro checkpoint 1", "refined": "paper_repro checkpoint 2"}
    for recipe, small in both.items():
        with pytest.raises(Stop):
            training.train(*small, 3, checkpoint=path, key="k", progress=stop_at(7))
        tensors, metadata = read_tensors(path)
        means = [name for name in tensors if name.startswith("average.")]
        assert metadata["format"] == formats[recipe]
        assert len(means) == (0 if recipe == "published" else len(list(build(small[1], 0).parameters())))
        path.unlink()
    write_tensors(path, {n: torch.zeros_like(t) if n in means else t for n, t in tensors.items()}, metadata)
    assert not same(training.train(*small, 3, checkpoint=path, key="k"), training.train(*small, 3))


def stopped_twice(small, path):
    """Leave two generations of a checkpoint behind: of 7 steps, and of 12."""
    for step in (7, 12):
        with pytest.raises(Stop):
            training.train(*small, 3, checkpoint=path, key="k", progress=stop_at(step))


def resumed(small, path, key="k"):
    """Finish from what lies at ``path``; return what was trained, the step at which it took up, and what was said."""
    said, steps = [], []
    done = training.train(*small, 3, checkpoint=path, key=key, progress=lambda step, *_: steps.append(step), say=said.append)
    return done, steps[0] - 1, said


DAMAGES = {
    "cut": lambda data: data[:-5], "empty": lambda data: b"", "flipped": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "header": lambda data: data[:20] + b"\xff" + data[21:], "junk": lambda data: b"junk", "zeros": lambda data: bytes(len(data)),
}  # fmt: skip


@pytest.mark.faults("damaged")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_is_used(small, tmp_path, damage):
    path = tmp_path / "checkpoint.safetensors"
    whole = training.train(*small, 3)
    stopped_twice(small, path)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    done, start, said = resumed(small, path)
    assert same(done, whole)
    assert start == 7
    assert len(said) == 1
    assert str(path) in said[0]
    assert "the previous checkpoint is used" in said[0]


@pytest.mark.faults("damaged")
def test_of_two_damaged_checkpoints_both_are_named_and_training_starts_again(small, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    stopped_twice(small, path)
    for generation in (path, training.previous(path)):
        generation.write_bytes(b"")
    done, start, said = resumed(small, path)
    assert same(done, training.train(*small, 3))
    assert start == 0
    assert len(said) == 2
    assert "training starts again" in said[1]


@pytest.mark.faults("damaged")
def test_the_checkpoint_of_another_training_is_said_and_not_used(small, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    stopped_twice(small, path)
    done, start, said = resumed(small, path, key="other")
    assert same(done, training.train(*small, 3))
    assert start == 0
    assert "another training" in said[0]


@pytest.mark.faults("format")
def test_a_checkpoint_of_a_newer_format_is_refused_and_kept(small, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    stopped_twice(small, path)
    tensors, metadata = read_tensors(path)
    write_tensors(path, tensors, metadata | {"format": "paper_repro checkpoint 99"})
    kept = path.read_bytes()
    with pytest.raises(InputError, match=r"'paper_repro checkpoint 99', which a newer paper_repro has written") as caught:
        training.train(*small, 3, checkpoint=path, key="k")
    assert not isinstance(caught.value, DamagedError)
    assert path.read_bytes() == kept


@pytest.mark.faults("signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_within_the_optimiser_s_step_comes_after_it(small, tmp_path, monkeypatch, number):
    """Half a step would be kept as a whole one, and the resumed training would end elsewhere."""
    path = tmp_path / "checkpoint.safetensors"
    plain, calls = torch.optim.AdamW.step, []

    def interrupted(optimiser, *arguments):
        calls.append(1)
        if len(calls) == 9:
            signal.raise_signal(number)  # a real one: the handler runs before the next line
        return plain(optimiser, *arguments)

    monkeypatch.setattr(torch.optim.AdamW, "step", interrupted)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            training.train(*small, 3, checkpoint=path, key="k")
    finally:
        signal.signal(signal.SIGTERM, before)
    done, start, _ = resumed(small, path)
    assert start == 9
    assert same(done, training.train(*small, 3))


@pytest.mark.faults("unwritable")
def test_a_checkpoint_that_cannot_be_written_leaves_the_earlier_one(small, tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.safetensors"
    stopped_twice(small, path)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(InputError, match=r"No space left on device; [\d,]+ bytes needed, [\d,]+ free"):
            training.train(*small, 3, checkpoint=path, key="k")
    assert [item.name for item in tmp_path.iterdir()] == [training.previous(path).name]
    done, start, said = resumed(small, path)
    assert same(done, training.train(*small, 3))
    assert (start, said) == (12, [])


def test_every_epoch_visits_every_sequence_once(small):
    chains, _, _, recipe = small
    marked = training.TrainingData([np.full_like(code, index % 2) for index, code in enumerate(chains.species)], chains.spins)
    for epoch in range(2):
        lengths = []
        for within in range(5):
            codes, spins, mask = training.batch_at(marked, recipe, 0, epoch * 5 + within)
            lengths += mask.sum(1).tolist()
            assert codes.shape == mask.shape == spins.shape[:2]
            assert torch.equal(mask, (spins * spins).sum(-1) > 0.5)
            assert mask.shape[1] == mask.sum(1).max()
        assert sorted(lengths) == sorted(len(code) for code in chains.species)
    first, second = training.batch_at(chains, recipe, 0, 0), training.batch_at(chains, recipe, 0, 5)
    assert first[2].shape != second[2].shape or not torch.equal(first[1], second[1])  # another order in another epoch


def test_all_snapshots_are_drawn_equally_often(small):
    chains, _, _, recipe = small
    numbered = training.TrainingData(
        chains.species, [np.stack([np.full((len(c), 3), k) for k in range(3)]) for c in chains.species]
    )
    seen = np.concatenate(
        [training.batch_at(numbered, recipe, 0, step)[1][:, 0, 0].numpy() for step in range(500)]
    )  # 2,300 draws: each third has a deviation of 23
    assert np.abs(np.bincount(seen.astype(int), minlength=3) - len(seen) / 3).max() < 5 * 23


def test_cyclic_snapshots_are_each_taken_once_before_any_is_taken_again(small):
    chains, _, _, recipe = small
    numbered = training.TrainingData(
        chains.species, [np.stack([np.full((len(c), 3), k) for k in range(3)]) for c in chains.species]
    )
    taken = {}
    for kind in ("cyclic", "with-replacement"):
        whole = attrs.evolve(recipe, batch=23, snapshots=kind)
        seen = []
        for epoch in range(6):
            codes, spins, mask = training.batch_at(numbered, whole, 0, epoch)
            labels = [(len(c), *c) for c in (row[:n].tolist() for row, n in zip(codes, mask.sum(1).tolist(), strict=True))]
            seen.append(dict(sorted(zip(labels, spins[:, 0, 0].int().tolist(), strict=True))))
        taken[kind] = np.array([list(epoch.values()) for epoch in seen])  # (epoch, sequence), of sequences that differ
    assert all(sorted(column[:3]) == [0, 1, 2] == sorted(column[3:]) for column in taken["cyclic"].T)
    assert len(set(taken["cyclic"][0])) == 3  # not all begin with the same
    assert not all(sorted(column[:3]) == [0, 1, 2] for column in taken["with-replacement"].T)


def test_the_loss_falls_and_the_network_learns_that_neighbours_align(small):
    """All spins of a chain are equal, so the score must pull noisy spins together: W > 0 on average."""
    done = training.train(*small[:3], attrs.evolve(small[3], epochs=60), 0)
    assert done.losses[-40:].mean() < 0.8 * done.losses[:20].mean()
    field = NetworkForce(done.model, (0.1,))
    generator = np.random.default_rng(1)
    spins = np.array([0.0, 0.0, 1.0]) + 0.3 * generator.standard_normal((5, 7, 3))
    w = field.interaction(np.zeros(7, dtype=int), spins / np.linalg.norm(spins, axis=-1, keepdims=True))
    assert w.mean() > 0


@pytest.mark.faults("not finite")
def test_a_loss_that_is_not_finite_stops_with_step_and_seed(small, tmp_path):
    chains, shape, diffusion, recipe = small
    broken = training.TrainingData(chains.species, [np.full_like(spins, np.nan) for spins in chains.spins])
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(NotFiniteError, match="training seed 3, step 0"):
        training.train(broken, shape, diffusion, recipe, 3, checkpoint=path, key="k")
    assert not path.exists()


def test_no_data_is_refused(small):
    with pytest.raises(ValueError, match="no chains"):
        training.train(training.TrainingData([], []), *small[1:], 0)


def test_gradients_are_clipped(small, monkeypatch):
    norms = []
    plain = torch.nn.utils.clip_grad_norm_

    def spy(parameters, largest):
        listed = list(parameters)
        norm = plain(listed, largest)
        norms.append((largest, float(torch.stack([p.grad.norm() for p in listed if p.grad is not None]).norm())))
        return norm

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", spy)
    training.train(*small, 0)
    assert all(after <= largest * 1.001 for largest, after in norms)
    assert norms[0][0] == small[3].gradient_clip_norm


def test_training_leaves_the_global_random_state_alone(small):
    before = torch.random.get_rng_state()
    training.train(*small, 0)
    assert torch.equal(before, torch.random.get_rng_state())
    assert build(small[1], 0).training


def test_the_second_half_of_a_batch_has_the_opposite_noise(both):
    chains, _, settings, recipe = both["refined"]
    assert recipe.clean_batch == 5
    assert attrs.evolve(recipe, noise="independent").clean_batch == 10
    batch = training.batch_at(chains, recipe, 0, 0)
    drawn = training.noised(batch, settings, torch.Generator().manual_seed(1), antithetic=True)
    once = training.noised(batch, settings, torch.Generator().manual_seed(1))
    assert len(drawn.species) == 10
    for name in ("species", "time", "weight", "mask"):
        first, second = getattr(drawn, name).chunk(2)
        assert torch.equal(first, second)
    assert torch.allclose(drawn.weight, drawn.time + 0.03)
    for name in ("spins", "target"):
        first, second = getattr(drawn, name).chunk(2)
        assert torch.equal(first, getattr(once, name))
        assert torch.equal(second, diffusion.opposite(batch[1], first))


def noise_of_the_gradient(model, small, noise) -> float:
    """Trace of the covariance of the gradient over 40 draws of the noise, at one small time and on the same chains."""
    _, _, settings, recipe = small
    random = np.random.default_rng(3).standard_normal((10, 1, 7, 3))
    chains = training.TrainingData([np.arange(7) % 2] * 10, [one / np.linalg.norm(one, axis=-1, keepdims=True) for one in random])
    short = attrs.evolve(settings, shortest_time=1e-3, longest_time=1.01e-3, weighting=TimeWeighting())
    batch = training.batch_at(chains, attrs.evolve(recipe, noise=noise), 0, 0)
    draws = []
    with workers(1) as executor:
        for seed in range(40):
            drawn = training.noised(batch, short, torch.Generator().manual_seed(seed), antithetic=noise == "antithetic")
            _, slopes = gradient.loss_and_gradient(model, drawn, executor)
            draws.append(torch.cat([slope.reshape(-1) for slope in slopes if slope is not None]))
    return float(torch.stack(draws).var(0).sum())


def test_opposite_noise_makes_the_gradient_less_noisy(both):
    """At t = 0.001 what is odd in the noise is most of it: half as many chains of the data, and far less noise.

    The ratio is 76 here; a ratio of variances of 40 draws is off by a factor of 6 in less than 1e-6 of cases.
    """
    small = both["refined"]
    model = build(small[1], 1)
    paired, single = (noise_of_the_gradient(model, small, kind) for kind in ("antithetic", "independent"))
    assert paired < single / 10


def test_the_learning_rate_rises_and_falls_as_the_spec_says():
    rates = [training.learning_rate_factor(CosineRate(0.1), step, 100) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert rates[55] == pytest.approx(0.5)
    assert rates[10] == 1
    assert 0 < rates[99] < 1e-3
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert {training.learning_rate_factor(ConstantRate(0.0), step, 100) for step in range(100)} == {1}
    assert [training.learning_rate_factor(ConstantRate(0.1), step, 100) for step in range(100)] == rates[:10] + [1] * 90


@pytest.mark.parametrize(("recipe", "kind"), [("published", "AdamW"), ("refined", "AdamW"), ("refined", "Muon")])
def test_the_rates_of_the_spec_are_those_of_the_optimisers(both, monkeypatch, recipe, kind):
    small = both[recipe]
    optimiser, seen = getattr(torch.optim, kind), []
    plain = optimiser.step
    monkeypatch.setattr(optimiser, "step", lambda self: (seen.append(self.param_groups[0]["lr"]), plain(self)))
    training.train(*small, 0)
    peak = 5e-3 if kind == "Muon" else 1e-2
    assert seen == [peak * training.learning_rate_factor(small[3].schedule, step, 30) for step in range(30)]


def test_muon_has_the_matrices_of_the_layers_and_adamw_all_else(both):
    """Each parameter has one optimiser: the embeddings, biases, norms, gain, and matrices of one row or column have AdamW."""
    small = both["refined"]
    model = build(small[1], 0)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    held = [[names[id(p)] for group in optimiser.param_groups for p in group["params"]]
            for optimiser, _ in optimisers.make_optimisers(model, small[3].optimiser)]  # fmt: skip
    assert sorted(held[0] + held[1]) == sorted(names.values())
    assert sorted(held[1]) == sorted(
        ["time_mlp.2.weight", "weight_head.1.weight"]
        + [f"blocks.{block}.{name}.weight" for block in range(2) for name in (
            "pair_update", "pair_transition.0", "pair_transition.2", "query_key_value", "pair_bias", "attention_output")]
        + ["blocks.1.mixing_input.weight", "blocks.1.mixing_output.1.weight"]
    )  # fmt: skip
    (adamw, rate), *others = optimisers.make_optimisers(model, AdamW(learning_rate=1e-2, weight_decay=1e-4))
    assert (type(adamw), rate, others) == (torch.optim.AdamW, 1e-2, [])
    assert len(adamw.param_groups[0]["params"]) == len(names)


def test_the_network_that_is_returned_is_the_moving_average(both, monkeypatch):
    """By hand: mean_k = mean_{k-1} + (1 - d_k)(w_k - mean_{k-1}), d_k = min(0.9, k / (k + 9)), from the initial weights."""
    small = both["refined"]
    kept, plain = [], state.update_average

    def spy(average, model, decay, step):
        kept.append([p.detach().clone() for p in model.parameters()])
        plain(average, model, decay, step)

    monkeypatch.setattr(state, "update_average", spy)
    done = training.train(*small, 2)
    mean = [p.detach().double() for p in build(small[1], 2).parameters()]
    for k, weights in enumerate(kept, 1):
        share = 1 - min(0.9, k / (k + 9))
        mean = [m + share * (w.double() - m) for m, w in zip(mean, weights, strict=True)]
    found = list(done.model.parameters())
    assert all(torch.allclose(m.float(), p, atol=1e-6) for m, p in zip(mean, found, strict=True))
    assert not all(torch.allclose(w, p, atol=1e-6) for w, p in zip(kept[-1], found, strict=True))
