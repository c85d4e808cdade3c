"""Maintainers only: fetch the pinned browser libraries, or check the committed copies.

    python static/vendor/vendor.py          needs npm; rewrites the copies, NOTICE.txt and the lock
    python static/vendor/vendor.py --check  needs nothing; exit 1 when a copy differs from the lock

The service never runs this: the copies are committed and travel in the wheel.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LOCK = HERE / "vendor.lock.json"
OURS = {"vendor.py", "pins.json", "vendor.lock.json"}
SOURCE_MAP = re.compile(r"\n?(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$")


def differences() -> list[str]:
    """One line for each committed file that the lock does not describe, or describes otherwise."""
    locked = {
        path: digest
        for package in json.loads(LOCK.read_text("utf-8"))
        for path, digest in package["files"].items()
    }
    present = {
        path.relative_to(HERE).as_posix(): _sha256(path)
        for path in HERE.rglob("*")
        if path.is_file() and path.name not in OURS and "__pycache__" not in path.parts
    }
    return (
        [f"missing: {path}" for path in sorted(locked.keys() - present.keys())]
        + [f"not in the lock: {path}" for path in sorted(present.keys() - locked.keys())]
        + [
            f"changed: {path}"
            for path in sorted(locked.keys() & present.keys())
            if locked[path] != present[path]
        ]
    )


def fetch() -> None:
    """Copy every pinned file out of its npm package, then write the lock and the notice."""
    pins: dict[str, dict[str, Any]] = json.loads((HERE / "pins.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as work:
        _install(pins, Path(work))
        lock = [_copy(name, pin, Path(work) / "node_modules" / name) for name, pin in pins.items()]
    notice = HERE / "NOTICE.txt"
    notice.write_text(_notice(pins), "utf-8")
    lock.append(_locked("NOTICE", "", "", [notice]))
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", "utf-8")


def _install(pins: dict[str, dict[str, Any]], work: Path) -> None:
    wanted = {name: pin["version"] for name, pin in pins.items()}
    (work / "package.json").write_text(json.dumps({"private": True, "dependencies": wanted}))
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=work, check=True)  # noqa: S603


def _copy(name: str, pin: dict[str, Any], package: Path) -> dict[str, Any]:
    folder = HERE / f"{name.lstrip('@').replace('/', '-')}-{pin['version']}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    copies = []
    for source in pin["files"]:
        copy = folder / ("images" if "/images/" in source else "") / Path(source).name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(_patched(package / source, pin.get("patch", [])))
        copies.append(copy)
    if text := pin.get("licence_text"):
        copies.append(HERE / text)
    return _locked(name, pin["version"], pin["licence"], copies)


def _patched(source: Path, patches: list[list[str]]) -> bytes:
    if source.suffix not in (".js", ".css"):
        return source.read_bytes()
    text = SOURCE_MAP.sub("\n", source.read_bytes().decode())
    if source.suffix == ".css":
        for pattern, replacement in patches:
            text, times = re.subn(pattern, replacement, text)
            if not times:
                raise SystemExit(f"{source.name}: nothing left to patch for {pattern}")
    return text.encode()


def _locked(name: str, version: str, licence: str, copies: list[Path]) -> dict[str, Any]:
    files = {copy.relative_to(HERE).as_posix(): _sha256(copy) for copy in copies}
    return {"name": name, "version": version, "licence": licence, "files": files}


def _notice(pins: dict[str, dict[str, Any]]) -> str:
    lines = [
        "Libraries and fonts by others that Assetmap ships, unchanged unless said.",
        "",
    ]
    for name, pin in pins.items():
        lines.append(f"{name} {pin['version']}, {pin['licence']}")
        lines += [f"  Contains: {pin['contains']}."] if "contains" in pin else []
        lines += [f"  Changed: {pin['changed']}"] if "changed" in pin else []
    return "\n".join([*lines, "", "Licence texts: LICENSE in each folder, or licences/.", ""])


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    if "--check" not in sys.argv:
        fetch()
    if problems := differences():
        sys.exit("\n".join(problems))
