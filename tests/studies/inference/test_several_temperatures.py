"""Records of several temperatures have their couplings in common: one fit of all of them.

Worlds have fixed seeds. A standard score beyond 4.5 is refused (7e-6 each, some 30 of them). The mean square of 320 standard scores
of 40 worlds lies within 0.7 and 1.4 (5 standard deviations, 1e-6): it sees errors that are 20 % too small.
"""

import functools
import json

import attrs
import numpy as np
import pytest

import paper_repro as pr
from paper_repro.analysis.coupling_fit import fit_couplings
from paper_repro.cli.process import main
from paper_repro.physics.terms import Terms
from paper_repro.studies.inference.as_json import as_json
from paper_repro.studies.inference.found_law import found_law
from paper_repro.studies.inference.temperatures import at_one_scale, temperatures_of

WORD = "ABBABAABBA"
CHAIN = pr.Geometry.open_chain(len(WORD))
LIBRARY = pr.library(range=2)
TERMS = LIBRARY.terms("AB", CHAIN)
COUPLINGS = np.array([1.0, -0.5, 0.7, -0.4, 0.3, 0.5, 0.3, 0.0])
HEATS = (0.25, 0.4, 0.8)


@functools.cache
def law(heat):
    return pr.Truth(TERMS, COUPLINGS, 1 / heat).exact(CHAIN, WORD)


def drawn(heat, count, seed):
    spins = law(heat).sample(count, np.random.default_rng(seed))
    return pr.Snapshots.of(spins, WORD, run=range(count), temperature=heat, origin=f"T = {heat:g}")


@pytest.fixture(scope="module")
def records():
    return [drawn(heat, 200, seed) for seed, heat in enumerate(HEATS)]


@pytest.fixture(scope="module")
def found(records):
    return pr.infer(records, LIBRARY)


def test_the_couplings_are_the_common_ones_in_units_of_energy(found):
    assert found.unit == "energy"
    for coupling, true in zip(found.couplings, COUPLINGS, strict=True):
        assert abs(coupling.estimate - true) < 4.5 * coupling.error
    assert found.adequacy.verdict != "inadequate"
    assert found.warnings == ()
    assert found.confirmation.holds
    assert found.data.temperatures == HEATS
    assert "temperatures 0.25, 0.4, 0.8 (energy / k_B)" in " ".join(str(found).split())
    numbers = as_json(found)["data"]
    assert (numbers["temperature"], numbers["temperatures"]) == (None, [0.25, 0.4, 0.8])


def test_all_records_say_more_than_each(found, records):
    for record in records:
        one = pr.infer(record, LIBRARY, confirm=False)
        assert all(a.error < b.error for a, b in zip(found.couplings, one.couplings, strict=True))


def test_the_order_of_the_records_changes_nothing_but_rounding(found, records):
    again = pr.infer(records[::-1], LIBRARY, confirm=False)
    for one, other in zip(found.couplings, again.couplings, strict=True):
        assert (one.estimate, one.error) == pytest.approx((other.estimate, other.error), rel=1e-9)


def test_the_estimate_is_that_of_the_equations_written_out(records):
    """Every gradient and Laplacian times T_0 / T of its record."""
    scaled = at_one_scale(records, HEATS)
    gram, drive = 0.0, 0.0
    for heat, record in zip(HEATS, records, strict=True):
        bound = TERMS.on(CHAIN, WORD)
        gradients = HEATS[0] / heat * bound.gradients(record.spins).reshape(-1, len(TERMS))
        gram, drive = gram + gradients.T @ gradients, drive - HEATS[0] / heat * bound.laplacians(record.spins).sum((0, 1))
    np.testing.assert_allclose(pr.score_matching(scaled, TERMS).coefficients, np.linalg.solve(gram, drive), rtol=1e-9)


@pytest.mark.parametrize("wrong", [False, True])
def test_the_errors_hold_and_a_wrong_temperature_does_not(wrong):
    """The broken twin: the coldest record states 40 % more than its temperature."""
    scores = []
    for world in range(40):
        data = [drawn(heat, 40, (world, number)) for number, heat in enumerate(HEATS)]
        if wrong:
            data[0] = attrs.evolve(data[0], temperature=1.4 * HEATS[0])
        fit = fit_couplings(at_one_scale(data, HEATS), TERMS)
        scores.append((fit.coefficients * HEATS[0] - COUPLINGS) / (fit.errors * HEATS[0]))
    held = 0.7 < np.mean(np.square(scores)) < 1.4
    assert held != wrong


def test_a_record_of_another_temperature_than_it_states_is_said(records):
    wrong = [*records[:-1], attrs.evolve(records[-1], temperature=0.6)]
    found = pr.infer(wrong, LIBRARY, confirm=False)
    assert "two temperatures" in [warning.kind for warning in found.warnings]


def test_the_same_snapshots_at_two_temperatures_are_reported(records):
    twice = [records[0], attrs.evolve(records[0], temperature=0.5), records[1]]
    warnings = {warning.kind: warning.text for warning in pr.infer(twice, LIBRARY, confirm=False).warnings}
    assert warnings["copies"].startswith("200 of 600 snapshots are copies of snapshots that are stated to be of another")


def test_a_temperature_in_single_precision_is_the_same(records, tmp_path):
    rounded = attrs.evolve(records[1], temperature=float(np.float32(0.4)))
    assert temperatures_of([records[1], rounded], None) == (0.4,)
    assert {part.scale for part in at_one_scale([rounded, *records], HEATS)} == {0.25 / heat for heat in HEATS}
    assert temperatures_of([records[1], attrs.evolve(rounded, temperature=0.40001)], None) == (0.4, 0.40001)
    for number, part in enumerate([records[1], rounded]):
        pr.write(tmp_path / f"{number}.npz", part)
    (read,) = pr.read(tmp_path)
    assert (len(read), read.temperature) == (400, 0.4)


def test_files_of_several_temperatures_from_the_command_line(records, tmp_path, capsys):
    for number, record in enumerate(records):
        pr.write(tmp_path / f"{number}.npz", [record])
    assert main(["infer", str(tmp_path), "--range", "2", "--no-confirm", "--json", str(tmp_path / "found.json")]) == 0
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["data"]["temperatures"] == list(HEATS)
    assert found["terms"][0]["unit"] == "energy"
    assert "temperatures 0.25, 0.4, 0.8" in " ".join(capsys.readouterr().out.split())


def test_scaled_terms_are_scaled_in_every_answer():
    """Values, gradients, Laplacians, changes, energies, and what a spin feels; the exact solution refuses them."""
    terms = Terms([pr.Exchange("J", 1), pr.Biquadratic("B", 1), pr.Field("h", 2)], "AB")
    plain = terms.on(CHAIN, WORD)
    scaled = attrs.evolve(plain, scale=0.4)
    spins = np.random.default_rng(2).standard_normal((3, len(WORD), 3))
    spins /= np.linalg.norm(spins, axis=-1, keepdims=True)
    both = [slice(0, 1), slice(1, 3)]
    for answer in (
        lambda bound: bound.values(spins),
        lambda bound: bound.gradients(spins),
        lambda bound: bound.fields(spins),
        lambda bound: bound.laplacians(spins),
        lambda bound: np.stack(bound.gradients_and_laplacians(spins)[1]),
        lambda bound: np.stack(bound.total_values(spins, both)),
        lambda bound: np.stack(bound.total_laplacians(spins, both)),
        lambda bound: bound.changes(spins, 4, spins[:, 0]),
    ):
        np.testing.assert_allclose(answer(scaled), 0.4 * answer(plain), rtol=1e-12, atol=1e-13)
    exchange = Terms([pr.Exchange("J", 1)], "AB").on(CHAIN, WORD)
    np.testing.assert_array_equal(attrs.evolve(exchange, scale=0.4).adjacency, 0.4 * exchange.adjacency)


def test_the_law_that_was_found_is_at_the_temperature_of_its_system(found, records):
    """Couplings are in units of energy: at β = 1 the law would be another."""
    law = found_law(found, LIBRARY, records).law
    assert law.beta == 1 / HEATS[0]
    assert found_law(found, LIBRARY, records[::-1]).law.beta == 1 / HEATS[-1]
