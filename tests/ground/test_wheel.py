"""The wheel stands on its own: installed away from the checkout it migrates, serves and answers."""

import os
import re
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
SHIPPED = ("static", "layers", "migrations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel: Path) -> Path:
    """`assetmap` in an environment of its own, which borrows the installed dependencies only.

    The borrowed folder is a path in a .pth file, so its own .pth of the checkout is not followed.
    """
    home = wheel.parent / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / "bin" / "python"
    install: list[str | Path] = [
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        "--quiet",
    ]
    run(sys.executable, *install, wheel)
    site = next(home.glob("lib/python*/site-packages"))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin" / "assetmap"


@pytest.fixture(scope="module")
def environment(wheel: Path) -> dict[str, str]:
    """Nothing of this machine's own settings: an empty database in an empty folder."""
    port = free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    instance = wheel.parent / "instance"
    return {**kept, "ASSETMAP_INSTANCE": str(instance), "ASSETMAP_WORKERS": "1", "PORT": str(port)}


@pytest.fixture(scope="module")
def port(command: Path, environment: dict[str, str]) -> Iterator[int]:
    """The port of a server that the wheel runs on a database that the wheel made."""
    folder = command.parent
    run(command, "db", "upgrade", cwd=folder, env=environment)
    log = folder / "serve.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [command, "serve"], cwd=folder, env=environment, stdout=output, stderr=output
        ) as server,
    ):
        port = int(environment["PORT"])
        wait_until_it_answers(port, server, log)
        yield port
        server.terminate()


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def wait_until_it_answers(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        with suppress(OSError):
            fetch(port, "/health")
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"the server did not come up:\n{log.read_text()}")


def fetch(port: int, path: str) -> tuple[int, str, bytes]:
    """Status, content type and body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read()
    finally:
        connection.close()


def test_static_files_layers_and_migrations_are_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    expected = {
        f"assetmap/_shipped/{file.relative_to(ROOT)}"
        for name in SHIPPED
        for file in (ROOT / name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert all(
        any(each.startswith(f"assetmap/_shipped/{name}/") for each in packed) for name in SHIPPED
    )
    assert not expected - packed


def test_every_template_and_data_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    files = (file for file in (ROOT / "assetmap").rglob("*") if file.is_file())
    expected = {str(file.relative_to(ROOT)) for file in files if "__pycache__" not in file.parts}
    assert not expected - packed


def test_an_installed_wheel_does_not_look_into_the_checkout(command: Path) -> None:
    code = "import assetmap.layers as l; print(*map(l.shipped, ['static', 'layers', 'migrations']))"
    found = run(command.with_name("python"), "-I", "-c", code, cwd=command.parent).split()
    assert len(found) == 3
    assert not [each for each in found if not each.startswith(str(command.parents[1]))]


def test_an_installed_wheel_serves_the_search_page(port: int) -> None:
    status, kind, body = fetch(port, "/")
    assert (status, kind.split(";")[0]) == (200, "text/html")
    assert b"<main" in body


def test_an_installed_wheel_serves_the_style_sheet_of_its_pages(port: int) -> None:
    _, _, page = fetch(port, "/")
    sheet = re.search(r'<link[^>]+href="(/s/[^"]+\.css)"', page.decode())
    assert sheet
    status, kind, body = fetch(port, sheet[1])
    assert (status, kind.split(";")[0]) == (200, "text/css")
    assert body


def test_the_database_of_an_installed_wheel_has_nothing_left_to_migrate(
    port: int, command: Path, environment: dict[str, str]
) -> None:
    assert port
    run(command, "db", "upgrade", cwd=command.parent, env=environment)
