"""Tables of how many people live where: Census bulk tables and their like, by small area.

Columns are known by their headings, wherever they stand: "Ethnic group: White", "Age: Aged 5 to 9
years; measures: Value", "age 65-74", "total_females".
"""

import gzip
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from assetmap.errors import Invalid
from assetmap.formats import limits, tables
from assetmap.formats.table import Row, Table

TOTAL = ""
OLDEST = 130
MOST_BYTES = 100 * limits.MEGABYTE  # unpacked
SPARE, SPARE_SHARE = 15, 0.02  # small counts are disturbed where they are published
_GZIP = b"\x1f\x8b"
_MEASURES = re.compile(r"\s*;\s*measures:\s*value$")
_COUNT = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,9}(?:\.0+)?")
_CODE = re.compile(r"[A-Za-z][\w-]{2,39}")
_YEAR = re.compile(r"(19|20)\d\d")
_AGES = (
    (re.compile(r"age:? (?:aged )?(\d+)(?:-| to )(\d+)(?: years)?"), None),
    (re.compile(r"age:? (?:aged )?(\d+)(?:\+| years and over)"), OLDEST),
    (re.compile(r"age: aged (\d+) years? and under"), 0),
    (re.compile(r"age: aged under (\d+) year"), 0),
)
# the smallest first: of several codes in a row, the figures are of that area
_SORTS = {"oa": "oa", "lsoa": "lsoa", "msoa": "msoa", "ward": "ward", "wd": "ward"}
_SORTS |= {"ltla": "lad", "lad": "lad"}
_CODE_COLUMN = re.compile(rf"({'|'.join(_SORTS)})(\d\d)?[ _]?(?:code|cd)")
_OF_CODE = {"00": "oa", "01": "lsoa", "02": "msoa", "05": "ward"}
_OF_CODE |= dict.fromkeys(("06", "07", "08", "09"), "lad")
_ANY_CODE = "geography code"

Counts = dict[str, int]


@dataclass
class ProfileRead:
    """One dimension of a population: for each area's code, how many people there are of each
    category. year: of the figures, "" where the file does not say."""

    dimension: str
    area_type: str
    area_vintage: str
    year: str
    people: dict[str, Counts] = field(default_factory=dict)


@dataclass(frozen=True)
class ProfilesRead:
    """What a table holds. left_aside: its columns that say nothing which is compared."""

    profiles: Sequence[ProfileRead]
    left_aside: Sequence[str]


@dataclass(frozen=True)
class Known:
    """What there is to read. headings: as tables have them, in small letters → dimension and code;
    topics: how those of a dimension begin → which it is; ages: code, first and last."""

    headings: Mapping[str, tuple[str, str]]
    topics: Mapping[str, str]
    ages: Sequence[tuple[str, int, int]]

    @classmethod
    def of(cls, sections: Sequence[Mapping[str, str]]) -> "Known":
        """Of the rows of layers/population.csv."""
        return cls(
            {
                head: (row["dimension"], row["code"])
                for row in sections
                for head in row["headings"].split("|")
                if head
            },
            {row["label"].casefold(): row["dimension"] for row in sections},
            [
                (row["code"], int(row["first"]), int(row["last"] or OLDEST))
                for row in sections
                if row["first"]
            ],
        )


@dataclass(frozen=True)
class _Layout:
    """Which column is which. counts: column → dimension and category; TOTAL is all of them."""

    code: str
    area_type: str  # "" where only the codes tell
    area_vintage: str
    year: str | None  # the column that has it
    counts: Mapping[str, tuple[str, str]]
    left_aside: Sequence[str]


def read(path: Path, known: Known) -> ProfilesRead:
    """The tables of a CSV, of XLSX or of either packed with gzip. Raises Invalid, naming the row
    and the column, for what cannot be: nothing is read in part."""
    table = tables.sniff(_unpacked(path), path.name, header=True)
    layout = _layout(table, path.name, known)
    found: dict[str, ProfileRead] = {}
    rows: dict[str, int] = {}
    for row in table.rows():
        if row.problem:
            raise Invalid(f"Row {row.number}: {row.problem}")
        code = row.values[layout.code].strip()
        if not _CODE.fullmatch(code):
            raise _wrong(row, layout.code, "is no code of an area")
        if code in rows:
            raise _wrong(row, layout.code, f"was in row {rows[code]} already")
        rows[code] = row.number
        area_type = layout.area_type or _OF_CODE.get(code[1:3], "")
        for dimension, counts in _counted(row, layout).items():
            year = _year(row, layout)
            vintage = layout.area_vintage or year  # the Census counts by areas of its own year
            new = ProfileRead(dimension, area_type, vintage, year)
            kept = found.setdefault(dimension, new)
            if not area_type or kept.area_type != area_type:
                raise _wrong(row, layout.code, "is a code of another sort of area than those above")
            if kept.year != new.year:
                raise _wrong(row, layout.year or "", "is of another year than those above")
            kept.people[code] = counts
    if not rows:
        raise Invalid(f"{path.name} has no rows of figures.")
    return ProfilesRead(list(found.values()), layout.left_aside)


def _unpacked(path: Path) -> Path | bytes:
    limits.check_size(path, MOST_BYTES, path.name)
    if limits.beginning(path, 2) != _GZIP:
        return path
    try:
        with gzip.open(path) as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(f"{path.name} cannot be unpacked.") from error
    if len(data) > MOST_BYTES:
        raise Invalid(f"{path.name} is too large when unpacked.")
    return data


def _layout(table: Table, name: str, known: Known) -> _Layout:
    heads = {column: _normal(column) for column in table.columns}
    code, area_type, vintage = _code_column(heads, name)
    counts: dict[str, tuple[str, str]] = {}
    ages: dict[str, tuple[int, int]] = {}
    left: list[str] = []
    for column, head in heads.items():
        if (band := _band(head)) is not None:
            ages[column] = band
        elif (found := _category(known, column, head)) is not None:
            counts[column] = found
        elif column != code and not _is_beside(head):
            left.append(column)
    counts |= {column: ("age", _age_of(known, *band)) for column, band in ages.items()}
    _check_ages(ages)
    dimensions = {dimension for dimension, category in counts.values() if category != TOTAL}
    if not dimensions:
        raise Invalid(
            f"{name} has no column that counts people by age, sex, ethnic group, religion or"
            " disability under a heading such as “Ethnic group: White”."
        )
    counts |= _common_total(heads, counts, dimensions)
    used = {column: what for column, what in counts.items() if what[0] in dimensions}
    left = [column for column in left if column not in used]
    year = next((column for column, head in heads.items() if head == "date"), None)
    return _Layout(code, area_type, vintage, year, used, left)


def _code_column(heads: Mapping[str, str], name: str) -> tuple[str, str, str]:
    """The column with the code of the area that the figures are of, its type and its vintage."""
    found: list[tuple[int, str, str, str]] = []
    order = list(_SORTS)
    for column, head in heads.items():
        if match := _CODE_COLUMN.fullmatch(head):
            vintage = f"20{match[2]}" if match[2] else ""
            found.append((order.index(match[1]), column, _SORTS[match[1]], vintage))
    if found:
        _, column, area_type, vintage = min(found)
        return column, area_type, vintage
    for column, head in heads.items():
        if head == _ANY_CODE:
            return column, "", ""
    raise Invalid(
        f"{name} has no column with the codes of its areas, such as lsoa21_code or geography code."
    )


def _normal(heading: str) -> str:
    return _MEASURES.sub("", " ".join(heading.casefold().split()))


def _is_beside(head: str) -> bool:
    """Whether a column says where or when, which is no figure."""
    return head in ("date", "geography", _ANY_CODE) or bool(
        re.fullmatch(r"\w+?\d*[ _](name|code|nm|cd)", head)
    )


def _category(known: Known, column: str, head: str) -> tuple[str, str] | None:
    """The dimension and category that a heading stands for; None where it stands for none, or for
    a part of one. Raises Invalid for one of a dimension that is compared, but unknown."""
    if head in known.headings:
        return known.headings[head]
    topic, colon, rest = head.partition(": ")
    dimension = known.topics.get(topic)
    if not colon or dimension is None:
        return None
    if rest.startswith("total") or rest.startswith("all persons"):
        return dimension, TOTAL
    if any(head.startswith(f"{whole}: ") for whole in known.headings):
        return None  # a part of a category, which stands in a column of its own
    raise Invalid(f"Column “{column}”: this is no {topic} that is known here.")


def _common_total(
    heads: Mapping[str, str], counts: Mapping[str, tuple[str, str]], dimensions: set[str]
) -> dict[str, tuple[str, str]]:
    """One total for a whole table belongs to its one dimension that has none of its own."""
    with_total = {dimension for dimension, category in counts.values() if category == TOTAL}
    lacking = dimensions - with_total
    column = next((column for column, head in heads.items() if head == "total_population"), None)
    if column is None or len(lacking) != 1:
        return {}
    return {column: (lacking.pop(), TOTAL)}


def _band(head: str) -> tuple[int, int] | None:
    """The first and last age that a heading stands for."""
    for pattern, other in _AGES:
        if match := pattern.fullmatch(head):
            first = int(match[1])
            if other is None:
                return first, int(match[2])
            return (first, other) if other else (0, first)
    return None


def _age_of(known: Known, first: int, last: int) -> str:
    """The category in which most of the ages of a band lie, the younger where it is halved."""

    def shared(one: tuple[str, int, int]) -> int:
        return min(last, one[2]) - max(first, one[1]) + 1

    return max(known.ages, key=shared)[0]


def _check_ages(ages: Mapping[str, tuple[int, int]]) -> None:
    """Raise Invalid where two columns count the same ages."""
    order = sorted(ages.items(), key=lambda one: one[1])
    for (before, (_, last)), (column, (first, _)) in pairwise(order):
        if first <= last:
            raise Invalid(f"Columns “{before}” and “{column}” count the same ages.")


def _counted(row: Row, layout: _Layout) -> dict[str, Counts]:
    """How many people of each dimension and category there are in an area. Raises Invalid where
    their sum is not what the row says it is."""
    found: dict[str, Counts] = {}
    totals: dict[str, tuple[str, int]] = {}
    for column, (dimension, category) in layout.counts.items():
        given = row.values[column].strip()
        if not _COUNT.fullmatch(given):
            raise _wrong(row, column, "is not a count of people")
        people = int(given.replace(",", "").partition(".")[0])
        if category == TOTAL:
            totals[dimension] = column, people
        else:
            counts = found.setdefault(dimension, {})
            counts[category] = counts.get(category, 0) + people
    for dimension, (column, people) in totals.items():
        whole = sum(found[dimension].values())
        if abs(whole - people) > SPARE + SPARE_SHARE * people:
            raise _wrong(row, column, f"is not the {whole:,} that its categories add up to")
    return found


def _year(row: Row, layout: _Layout) -> str:
    if layout.year is None:
        return ""
    match = _YEAR.search(row.values[layout.year])
    if match is None:
        raise _wrong(row, layout.year, "is no year")
    return match[0]


def _wrong(row: Row, column: str, what: str) -> Invalid:
    given = row.values.get(column, "").strip()
    shown = f"“{given[:40]}”" if given else "an empty cell"
    return Invalid(f"Row {row.number}, column “{column}”: {shown} {what}.")
