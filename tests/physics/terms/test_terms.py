"""The library of terms: what a spec's Hamiltonian has, capabilities, and what is refused in one line."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.physics.geometry import Geometry
from paper_repro.physics.species import as_species, as_word
from paper_repro.physics.terms import Biquadratic, Exchange, Field, Terms
from paper_repro.physics.terms.field import field_terms
from paper_repro.physics.terms.pairs import pair_terms

AB = ("A", "B")


def test_the_terms_of_the_paper(hamiltonian):
    terms = Terms.of(hamiltonian)
    assert terms.names == ("J_AA", "J_AB", "J_BB", "K_AA", "K_AB", "K_BB")
    assert [(term.family, term.bond_class, term.pair) for term in terms.terms] == [
        ("exchange", r, pair) for r in (1, 2) for pair in ((0, 0), (0, 1), (1, 1))
    ]
    assert terms.species_names == AB
    made = terms.on(Geometry.open_chain(5), "ABBAB")
    assert [part.clusters.tolist() for part in made.terms] == [
        [],
        [[0, 1], [2, 3], [3, 4]],
        [[1, 2]],
        [],
        [[0, 2], [1, 3]],
        [[2, 4]],
    ]
    assert made.adjacency.sum() == 14


def test_capabilities_are_those_of_all_terms():
    exchange = Terms(pair_terms(Exchange, (1, 2), AB), AB)
    assert (exchange.multilinear, exchange.rotation_invariant, exchange.is_exchange) == (True, True, True)
    assert [term.name for term in exchange.terms] == [f"exchange {r} {pair}" for r in (1, 2) for pair in ("AA", "AB", "BB")]
    biquadratic = exchange.with_terms([Biquadratic("q", 1)])
    assert (biquadratic.multilinear, biquadratic.rotation_invariant, biquadratic.is_exchange) == (False, True, False)
    in_a_field = exchange.with_terms(field_terms(1, "of B"))
    assert (in_a_field.multilinear, in_a_field.rotation_invariant, in_a_field.is_exchange) == (True, False, False)
    assert in_a_field.names[-3:] == ("field of B x", "field of B y", "field of B z")
    with pytest.raises(ValueError, match=r"^q; expected terms that are linear in each spin$"):
        biquadratic.require(lambda term: term.multilinear, "terms that are linear in each spin")
    with pytest.raises(ValueError, match="'q' is biquadratic; expected exchange terms only"):
        _ = biquadratic.on(Geometry.open_chain(3), "ABA").adjacency


@pytest.mark.parametrize(
    ("terms", "names", "message"),
    [
        ([], AB, "a library without terms; expected at least one"),
        ([Exchange("J", 1)], (), "species []; expected one or more different names"),
        ([Exchange("J", 1)], ("A", "A"), "species ['A', 'A']; expected one or more different names"),
        ([Exchange("J", 1), Exchange("J", 2)], AB, "term 'J' has the name of 'J'; expected different terms"),
        ([Exchange("J", 1), Exchange("K", 1)], AB, "term 'K' has the function of 'J'; expected different terms"),
        ([Exchange("J", 1, (0, 1)), Exchange("K", 1, (1, 0))], AB, "term 'K' has the function of 'J'; expected different terms"),
        ([Exchange("J", 1, (0, 2))], AB, "term 'J' acts on species [0, 2]; expected 0 to 1"),
        ([Field("h", 0, 5)], AB, "term 'h' acts on species [5]; expected 0 to 1"),
    ],
)
def test_what_is_no_library_is_said(terms, names, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        Terms(terms, names)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Field("h", 3), "component = 3 of 'h'; expected 0, 1 or 2, for x, y or z"),
        (lambda: Exchange("", 1), "a term named ''; expected a name that can be printed"),
        (lambda: Exchange("J", 0), "bond_class = 0 of 'J'; expected an integer ≥ 1"),
        (lambda: Exchange("J", 1, "AB"), "pair = 'AB' of 'J'; expected the numbers of two species"),
    ],
)
def test_what_is_no_term_is_said(make, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("species", "message"),
    [
        ("", "no species; expected some of 'AB'"),
        ("ABC", "species 'C' at site 3; expected one of 'AB'"),
        ("aB", "species 'a' at site 1; expected one of 'AB'"),
        ("A B", "species ' ' at site 2; expected one of 'AB'"),
        ("AB\n", r"species '\n' at site 3; expected one of 'AB'"),
        ([0, 1, 2], "species 2 at site 3; expected 0 to 1, for 'AB'"),
        ([0, -1, 1], "species -1 at site 2; expected 0 to 1, for 'AB'"),
        ([0.0, 1.0], "species of float64; expected names or integers"),
        ([[0, 1]], "species of shape (1, 2); expected (site,)"),
        ("ABBA", "4 species on 3 sites; expected one for each site"),
    ],
)
def test_species_that_do_not_fit_are_said(species, message):
    with pytest.raises(ValueError, match=r".") as caught:
        Terms([Exchange("J", 1)], AB).on(Geometry.open_chain(3), species)
    assert str(caught.value) == message


@given(st.text("wxyz", min_size=1, max_size=11))
def test_a_word_comes_back(word):
    assert as_word(as_species(word, "wxyz"), "wxyz") == word
    assert ["wxyz"[number] for number in as_species(word, "wxyz")] == list(word)


def test_names_and_numbers_stand_for_each_other():
    assert as_species("CAB", "ABC").tolist() == as_species([2, 0, 1], "ABC").tolist() == [2, 0, 1]
    assert as_species(["Fe", "Co"], ("Co", "Fe")).tolist() == [1, 0]
    assert as_word(np.array([2, 0, 1]), "ABC") == "CAB"
