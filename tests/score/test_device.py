"""Every tensor is made on the device of its inputs, as far as a machine without a GPU can tell: a mode of torch that refuses what
names no device, and the device "meta", which refuses to be mixed with the processor."""

import pytest
import torch
from torch.overrides import TorchFunctionMode

from paper_repro.files import InputError
from paper_repro.physics import sphere
from paper_repro.score import diffusion
from paper_repro.score.divergence import score_divergence
from paper_repro.score.execution import execution, unused_gpu
from paper_repro.score.pairformer import Pairformer, build

_FACTORIES = {
    torch.arange, torch.zeros, torch.ones, torch.eye, torch.full, torch.empty, torch.rand, torch.randn, torch.linspace,
    torch.tensor, torch.triu_indices,
}  # fmt: skip


class EveryTensorNamesItsDevice(TorchFunctionMode):
    """Refuses to make a tensor whose device is not given."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in _FACTORIES and "device" not in kwargs:
            raise AssertionError(f"{function.__name__} without a device")
        return function(*args, **kwargs)


def _arguments(device):
    species = torch.tensor([[0, 1, 1, 0, 1], [1, 1, 0, 0, 0]], device=device)
    spins = sphere.normalise(torch.ones(2, 5, 3, device=device) + torch.arange(30.0, device=device).reshape(2, 5, 3) % 4)
    return species, spins, torch.tensor([0.1, 0.7], device=device), torch.ones(2, 5, dtype=torch.bool, device=device)


def _every_operation(model, settings, arguments):
    """The forward and backward pass, both forms of the divergence, both targets, and the heat kernel."""
    species, spins, time, mask = arguments
    model(species, spins, time, mask).sum().backward()
    score_divergence(model, species, spins, time)
    sphere.divergence(lambda x: model(species, x, time, mask), spins)
    sphere.heat_kernel(time.double(), time.double())
    for kernel in ("tangent-gaussian", "brownian"):
        diffusion.conditional_score(spins.roll(1, 1), spins, time, kernel)
    diffusion.loss(diffusion.target(spins.roll(1, 1), spins, time, settings), spins, diffusion.weight(time, settings), mask)


@pytest.fixture(params=["published", "refined"])
def spec(request, paper, refined):
    return paper.record if request.param == "published" else refined


def test_every_tensor_names_its_device(spec):
    model = build(spec.architecture, 0)
    with EveryTensorNamesItsDevice():
        _every_operation(model, spec.diffusion, _arguments("cpu"))
        generator = torch.Generator().manual_seed(0)
        _, spins, _, _ = _arguments("cpu")
        time = diffusion.draw_times(2, spec.diffusion, generator)
        for step in (diffusion.tangent_step, diffusion.brownian_step):
            step(spins, time[:, None], generator)


def test_a_tensor_without_a_device_is_noticed():
    """The broken twin."""
    with EveryTensorNamesItsDevice(), pytest.raises(AssertionError, match="arange without a device"):
        torch.arange(3)


def test_nothing_is_mixed_with_the_processor(spec):
    with torch.device("meta"):
        model = Pairformer(spec.architecture)
    _every_operation(model, spec.diffusion, _arguments("meta"))
    with pytest.raises(RuntimeError, match="device"):  # the broken twin
        torch.zeros(4) + torch.zeros(4, device="meta")


@pytest.mark.parametrize(
    ("device", "line"),
    [
        ("gpu", "--device: 'gpu'; expected cpu, cuda or cuda:n"),
        ("cuda:x", "--device: 'cuda:x'; expected cpu, cuda or cuda:n"),
        ("cuda", "--device: 'cuda'; expected cpu: torch finds no GPU here"),
        ("cuda:7", "--device: 'cuda:7'; expected cpu: torch finds no GPU here"),
    ],
)
def test_a_device_that_is_not_there_is_one_line(device, line, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError) as caught:
        execution(device)
    assert str(caught.value) == line


def test_devices_that_are_there_are_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda *_: "H200")
    with pytest.raises(InputError, match="expected cpu or one of cuda:0, cuda:1"):
        execution("cuda:2")
    assert execution("cuda:1").name == "cuda (H200)"
    assert "H200 is not used" in unused_gpu("cpu")
    assert unused_gpu("cuda") is None


def test_the_processor_is_silent_where_there_is_nothing_else(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    where = execution("cpu", 3)
    assert (where.threads, where.on_gpu, where.name, unused_gpu("cpu")) == (3, False, "cpu", None)
