"""README names every setting, command and operation there is, and none that is not."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from flask import Flask

from assetmap.app import commands, create_app
from assetmap.settings import Settings
from assetmap.vocabulary import Kind

ROOT = Path(__file__).parents[1]
Leaves = Iterator[tuple[str, click.Command]]
METHODS = r"(?:GET|PUT|POST|DELETE|PATCH)"
NOT_SETTINGS = {"ASSETMAP_REAL_DATA", "ASSETMAP_PHONES", "ASSETMAP_FIRST_PHONE"}  # for tests alone


@cache
def readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(Settings(instance=tmp_path_factory.mktemp("instance")))


def named(field: str) -> str:
    ours = f"ASSETMAP_{field.upper()}"
    return field.upper() if field.startswith(("port", "database_")) else ours


def tree(app: Flask) -> dict[str, click.Command]:
    """Every command, by all the words one types."""

    def below(
        words: tuple[str, ...], command: click.Command
    ) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            for name, part in command.commands.items():
                yield from below((*words, name), part)
        else:
            yield " ".join(words), command

    return dict([*below(("assetmap",), app.cli), *below(("assetmap",), commands())])


def lines_of_shell() -> list[str]:
    """What README has people type."""
    blocks = re.findall(r"```sh\n(.*?)```", readme(), re.S)
    return [line for block in blocks for line in block.splitlines()]


def test_every_chapter_of_the_standard_names_a_test_that_is_there() -> None:
    rows = re.findall(r"^\| V(\d+) [^|]+\|[^|]+\|([^|]*)\|", readme(), re.M)
    assert [int(number) for number, _ in rows] == list(range(1, 18))
    for number, named in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", named)
        assert tests or number == "17"
        for path, name in tests:
            assert f"def {name}(" in (ROOT / path).read_text("utf-8"), name


def test_every_setting_is_in_the_table() -> None:
    table = re.findall(r"^\| `([A-Z_]+)` \|", readme(), re.M)
    assert sorted(table) == sorted(named(field) for field in Settings.model_fields)


def test_no_setting_is_named_that_is_not_there() -> None:
    said = set(re.findall(r"\bASSETMAP_[A-Z_]+\b", readme()))
    assert said - NOT_SETTINGS <= {named(field) for field in Settings.model_fields}


def test_a_default_that_is_told_is_the_default() -> None:
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| .* \| `([^`|]+)` \|$", readme(), re.M))
    for field, model in Settings.model_fields.items():
        if (said := told.get(named(field))) is not None and field != "database_url":
            assert str(model.default) == said


def test_every_command_is_in_the_table(documented: Flask) -> None:
    rows = re.findall(r"^\| (`assetmap [^|]+) \|", readme(), re.M)
    said = [name for row in rows for name in re.findall(r"`(assetmap [^`]+)`", row)]
    assert sorted(said) == sorted(tree(documented))


def test_every_command_that_readme_types_is_there_with_its_options(documented: Flask) -> None:
    known = tree(documented)
    typed = [line for line in lines_of_shell() if line.startswith("assetmap ")]
    assert len(typed) > 10
    for line in typed:
        name = max((name for name in known if f"{line} ".startswith(f"{name} ")), key=len)
        options = {option for param in known[name].params for option in param.opts}
        said = line.partition(" #")[0]
        assert set(re.findall(r"(?<=\s)--[a-z-]+", said)) <= options, line


def test_every_operation_is_in_the_table(documented: Flask) -> None:
    table = readme().partition("| operation |")[2].partition("\n\n")[0]
    said: set[tuple[str, str]] = set()
    for cell in re.findall(r"^\| (`.*?`) \|", table, re.M):
        methods: list[str] = []
        for code in re.findall(r"`([^`]+)`", cell):
            method, _, path = code.partition(" ")
            methods.append(method)
            if path:
                said |= {(one, path) for one in methods}
                methods = []
    plurals = "|".join(kind.plural for kind in Kind)
    paths = documented.extensions["openapi"]()["paths"]
    there = {
        (method.upper(), re.sub(rf"^/api/(?:{plurals})/(?=.uid.$)", "/api/<kind>/", path))
        for path, operations in paths.items()
        for method in operations
        if re.fullmatch(METHODS, method.upper())
    }
    assert said == there
    assert all(kind.plural in table for kind in Kind)


def test_every_make_target_that_readme_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|^)make ([a-z]+)", readme(), re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_the_floors_are_those_that_are_kept() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]
    kept = [set(re.findall(r"\((\w+)\)", line)) for line in contract["layers"]]
    drawn = re.findall(r"^ {4}([a-z|\s]+?)(?: {3,}.*)?$", readme(), re.M)
    told = [set(re.findall(r"\w+", line)) for line in drawn if line.strip()]
    assert told == [floor - {"ogc"} for floor in kept]


def test_the_changelog_keeps_its_form() -> None:
    said = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", said, re.M)
    assert headings[0] == "[Unreleased]"
    for heading in headings[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", heading)
    sorts = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", said, re.M)) <= sorts


def test_the_package_shows_readme() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["readme"] == "README.md"
