"""Numbers in a report: as many digits as the error deserves, no sign on a zero, a dash for what there is not."""

import math

import pytest

from paper_repro.report.numbers import NONE, as_with, fixed, formatted, number, significant, uncertainty


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (1.23456, 0.0123, "1.235 ± 0.012"),
        (149.7, 5.9, "149.7 ± 5.9"),
        (-0.00001, 0.01, "0.000 ± 0.010"),
        (1.5e-9, 2.5e-10, "1.50e-09 ± 2.5e-10"),
        (9.99999999999999, 1.2e-14, "10.0000"),
        (9.99999999999999, 1.2e-11, "1.000000000000e+01 ± 1.2e-11"),
        (4.0e-15, 8.2e-15, "4.0e-15 ± 8.2e-15"),
        (-0.00001, math.nan, "0.0000"),
        (1057440.0, math.nan, "1,057,440"),
        (0.5, 0.0, "0.5000"),
        (math.nan, 0.1, NONE),
        (math.inf, math.nan, NONE),
    ],
)
def test_a_number_has_the_digits_that_its_error_deserves(value, error, shown):
    assert number(value, error) == shown


@pytest.mark.parametrize(
    ("error", "value", "shown"),
    [
        (0.0123, 1.2, "1.200"),
        (0.0123, -0.0001, "0.000"),
        (2e-10, 1.5e-9, "1.50e-09"),
        (2e-10, 0.99999999987, "9.9999999987e-01"),
        (2e-10, 0.0, "0"),
        (0.00996, 0.5, "0.500"),
        (0.0996, 0.5, "0.50"),
        (math.nan, 0.1234, "0.1234"),
        (1, math.inf, NONE),
    ],
)
def test_the_ends_of_an_interval_have_the_decimals_of_their_value(error, value, shown):
    assert as_with(error, value) == shown


@pytest.mark.parametrize(("error", "shown"), [(0.0006, "0.00060"), (0.031, "0.031"), (5.94, "5.9"), (0.0, NONE), (math.nan, NONE)])
def test_an_error_alone_has_two_digits(error, shown):
    assert uncertainty(error) == shown


def test_a_rounded_zero_has_no_sign():
    assert fixed(-0.04, 1) == "0.0"
    assert fixed(-0.06, 1) == "-0.1"
    assert formatted(-0.00004, "+.4f") == formatted(0.0, "+.4f") == "0.0000"
    assert formatted(0.0006, "+.4f") == "+0.0006"
    assert significant(-0.0) == "0"
    assert significant(-0.012, 1) == "-0.01"
    assert fixed(math.nan, 2) == significant(math.nan) == NONE
