"""Quotas as a file, in the shape that published tools for drawing panels use: a row for each value
of a feature, with the fewest and the most of a panel who have it.

Such tools give everybody one value of each feature. Here somebody may count for several sections of
a dimension, or for none: written out, each section is a feature of its own with yes and no, so that
another tool draws from the same pool by the same rules. Read are both: that, and a row for each
section of a dimension.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assetmap.errors import Invalid
from assetmap.formats import csv, tables
from assetmap.formats.limits import MEGABYTE, Limits
from assetmap.register import profiles, reach
from assetmap.schemas.invite_panels import MOST_SEATS, QuotaDraft

COLUMNS = ("feature", "value", "min", "max")
OTHER_NAMES = {"category": "feature", "categories": "feature", "name": "value"}
FLEX = ("min_flex", "max_flex")
LIMITS = Limits(bytes=MEGABYTE, rows=200, columns=30, cell_characters=300)
MOST_SAID = 20  # faults
YES, NO = "yes", "no"
NOT_USED = (
    "min_flex and max_flex are left aside: where no panel can be drawn, the page says the least"
    " that would have to give."
)


@dataclass(frozen=True)
class Read:
    """What a file holds. seats: of the panel, where it tells; notes: what to know of it."""

    quotas: Sequence[QuotaDraft]
    seats: int | None = None
    notes: Sequence[str] = ()


@dataclass
class _Rows:
    """What the rows say so far: fewest, most and row of each section, by yes and by no."""

    faults: list[str] = field(default_factory=list)
    said: dict[tuple[reach.Section, str], tuple[int, int, int]] = field(default_factory=dict)
    has_flex: bool = False


def feature(kind: reach.Kind) -> str:
    """What a section is called as a feature of its own."""
    return f"{profiles.label_of(kind.dimension)}: {kind.label}"


def features() -> Mapping[reach.Section, str]:
    """All of them, in order."""
    return {
        (kind.dimension, kind.code): feature(kind)
        for kinds in reach.kinds().values()
        for kind in kinds
    }


def write(quotas: Sequence[QuotaDraft], seats: int) -> Iterator[bytes]:
    """The file of them, for a panel of so many seats."""
    named = features()
    by_key = {(one.dimension, one.code): one for one in quotas}
    rows = []
    for key in [key for key in named if key in by_key]:
        one = by_key[key]
        most = seats if one.most is None else min(one.most, seats)
        for value, least, upto in ((YES, one.least, most), (NO, seats - most, seats - one.least)):
            rows.append({"feature": named[key], "value": value, "min": least, "max": upto})
    return csv.write(rows, COLUMNS)


def read(content: bytes, name: str, *, seats: int | None) -> Read:
    """The quotas of a file, for a panel of so many seats where that is known. Raises Invalid for
    the field file, with every fault by its row and column."""
    try:
        table = tables.sniff(content, name, header=True, limits=LIMITS)
        if table.format not in ("csv", "xlsx"):
            raise Invalid("Give a table as CSV or XLSX.")
        columns = _columns(table.columns)
        found = _Rows()
        for row in table.rows():
            if row.problem:
                found.faults.append(f"Row {row.number}: {row.problem}")
            else:
                cells = {to: row.values.get(name, "").strip() for to, name in columns.items()}
                _take(found, row.number, cells, seats)
    except Invalid as error:
        raise Invalid.field("file", str(error)) from error
    of_file = _seats_of(found, seats)
    if not found.faults and not found.said:
        found.faults.append(f"{name} has no rows below its headings.")
    if found.faults:
        more = len(found.faults) - MOST_SAID
        said = found.faults[:MOST_SAID] + ([f"And {more:,} more."] if more > 0 else [])
        raise Invalid.field("file", "\n".join(said))
    quotas = [
        QuotaDraft(dimension=section[0], code=section[1], least=least, most=most)
        for (section, value), (least, most, _) in found.said.items()
        if value == YES
    ]
    notes = [NOT_USED] if found.has_flex else []
    return Read(quotas, of_file, [*notes, *_sums(quotas, seats or of_file)])


def _columns(given: Sequence[str]) -> Mapping[str, str]:
    """What each column is called in the file. Raises Invalid naming those that are not there."""
    folded = {name.strip().casefold().replace(" ", "_"): name for name in given}
    found = {OTHER_NAMES.get(key, key): name for key, name in folded.items()}
    found |= {key: folded[key] for key in COLUMNS if key in folded}
    lacking = [name for name in COLUMNS if name not in found]
    if lacking:
        named = " and ".join(f"“{name}”" for name in lacking)
        its = ", ".join(f"“{name[:40]}”" for name in given[:8])
        raise Invalid(
            f"There is no column {named}: the first row has to name {', '.join(COLUMNS)}. It has"
            f" {its}."
        )
    return {name: found[name] for name in (*COLUMNS, *FLEX) if name in found}


def _take(found: _Rows, number: int, cells: Mapping[str, str], seats: int | None) -> None:
    """Take what a row says, or keep what is wrong with it."""
    faults = []
    key = None
    try:
        key = _section(cells["feature"], cells["value"])
    except Invalid as error:
        faults.append(str(error))
    numbers = {}
    for name in ("min", "max", *(flex for flex in FLEX if cells.get(flex))):
        said = cells[name]
        if not (said.isascii() and said.isdecimal() and int(said[:4]) <= MOST_SEATS):
            shown = f"“{said[:30]}” is not" if said else "give"
            faults.append(f"column {name}: {shown} a whole number of people, up to {MOST_SEATS}.")
        else:
            numbers[name] = int(said[:4])
    found.has_flex |= any(cells.get(flex) for flex in FLEX)
    if "min" in numbers and "max" in numbers and numbers["min"] > numbers["max"]:
        faults.append(f"column min: {numbers['min']} is more than the max, {numbers['max']}.")
    elif seats and numbers.get("min", 0) > seats:
        faults.append(f"column min: {numbers['min']} are wanted, and there are {seats} seats.")
    if key in found.said:
        faults.append(f"column value: it stands in row {found.said[key][2]} already.")
    found.faults += [f"Row {number}, {fault}" for fault in faults]
    if key and not faults:
        found.said[key] = numbers["min"], numbers["max"], number


def _section(named: str, value: str) -> tuple[reach.Section, str]:
    """The section that a feature and value stand for, and yes or no. Raises Invalid."""
    wanted, of = _folded(named), _folded(value)
    for section, label in features().items():
        if wanted in (_folded(label), _folded(":".join(section))):
            if of not in (YES, NO):
                raise Invalid(f"column value: “{value[:60]}” is neither yes nor no.")
            return section, of
    labels = {code: profiles.label_of(code) for code in reach.kinds()}
    for code, label in labels.items():
        if wanted in (_folded(code), _folded(label)):
            for kind in reach.kinds()[code]:
                if of in (_folded(kind.code), _folded(kind.label), _folded(kind.short)):
                    return (code, kind.code), YES
            there = "; ".join(kind.label for kind in reach.kinds()[code])
            raise Invalid(f"column value: {label} has no “{value[:60]}”. It has: {there}.")
    there = ", ".join(labels.values())
    raise Invalid(f"column feature: there is no “{named[:60]}”. There are: {there}.")


def _seats_of(found: _Rows, seats: int | None) -> int | None:
    """How many seats the rows of yes and no are of, keeping it where they do not go together."""
    tells = None
    for (section, value), (least, most, number) in found.said.items():
        if value == YES:
            continue
        yes = found.said.get((section, YES))
        if yes is None:
            found.faults.append(f"Row {number}: there is no row with yes for it.")
        elif yes[0] + most != yes[1] + least:
            found.faults.append(
                f"Row {number}, columns min and max: with {yes[0]} to {yes[1]} for yes in row"
                f" {yes[2]} they leave {least} to {most}, which no number of seats does."
            )
        elif tells is not None and tells != yes[0] + most:
            found.faults.append(
                f"Row {number}: this is of {yes[0] + most} seats, what is above of {tells}."
            )
        else:
            tells = yes[0] + most
    if tells is not None and seats is not None and tells != seats:
        found.faults.append(f"The file is of {tells} seats, and {seats} are asked for here.")
    return tells


def _sums(quotas: Sequence[QuotaDraft], seats: int | None) -> Iterator[str]:
    """Dimensions of which the numbers come to more or less than the seats."""
    if seats is None:
        return
    for code, kinds in reach.kinds().items():
        its = [one for one in quotas if one.dimension == code]
        label = profiles.label_of(code)
        least = sum(one.least for one in its)
        most = sum(seats if one.most is None else one.most for one in its)
        if least > seats:
            yield (
                f"{label}: the smallest numbers add up to {least:,} of {seats:,} seats,"
                f" {least / seats:.0%}. No panel can be drawn by that, unless people count for two"
                " of its sections."
            )
        elif len(its) == len(kinds) and most < seats:
            yield (
                f"{label}: the largest numbers add up to {most:,}, and there are {seats:,} seats:"
                " the others would have to be people whose groups say nothing of it."
            )


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace(": ", ":").split())
