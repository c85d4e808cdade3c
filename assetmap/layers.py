"""What the project ships beside its code: classification, synonyms, map layers, static files."""

import csv
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

SCHEMES = ("asset", "offer", "finding")

_PACKAGE = Path(__file__).parent


@cache
def shipped(name: str) -> Path:
    """The folder `static`, `layers` or `migrations`: inside the wheel, or beside the package."""
    inside = _PACKAGE / "_shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def classification(scheme: str) -> Iterator[dict[str, str]]:
    """The rows of a scheme's default classification, parents before their children."""
    with (shipped("layers") / f"{scheme}_classes.csv").open(encoding="utf-8", newline="") as file:
        yield from sorted(csv.DictReader(file), key=lambda row: int(row["level"]))


@cache
def synonyms() -> tuple[tuple[str, ...], ...]:
    """Groups of words or phrases that mean the same to someone searching."""
    with (shipped("layers") / "synonyms.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            tuple(word.strip() for word in row if word.strip())
            for row in csv.reader(file)
            if row and not row[0].startswith("#")
        )


@cache
def event_plan() -> tuple[dict[str, str], ...]:
    """What the plan of an event goes through, in order: number, phase, title, help, shown_by."""
    with (shipped("layers") / "event_plan.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def survey_measures() -> tuple[dict[str, str], ...]:
    """What people are asked before and after an event, ready-made: code, asked (in both phases
    or only after), asks."""
    with (shipped("layers") / "survey_measures.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def monitoring() -> tuple[dict[str, str], ...]:
    """What people may say of themselves as they leave an event: dimension, asks, code, answer, the
    answers to one question together."""
    with (shipped("layers") / "monitoring.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def event_templates() -> tuple[dict[str, Any], ...]:
    """What events of each kind usually are: code, name, about, fields of an event as text, days,
    and their parts in order, each with kind, title, minutes and perhaps day, question, target."""
    with (shipped("layers") / "event_templates.toml").open("rb") as file:
        return tuple(tomllib.load(file)["template"])


def event_template(code: str) -> dict[str, Any]:
    """The template of a code. Raises KeyError where there is none."""
    return {one["code"]: one for one in event_templates()}[code]


@cache
def population() -> tuple[dict[str, str], ...]:
    """The sections that a population is counted in, those of a dimension together: dimension and
    its label, code, category and a short name; how published tables head them, or of which ages
    they are; and the words by which groups say that they are for them."""
    with (shipped("layers") / "population.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
