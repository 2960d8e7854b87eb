"""Weights on disk: what is written is what is read, and what is damaged is named in one line."""

import json
import shutil
from pathlib import Path

import attrs
import pytest
import torch
from safetensors.torch import save_file

from paper_repro.files import InputError
from paper_repro.score.authors_format import INSIDE, OUTSIDE
from paper_repro.score.field import force_of
from paper_repro.score.pairformer import build
from paper_repro.score.tensors import read_tensors, write_tensors
from paper_repro.score.weights import load_weights, save_weights, weights_as_bytes
from paper_repro.spec import canonical


@pytest.fixture
def saved(paper, tmp_path):
    path = tmp_path / "some weights.safetensors"
    model = build(paper.record.architecture, 1)
    save_weights(path, model, query_times=(2e-4,), spec_sha256="abc", seed=1, steps=10)
    return path, model


def complaint(path) -> str:
    with pytest.raises(InputError) as caught:
        load_weights(path)
    line = str(caught.value)
    assert "\n" not in line
    assert path.name in line
    return line


def test_round_trip(saved):
    path, model = saved
    loaded, info = load_weights(path)
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in loaded.state_dict().items())
    assert (info.source, info.query_times, info.spec_sha256, info.seed, info.steps) == ("paper_repro", (2e-4,), "abc", 1, 10)
    assert info.architecture == model.shape
    assert not loaded.training


def test_what_trained_the_network_is_in_the_file(saved):
    path, model = saved
    assert load_weights(path)[1].made == {}
    made = {"device": "cuda (a GPU)", "processor": "β", "ranks": "2"}
    of_the_recipe = {"query_times": (2e-4,), "spec_sha256": "abc", "seed": 1, "steps": 10, "training_sha256": "def"}
    path.write_bytes(weights_as_bytes(model, made=made, **of_the_recipe))
    assert (load_weights(path)[1].made, load_weights(path)[1].training_sha256) == (made, "def")
    tensors, metadata = read_tensors(path)
    for damaged in ("{", "[]", '{"device": 3}', ""):
        write_tensors(path, tensors, metadata | {"made": damaged})
        assert "metadata made" in complaint(path)


@pytest.fixture
def refined_file(refined, tmp_path):
    path = tmp_path / "refined weights.safetensors"
    model = build(refined.architecture, 1)
    save_weights(path, model, query_times=(0.002, 0.01), spec_sha256="abc", seed=1, steps=10)
    return path, model


def test_round_trip_of_refined_weights(refined, refined_file):
    path, model = refined_file
    loaded, info = load_weights(path)
    assert read_tensors(path)[1]["format"] == "paper_repro weights 6"
    assert info.architecture == loaded.shape == refined.architecture
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in loaded.state_dict().items())
    assert force_of(loaded, info, (1e-4,)).times == info.query_times == (0.002, 0.01)


def test_weights_are_evaluated_at_the_times_of_their_file_or_else_of_the_spec(saved):
    loaded, info = load_weights(saved[0])
    assert force_of(loaded, info, (1e-4,)).times == (2e-4,)
    assert force_of(loaded, attrs.evolve(info, query_times=None), (1e-4,)).times == (1e-4,)


@pytest.mark.faults("damaged")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("refinement", None),
        ("refinement", "{"),
        ("refinement", "[" * 100_000),
        ("refinement", "[]"),
        ("refinement", json.dumps({"noise": "antithetic"})),
        ("architecture", json.dumps({"heads": 4})),
        ("architecture", "[]"),
        ("architecture", "3"),
        ("format", "paper_repro weights 1"),
        ("format", "paper_repro weights 5"),
        ("format", "paper_repro weights 6"),
    ],
)
def test_metadata_of_weights_3_that_cannot_be_used_are_named(tmp_path, key, value):
    path = Path(shutil.copy(Path(__file__).parents[1] / "formats" / "weights-3.safetensors", tmp_path))
    tensors, metadata = read_tensors(path)
    changed = {name: text for name, text in (metadata | {key: value}).items() if text is not None}
    write_tensors(path, tensors, changed)
    assert key.replace("format", "weights") in complaint(path)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("pair_update", "ordered", "pair_update"),
        ("triangle_channels", 0, "mixing_"),
        ("output_scale", {"kind": "none"}, "log_gain"),
        ("pair_update", "unordered", "architecture"),
        ("time_feature", {"kind": "cosine"}, "architecture"),
        ("time_feature", "raw", "architecture"),
    ],
)
def test_another_architecture_than_that_of_the_tensors_is_refused(refined, refined_file, field, value, said):
    path, _ = refined_file
    tensors, metadata = read_tensors(path)
    write_tensors(path, tensors, metadata | {"architecture": json.dumps(canonical(refined.architecture) | {field: value})})
    assert said in complaint(path)


def test_the_same_weights_are_the_same_bytes(saved, tmp_path):
    path, model = saved
    for attempt in range(5):
        save_weights(tmp_path / f"{attempt}", model, query_times=(2e-4,), spec_sha256="abc", seed=1, steps=10)
        assert (tmp_path / f"{attempt}").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("more", [0, 8, 16, 40])
def test_the_length_of_the_header_does_not_reach_the_numbers(paper, tmp_path, more):
    """Tensors are aligned as torch aligns its own; where they lie in the file, 8 bytes of header change the last digits of W."""
    tensors = build(attrs.evolve(paper.record.architecture, blocks=1), 3).state_dict()
    path = tmp_path / "weights.safetensors"
    write_tensors(path, tensors, {"note": "x" * more})
    read, _ = read_tensors(path)
    assert {tensor.data_ptr() % 64 for tensor in read.values()} == {0}
    assert all(torch.equal(read[name], tensors[name]) for name in tensors)


def test_the_authors_names_are_understood_and_their_architecture_is_read_off(saved, tmp_path):
    """Their files have no metadata; heads show in the width of the attention bias."""
    _, model = saved
    theirs = {ours: name for name, ours in (INSIDE | OUTSIDE).items()}
    renamed = {".".join(theirs.get(part, part) for part in name.split(".")): value for name, value in model.state_dict().items()}
    assert "blocks.3.qkv.weight" in renamed
    save_file(renamed, tmp_path / "theirs.safetensors")
    loaded, info = load_weights(tmp_path / "theirs.safetensors")
    assert info.source == "authors"
    assert info.query_times is None
    assert info.architecture == model.shape
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in loaded.state_dict().items())


@pytest.mark.faults("damaged")
def test_a_file_cut_short_at_any_place_is_named(saved):
    path, _ = saved
    whole = path.read_bytes()
    for length in (0, 1, 7, 8, 100, 5000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        complaint(path)


@pytest.mark.faults("damaged")
def test_a_flipped_bit_is_noticed(saved):
    """Safetensors alone would load it."""
    path, _ = saved
    whole = bytearray(path.read_bytes())
    whole[-1000] ^= 1
    path.write_bytes(whole)
    assert "SHA-256" in complaint(path)


@pytest.mark.faults("damaged")
def test_a_missing_file_and_one_of_another_kind_are_named(tmp_path):
    complaint(tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("not weights at all, but long enough to hold a header")
    complaint(tmp_path / "text.safetensors")
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    complaint(tmp_path / "other.safetensors")


@pytest.mark.faults("damaged")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("weight_head.1.bias"), "weight_head.1.bias"),
        (lambda t: t.update(extra=torch.zeros(2)), "extra"),
        (lambda t: t.update({"weight_head.1.bias": torch.zeros(33)}), "(33,)"),
        (lambda t: t["weight_head.1.bias"].fill_(torch.nan), "finite"),
        (lambda t: t.update({"weight_head.1.bias": torch.zeros(32, dtype=torch.int64)}), "weight_head.1.bias"),
    ],
)
def test_tensors_that_do_not_fit_are_named(saved, change, said):
    path, _ = saved
    tensors, metadata = read_tensors(path)
    change(tensors)
    metadata.pop("tensors_sha256")
    write_tensors(path, tensors, metadata)
    assert said in complaint(path)


@pytest.mark.faults("damaged")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "paper_repro weights 99"),
        ("format", None),
        ("architecture", "{"),
        ("architecture", "[" * 100_000),
        ("architecture", "[]"),
        ("architecture", json.dumps({"heads": 4})),
        ("query_times", "soon"),
        ("query_times", "[NaN]"),
        ("query_times", "[Infinity]"),
        ("query_times", "[0]"),
        ("query_times", "[-1]"),
        ("query_times", "[]"),
        ("query_times", "[0.1, 0.1]"),
        ("query_times", "0.1"),
        ("query_times", None),
    ],
)
def test_metadata_that_cannot_be_used_are_named(saved, key, value):
    path, _ = saved
    tensors, metadata = read_tensors(path)
    changed = {name: text for name, text in (metadata | {key: value}).items() if text is not None}
    write_tensors(path, tensors, changed)
    assert key in complaint(path)


@pytest.mark.faults("damaged")
@pytest.mark.parametrize(("field", "value"), [("single_width", 2**40), ("positions", 2**62), ("blocks", 10**9), ("heads", 8)])
def test_an_architecture_that_is_not_that_of_the_tensors_is_refused_before_memory_is_taken(saved, field, value):
    path, _ = saved
    tensors, metadata = read_tensors(path)
    shape = json.loads(metadata["architecture"]) | {field: value}
    write_tensors(path, tensors, metadata | {"architecture": json.dumps(shape)})
    assert field in complaint(path)


@pytest.mark.faults("hostile")
def test_a_small_file_that_declares_100_gb_is_refused(tmp_path):
    path = tmp_path / "bomb.safetensors"
    header = json.dumps({"w": {"dtype": "F32", "shape": [25_000_000_000], "data_offsets": [0, 100_000_000_000]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(10_000))
    assert "cannot be read as safetensors" in complaint(path)


#: The bytes of a number of each type of safetensors, and whether it is one of weights.
TYPES = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), (1.0, False)),
    **dict.fromkeys(("I16", "U16"), (2.0, False)), **dict.fromkeys(("I32", "U32"), (4.0, False)),
    **dict.fromkeys(("I64", "U64", "C64"), (8.0, False)), "F4": (0.5, False), "F6_E2M3": (0.75, False), "F6_E3M2": (0.75, False),
    "F16": (2.0, True), "BF16": (2.0, True), "F32": (4.0, True), "F64": (8.0, True),
}  # fmt: skip


@pytest.mark.faults("malformed")
@pytest.mark.parametrize("name", TYPES)
def test_weights_of_every_type_are_read_or_named_with_their_type(saved, tmp_path, name):
    """One tensor is of the type, with all bits zero."""
    size, read = TYPES[name]
    tensors, _ = read_tensors(saved[0])
    odd = next(key for key, tensor in tensors.items() if tensor.numel() % 8 == 0)
    path = tmp_path / "odd.safetensors"
    save_file({key: tensor for key, tensor in tensors.items() if key != odd}, path)
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8:end]), content[end:]
    more = int(size * tensors[odd].numel())
    header[odd] = {"dtype": name, "shape": list(tensors[odd].shape), "data_offsets": [len(data), len(data) + more]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data + bytes(more))
    if read:
        assert not load_weights(path)[0].state_dict()[odd].any()
    else:
        line = complaint(path)
        assert name in line or f"tensor {odd!r} of " in line
        assert "finite" not in line
