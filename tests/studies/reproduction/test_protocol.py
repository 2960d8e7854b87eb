"""published.toml: a path that leads to no value is an error of the file, in one line."""

import pytest

from paper_repro.files import InputError
from paper_repro.spec import specs_folder
from paper_repro.studies.reproduction.protocol import published_protocol


def test_every_measured_path_of_the_project_is_resolved():
    published, protocol = published_protocol()
    assert len(published.claims) == 11
    assert len(published.statements) == 11
    assert protocol.name == "paper"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            '"inversion.r2"',
            '"inversion.r3"',
            "claims.r2.measured: 'inversion.r3': no 'r3' in inversion; expected one of cosine",
        ),
        ('"inversion.ratios.J_AB"', '"inversion.ratios.J_XY"', "claims.ratio_J_AB.measured: 'inversion.ratios.J_XY': no 'J_XY'"),
        ('"calibration.gap"', '"calibration"', "claims.plateau_gap.measured: 'calibration', which is not a measured value"),
        ('"detector.worst"', '"detector.best"', "statements.detector.measured: 'detector.best': no 'best' in detector"),
        ('"exchange.gain"', '"inversion.r2"', "statements.trapped.measured: 'inversion.r2': no 'inversion' in Evidence"),
    ],
)
def test_a_path_that_leads_nowhere_is_an_error_of_the_file(tmp_path, before, after, said):
    path = tmp_path / "published.toml"
    text = (specs_folder() / "published.toml").read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    with pytest.raises(InputError) as found:
        published_protocol(path)
    assert str(found.value).startswith(f"{path}: {said}")
    assert "\n" not in str(found.value)
