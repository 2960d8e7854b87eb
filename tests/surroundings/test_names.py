"""Names of files and folders are only text."""

from pathlib import Path

import pytest

from tests.support.commands import command, refused
from tests.support.tiny import tiny_spec, write_spec

NAMES = [
    "with spaces ", "it's \"quoted\"", "two\nlines", "größe ∞ 字", "-dash", "--out", "100%s %(x)d %", "[red]text[/red]", "[/]",
    "[link=x]", "$HOME;~`id`&", "\x1b[31mred\x1b]0;title\x07", "\u202etxt.exe", "\udcff", "{curly}", "*?",
]  # fmt: skip


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_run_and_a_spec_of_any_name_work_and_the_name_is_only_text(
    name: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, shown = tmp_path / "there", "".join(letter if letter.isprintable() else " " for letter in name)
    try:
        (folder / name).parent.mkdir(parents=True)
        run.rename(folder / name)
    except UnicodeEncodeError:
        pytest.skip("no such name can be written here")
    spec = write_spec(folder, tiny_spec(), name=f"{name}.toml")
    monkeypatch.chdir(folder)
    for first, out in ((spec, folder / name), (f"./{name}.toml", f"./{name}")):
        for arguments in (["status", out], ["verify", out], ["constants", first], ["reproduce", first, "--out", out]):
            status, screen, err = command(*arguments)
            assert (status, err) == (0, ""), arguments
            assert all(letter.isprintable() or letter == "\n" for letter in screen), arguments
            if arguments[0] not in {"verify", "constants"} and shown == name:
                assert name.strip() in screen, arguments
    (folder / name / "results/sampling.json").unlink()
    for arguments in (["report", folder / name], ["status", f"./{name}.toml"]):
        assert all(part in refused(*arguments) for part in shown.split())


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("name", ["-dash", "--out", "--help=x"])
def test_a_name_that_looks_like_an_option_is_a_name_or_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_spec(tmp_path, "broken", name=name)
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["constants", name],
        ["constants", "--", name],
        ["reproduce", name, "--out", "x"],
        ["reproduce", "tiny.toml", "--out", name],
    ):
        refused(*arguments)
    assert "not TOML" in refused("constants", "--", name)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["paper.toml", name])
