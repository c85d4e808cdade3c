"""What gets installed is what pyproject.toml asks for; `make lock` mends what fails here."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("uv")
    if not program.exists():
        pytest.skip("this machine's index has no uv; pip installed the locked packages")
    command: list[str | Path] = [program, *arguments, "--offline", "--python", sys.executable]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_lock_is_as_new_as_the_dependencies() -> None:
    checked = uv("lock", "--check")
    assert checked.returncode == 0, checked.stderr


def test_both_locks_name_the_same_versions_and_hashes() -> None:
    options = ("--all-groups", "--no-emit-project", "--no-header", "--no-annotate")
    exported = uv("export", "--frozen", "--quiet", *options)
    assert exported.stdout == (ROOT / "requirements.lock").read_text(), exported.stderr


def test_the_locks_carry_no_address_that_could_be_fetched_from() -> None:
    for name in ("requirements.lock", "tests/s3/requirements.lock"):
        assert "://" not in (ROOT / name).read_text()
    lock = (ROOT / "uv.lock").read_text()
    assert lock.count("://") == lock.count("://index.invalid/") + lock.count("://files.invalid/")
