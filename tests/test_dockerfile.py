"""The Dockerfile installs what the pinned files state, and its commands are those of the program; no engine builds it here."""

import re
from pathlib import Path

from paper_repro.cli.app import app

ROOT = Path(__file__).parents[1]


def test_the_dockerfile_installs_the_pinned_versions():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (torch,) = re.findall(r"torch==[\d.]+", text)
    assert f"\n{torch}\n" in (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert re.findall(r"-c (\S+) --editable \.", text) == ["constraints.txt"]


def test_the_image_runs_a_command_that_exists():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert 'ENTRYPOINT ["paper-repro"]' in text
    (command,) = re.findall(r'CMD \["([\w-]+)"', text)
    assert command in set(app)
