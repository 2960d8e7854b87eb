"""The commit of a run is that of the repository that tracks this very code, or "unknown" with git's reason."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from paper_repro.pipeline import environment

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")
UNTRACKED = "not under version control; git: "


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of whoever runs the tests, which may trust every folder or ignore files."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "settings").write_text("[user]\nname = nobody\nemail = nobody@localhost\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("SUDO_UID", raising=False)


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603, S607


def package_in(folder: Path) -> Path:
    """Put the code that asks into a package there."""
    for name in ("__init__.py", "pipeline/environment.py"):
        (folder / "paper_repro" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(environment.__file__).parents[1] / name, folder / "paper_repro" / name)
    return folder / "paper_repro"


def repository(folder: Path) -> str:
    """Make a repository with one file; return its commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    (folder / "README").write_text("something")
    git(folder, "add", "README")
    git(folder, "commit", "-qm", "one")
    return git(folder, "rev-parse", "HEAD")


def commit_of(package: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as patch:
        patch.setattr(environment, "__file__", str(package / "pipeline/environment.py"))
        return environment.commit()


@pytest.mark.parametrize("place", ["", "vendor/deep"])
def test_tracked_code_has_the_commit_of_its_repository_and_says_when_it_is_changed(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(tmp_path / "there")
    package = package_in(tmp_path / "there" / place)
    git(package, "add", ".")
    git(package, "commit", "-qm", "two")
    head = git(package, "rev-parse", "HEAD")
    assert commit_of(package, monkeypatch) == head
    (package / "notes.txt").write_text("no code")
    assert commit_of(package, monkeypatch) == head
    (package / "more.py").write_text("'''code'''")
    assert commit_of(package, monkeypatch) == f"{head} with uncommitted changes"
    (package / "more.py").unlink()
    (tmp_path / "there/README").write_text("a spec, say")
    assert commit_of(package, monkeypatch) == f"{head} with uncommitted changes"


def test_a_repository_that_the_environment_names_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As within a hook of git."""
    other = repository(tmp_path / "other")
    repository(tmp_path / "ours")
    package = package_in(tmp_path / "ours")
    git(package, "add", ".")
    git(package, "commit", "-qm", "two")
    head = git(package, "rev-parse", "HEAD")
    for name, value in (("GIT_DIR", ".git"), ("GIT_WORK_TREE", ""), ("GIT_INDEX_FILE", ".git/index")):
        monkeypatch.setenv(name, str(tmp_path / "other" / value))
    assert commit_of(package, monkeypatch) == head != other


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("place", ["copy", "lib/python3/site-packages", "paper_repro"])
def test_an_untracked_copy_in_another_repository_has_not_its_commit(
    place: str, ignored: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = repository(tmp_path / "theirs")
    if ignored:
        (tmp_path / "theirs/.git/info/exclude").write_text(place)
    found = commit_of(package_in(tmp_path / "theirs" / place), monkeypatch)
    assert UNTRACKED in found
    assert "did not match any file" in found
    assert head not in found


def test_a_copy_in_no_repository_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    found = commit_of(package_in(tmp_path / "installed"), monkeypatch)
    assert f"{UNTRACKED}not a git repository" in found


def test_a_repository_without_a_commit_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_in(tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "paper_repro")
    assert "its commit cannot be read; git: " in commit_of(package, monkeypatch)


def test_a_checkout_of_another_user_gives_the_reason_of_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("files are given to another user by the super-user")
    repository(tmp_path / "theirs")
    package = package_in(tmp_path / "theirs")
    git(package, "add", ".")
    git(package, "commit", "-qm", "two")
    for path in (tmp_path / "theirs", *(tmp_path / "theirs").rglob("*")):
        os.chown(path, 12345, 12345)
    found = commit_of(package, monkeypatch)
    assert "its commit cannot be read; git: detected dubious ownership" in found
    assert "installed" not in found


def test_without_git_the_commit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path / "there")
    package = package_in(tmp_path / "there")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(package, monkeypatch).endswith("; git: No such file or directory)")
