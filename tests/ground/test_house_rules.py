"""Rules of the house that neither ruff nor import-linter can check; a failure names the place."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("assetmap", "layers", "static", "migrations", "tests", ".ci")
DOORS = ("web", "api", "ogc", "cli", "jobs")
KNOW_BOTH_DATABASES = ("spatial.py", "textsearch.py", "connections.py", "loading.py")
DECLARATIONS = ("ddl_if", "with_variant")
DATABASES = ("sqlite", "spatialite", "postgres", "postgresql")
LINES = 400
# Written in two halves, so that this file keeps its own rules.
LATER = re.compile(
    rb"\b(?:TO" rb"DO|FIX" rb"ME|XX" rb"X|raise NotImple" rb"mentedError|mark\.xf" rb"ail)\b"
)
REGISTRIES = re.compile(
    rb"registry\."
    rb"npmjs|registry\."
    rb"yarnpkg|pypi\."
    rb"org|pytho"
    rb"nhosted|deb\."
    rb"debian"
)
SCRIPT_IN_MARKUP = re.compile(r"""\son[a-z]+\s*=\s*["'{]|["']\s*javascript:""", re.IGNORECASE)
NAMES_OF_NOTHING = ("util", "utils", "helper", "helpers", "common", "misc")
NAMES_OF_NO_MODULE = (*NAMES_OF_NOTHING, "service", "services", "manager", "managers", "base")


@cache
def files() -> tuple[Path, ...]:
    """Everything the project wrote: not what was vendored, and not what Python cached."""
    below = (file for name in FOLDERS for file in (ROOT / name).rglob("*"))
    top = (file for file in ROOT.iterdir() if not re.fullmatch(r"\.env|\.git|.*\.log", file.name))
    return tuple(
        file
        for file in (*top, *below)
        if file.is_file() and not {"__pycache__", "vendor"} & set(file.relative_to(ROOT).parts)
    )


def modules(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for file in files():
        if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in folders:
            yield file, ast.parse(file.read_bytes(), file)


def place(file: Path, node: ast.AST | None = None) -> str:
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def floor(file: Path) -> str:
    return file.relative_to(ROOT / "assetmap").parts[0]


def names_of_databases(node: ast.AST) -> Iterator[ast.AST]:
    """Where code tells the databases apart; a model may still declare what exists on one only."""
    match node:
        case ast.Call(func=ast.Attribute(attr=declared)) if declared in DECLARATIONS:
            return
        case ast.Constant(value=str(text)) if text.lower() in DATABASES:
            yield node
        case ast.Attribute(attr="dialect" | "get_dialect"):
            yield node
        case ast.keyword(arg=str(name)) if name.startswith(("sqlite_", "postgresql_")):
            yield node
    for child in ast.iter_child_nodes(node):
        yield from names_of_databases(child)


def test_only_the_doors_commit() -> None:
    assert not [
        place(file, node)
        for file, module in modules("assetmap")
        if floor(file) not in DOORS
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    ]


def test_only_spatial_connections_loading_and_textsearch_tell_the_databases_apart() -> None:
    assert not [
        place(file, node)
        for file, module in modules("assetmap")
        if floor(file) not in KNOW_BOTH_DATABASES
        for node in names_of_databases(module)
    ]


def test_our_own_modules_are_imported_at_the_top() -> None:
    assert not [
        place(file, node)
        for file, module in modules("assetmap")
        if file.name != "start.py"  # it is there to do something before
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.level or "assetmap" in str(node.module)))
        or (isinstance(node, ast.Import) and "assetmap" in str([a.name for a in node.names]))
    ]


def test_an_init_file_runs_nothing_of_its_own() -> None:
    assert not [
        place(file, node)
        for file, module in modules("assetmap")
        if file.name == "__init__.py"
        for node in module.body[bool(ast.get_docstring(module)) :]
        if not isinstance(node, ast.Import | ast.ImportFrom)
        and not ast.unparse(node).startswith("__all__ = ")
    ]


def test_no_migration_rebuilds_a_table() -> None:
    """Under SpatiaLite batch_alter_table silently breaks the spatial index."""
    versions = (ROOT / "migrations").rglob("*.py")
    assert not [place(file) for file in versions if "batch_alter_table" in file.read_text()]


def test_no_module_is_longer_than_400_lines() -> None:
    assert not [
        f"{place(file)} has {count}"
        for file in files()
        if file.suffix in {".py", ".js"}
        and "versions" not in file.parts
        and (count := len(file.read_bytes().splitlines())) > LINES
    ]


def test_nothing_is_left_for_later() -> None:
    written = (file for file in files() if file.suffix in {".py", ".js", ".css", ".html", ".sh"})
    assert not [place(file) for file in written if LATER.search(file.read_bytes())]


def test_no_template_runs_script_from_an_attribute() -> None:
    templates = (ROOT / "assetmap" / "templates").rglob("*.html")
    assert not [place(file) for file in templates if SCRIPT_IN_MARKUP.search(file.read_text())]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert not [place(file) for file in files() if REGISTRIES.search(file.read_bytes())]


def test_no_file_is_named_after_nothing() -> None:
    assert not [
        place(file)
        for file in files()
        if file.stem in (NAMES_OF_NO_MODULE if file.suffix == ".py" else NAMES_OF_NOTHING)
    ]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ('if session.bind.dialect.name == "sqlite": pass', True),
        ('Index("by_word", "words", postgresql_using="gin")', True),
        ('Index("by_word", "words", postgresql_using="gin").ddl_if("postgresql")', False),
        ('"The address of the database, such as postgresql://host/name"', False),
    ],
)
def test_the_rule_about_databases_sees_what_it_should(code: str, told: bool) -> None:
    assert any(names_of_databases(ast.parse(code))) is told


@pytest.mark.parametrize(
    ("markup", "told"),
    [
        ('<a href="/" onclick="leave()">', True),
        ("<a href='javascript:leave()'>", True),
        ('<p data-on="yes" class="on">Held on Monday</p>', False),
    ],
)
def test_the_rule_about_markup_sees_what_it_should(markup: str, told: bool) -> None:
    assert bool(SCRIPT_IN_MARKUP.search(markup)) is told
