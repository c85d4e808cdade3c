"""Guessing which column of a file is which field, from its heading and from what is in it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from rapidfuzz import fuzz, process
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import textsearch
from assetmap.errors import Invalid
from assetmap.formats.coordinates import number
from assetmap.formats.postcodes import normal_postcode
from assetmap.formats.table import Row, Table
from assetmap.models import Category, CategoryMapping
from assetmap.schemas.imports import ImportMapping, fields
from assetmap.vocabulary import Kind

SAMPLE_ROWS = 500
MOST_VALUES = 300  # different categories that are worth a line each
SURE = 88  # of 100, for a heading that is only like one we know
SURE_OF_CATEGORY = 90
MOST_ADDRESS_PARTS = 6

# What people call these columns, after folding to words: the likeliest first.
_HEADINGS: Mapping[str, str] = {
    "title": "name|title|site name|library name|establishmentname|establishment name|group name"
    "|organisation name|organization name|charity name|venue|venue name|stop name|place name"
    "|asset name|offer|summary|stop|organisation|facility name|practice name|label",
    "description": "description|details|about|notes|comments|what|activities|information|note",
    "category": "category|type|kind|class|classification|category code|type of library|amenity"
    "|facility type|asset type|finding type|offer type|subcategory|sub type|group type",
    "longitude": "longitude|lon|long|lng|x|x coord|geox|geo x|point x|lon wgs84|longitude wgs84",
    "latitude": "latitude|lat|y|y coord|geoy|geo y|point y|lat wgs84|latitude wgs84",
    "easting": "easting|eastings|oseast|oseast1m|east|x easting|geocode easting|bng e|gb easting",
    "northing": "northing|northings|osnrth|osnrth1m|north|y northing|bng n|gb northing",
    "wkt": "wkt|geometry|geom|the geom|shape|wkt geom|geometry wkt",
    "pair": "coordinates|latlng|lat lng|latlon|lat lon|lat long|latitude longitude|geo point"
    "|gps|location coordinates|geo point 2d",
    "grid_reference": "grid reference|grid ref|gridref|os grid reference|ngr|os grid ref|osgr",
    "postcode": "postcode|post code|pcd|pcds|postal code|zip|addr postcode|site postcode",
    "address": "address|full address|street address|street|addr street|address 1|address line 1"
    "|address1|site address|location|postal address|where",
    "external_id": "id|uid|source id|external id|uprn|urn|ref|reference|code|identifier|unique id"
    "|record id|object id|objectid|fid|osm id|uuid|site id|case number|report id|key",
    "licence": "licence|license|data licence|rights",
    "status": "status|state",
    "assigned_partner": "assigned partner|partner|partner name|partner key|lead partner",
    "resolved_at": "resolved at|resolved on|date resolved|resolved|completed on|date completed",
    "resolution": "what was done|resolution|outcome|action taken",
    "website": "website|url|web|web site|homepage|web address|link|schoolwebsite|contact website",
    "email": "email|e mail|email address|mail|contact email|e mail address",
    "phone": "phone|tel|telephone|telephone number|phone number|contact number|telephonenum"
    "|tel no|contact phone|mobile number",
    "opening_hours": "opening hours|opening times|hours|open|opening",
    "capacity": "capacity|max capacity|seats|how many|room capacity",
    "facilities": "facilities",
    "languages": "languages|language",
    "serves": "serves|who for|audience|beneficiaries|target group",
    "tags": "tags|keywords|labels",
    "charity_number": "charity number|charity no|registered charity number|regno|charity num",
    "company_number": "company number|company no|registered company number|companies house number",
    "alt_names": "alt names|other names|also known as|aka|alternative name|working names",
    "size_band": "size band|size|members",
    "constituted": "constituted",
    "person_role": "person role|role|offered by|who offers|offeror|volunteer role|provider",
    "group": "group|group ref|organisation ref",
    "asset": "asset|asset ref|venue ref",
    "operator": "operator|run by|managed by",
    "quantity": "quantity|amount|how much|number offered|qty",
    "unit": "unit|units",
    "available_from": "available from|from|start|start date|valid from",
    "available_to": "available to|to|end|end date|until",
    "expires_on": "expires on|expires|expiry|expiry date|valid until",
    "pattern": "pattern|rrule|recurrence|frequency|repeats",
    "meeting_pattern": "meeting pattern|meets|meeting times|when they meet",
    "notice_days": "notice days|notice",
    "conditions": "conditions|terms",
    "cost_pence": "cost pence|cost in pence",
    "cost_note": "cost|cost note|price|charges|fees",
    "severity": "severity|seriousness|priority|score",
    "direction": "direction",
    "observed_at": "observed at|observed on|date|date observed|seen on|seen at|reported at"
    "|reported on|reported|timestamp|created|datetime|date reported|observation date",
    "time_of_day": "time of day|light",
    "observer_kind": "observer kind|observer|reported by|reporter",
    "external_ref": "external ref|external reference|their reference|case ref|job number",
    "visibility": "visibility|who may see|shared with",
    "checked_on": "checked on|last checked|last verified|verified on|last updated|reviewed on",
    "checked_how": "checked how",
    "review_due": "review due|next review|check again by",
    "accuracy_m": "accuracy m|accuracy|gps accuracy|horizontal accuracy",
    "radius_m": "radius m|radius|serves within m",
    "covers_areas": "covers areas|areas served|area codes|wards served|covers",
    "precision": "precision",
    "location_method": "location method",
    "hire_terms": "hire terms|hire",
    "accessibility_note": "accessibility note|accessibility|access",
    "confidence": "confidence",
    "checks_needed": "checks needed",
    "check_status": "check status",
    "last_contacted_on": "last contacted on|last contacted",
    "source": "source|data source",
}
_ADDRESS_PART = re.compile(
    r"(?:address|addr)(?: line)? ?\d|street|locality|town|city|county|village"
)


@dataclass(frozen=True)
class Guess:
    """A mapping as guessed, for a person to look at.

    like: headings that were only like one we know. values: what the category column says and how
    often. samples: the first rows.
    """

    mapping: ImportMapping
    like: dict[str, str] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    samples: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def guess(session: Session, table: Table, kind: Kind) -> Guess:
    """Which column goes where, and which of our categories the file's words mean."""
    rows = list(islice(table.rows(), SAMPLE_ROWS))
    columns, like = _columns(table, kind, rows)
    mapping = ImportMapping(columns={name: list(found) for name, found in columns.items()})
    values = category_values(table, mapping)
    mapping.categories = _categories(session, kind, values)
    mapping.epsg = _epsg(mapping, rows)
    samples = [row.values for row in rows[:5]]
    return Guess(mapping, like, values, samples, list(table.warnings))


def category_values(table: Table, mapping: ImportMapping) -> dict[str, int]:
    """What the category column says and how often, the commonest first."""
    columns = mapping.columns.get("category")
    if not columns:
        return {}
    counted: Counter[str] = Counter()
    for row in table.rows():
        counted[joined(row.values, columns)] += 1
    counted.pop("", None)
    return dict(counted.most_common(MOST_VALUES))


def joined(values: Mapping[str, str], columns: Sequence[str]) -> str:
    """What a row says in the columns of one field, with commas between."""
    if len(columns) == 1:
        return values.get(columns[0], "").strip()
    said = (values.get(column, "").strip().strip(",").strip() for column in columns)
    return ", ".join(part for part in said if part)


def choices(session: Session, kind: Kind) -> dict[str, list[tuple[str, str]]]:
    """The categories of a kind to choose from, under their top terms."""
    scheme = "asset" if kind == Kind.GROUP else kind.value
    rows = session.execute(
        select(Category.id, Category.code, Category.label, Category.parent_id)
        .where(Category.scheme == scheme, Category.active)
        .order_by(Category.level, Category.sort, Category.label)
    ).all()
    tops = {row.id: row.label for row in rows if row.parent_id is None}
    found: dict[str, list[tuple[str, str]]] = {label: [] for label in tops.values()}
    for row in rows:
        if row.parent_id in tops:
            found[tops[row.parent_id]].append((row.code, row.label))
    return {label: terms for label, terms in found.items() if terms}


@dataclass(frozen=True)
class KnownCategories:
    """Ways of naming the categories of a kind: code, label, and what others call them."""

    codes: dict[str, str]
    labels: dict[str, str]
    elsewhere: dict[str, str]

    @classmethod
    def load(cls, session: Session, kind: Kind) -> "KnownCategories":
        """The categories in use; a lower term wins over a top one of the same name."""
        scheme = "asset" if kind == Kind.GROUP else kind.value
        rows = session.execute(
            select(Category.id, Category.code, Category.label)
            .where(Category.scheme == scheme, Category.active)
            .order_by(Category.level, Category.id)
        ).all()
        said = session.execute(
            select(CategoryMapping.category_id, CategoryMapping.value).order_by(CategoryMapping.id)
        )
        code_of = {key: code for key, code, _ in rows}
        elsewhere: dict[str, str] = {}
        for key, value in said:
            if key in code_of:
                elsewhere.setdefault(value.strip().casefold(), code_of[key])
                elsewhere.setdefault(value.partition("=")[2].strip().casefold(), code_of[key])
        elsewhere.pop("", None)
        return cls(
            {code.casefold(): code for _, code, _ in rows},
            {folded(label): code for _, code, label in rows},
            elsewhere,
        )

    def find(self, said: str) -> str | None:
        """The code of the category that this means beyond doubt; None when there is doubt."""
        plain = said.strip().casefold()
        if plain in self.codes:
            return self.codes[plain]
        return self.labels.get(folded(said)) or self.elsewhere.get(plain)

    def like(self, said: str) -> str | None:
        """The code of the category whose label is very like this, or alone has all its words."""
        found = process.extractOne(
            folded(said), list(self.labels), scorer=fuzz.token_sort_ratio, score_cutoff=60
        )
        if found is not None and found[1] >= SURE_OF_CATEGORY:
            return self.labels[found[0]]
        words = set(folded(said).split())
        if len(words) == 1 and found is not None:
            return None  # one word in common with a label that is otherwise not like it
        held = {code for label, code in self.labels.items() if words and words <= {*label.split()}}
        return held.pop() if len(held) == 1 else None


def folded(said: str) -> str:
    """Words in lower case, singular and plural alike."""
    return " ".join(textsearch.stem(word) for word in textsearch.words(said))


def beyond_doubt(session: Session, kind: Kind, values: Iterable[str]) -> dict[str, str]:
    """Our categories named as we name them, which rows get unless the mapping says another."""
    known = KnownCategories.load(session, kind)
    return {said: code for said in values if (code := known.find(said))}


def _categories(session: Session, kind: Kind, values: dict[str, int]) -> dict[str, str]:
    known = KnownCategories.load(session, kind)
    return {said: code for said in values if (code := known.find(said) or known.like(said))}


def _columns(
    table: Table, kind: Kind, rows: Sequence[Row]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    offered = fields(kind)
    left = {heading: _plain(heading) for heading in table.columns}
    found: dict[str, list[str]] = {}
    like: dict[str, str] = {}
    wanted = {name: said.split("|") for name, said in _HEADINGS.items() if name in offered}
    _take_exact(wanted, left, found, rows)
    for heading, plain in list(left.items()):
        best = process.extractOne(
            plain,
            {name: names[0] for name, names in wanted.items() if name not in found},
            scorer=fuzz.ratio,
            score_cutoff=SURE,
        )
        if best is not None and _fits(best[2], heading, rows):
            found[best[2]], like[heading] = [heading], best[2]
            left.pop(heading)
    if not table.has_header:
        _by_content(left, found, rows)
    _whole_address(found, left)
    if table.has_geometry:
        for name in ("longitude", "latitude", "easting", "northing", "wkt", "pair"):
            found.pop(name, None)
    return found, like


def _take_exact(
    wanted: Mapping[str, Sequence[str]],
    left: dict[str, str],
    found: dict[str, list[str]],
    rows: Sequence[Row],
) -> None:
    for name, names in wanted.items():
        for said in names:
            heading = next(
                (h for h, plain in left.items() if plain == said and _fits(name, h, rows)), None
            )
            if heading is not None:
                found[name] = [heading]
                left.pop(heading)
                break


def _fits(name: str, heading: str, rows: Sequence[Row]) -> bool:
    """Whether what is in a column could be that field, where that can be told."""
    said = [value for row in rows if (value := row.values.get(heading, "").strip())]
    if not said:
        return True
    return _share(name, said) >= 0.5


def _share(name: str, said: Sequence[str]) -> float:
    degrees = name in ("longitude", "latitude")
    numbers = [found for one in said if (found := _number(one, degrees=degrees)) is not None]
    match name:
        case "longitude" | "latitude":
            most = 180 if name == "longitude" else 90
            return sum(1 for number in numbers if abs(number) <= most) / len(said)
        case "easting" | "northing":
            return sum(1 for number in numbers if abs(number) > 180) / len(said)
        case "postcode":
            return sum(1 for one in said if normal_postcode(one)) / len(said)
        case "email":
            return sum(1 for one in said if "@" in one) / len(said)
        case "external_id":  # an index of anything else repeats itself
            return len(set(said)) / len(said)
        case "wkt":
            return sum(1 for one in said if "(" in one) / len(said)
        case _:
            return 1.0


def _number(said: str, *, degrees: bool) -> float | None:
    try:
        return number(said, degrees=degrees)
    except Invalid:
        return None


def _by_content(left: dict[str, str], found: dict[str, list[str]], rows: Sequence[Row]) -> None:
    """Where there are no headings: postcodes, e-mail addresses, and the first text as the name."""
    for heading in list(left):
        said = [value for row in rows if (value := row.values.get(heading, "").strip())]
        if not said:
            continue
        for name in ("postcode", "email", "wkt"):
            if name not in found and _share(name, said) > 0.8:
                found[name] = [heading]
                left.pop(heading)
                break
        else:
            is_text = sum(1 for one in said if re.search(r"[A-Za-z]{3}", one) and " " in one)
            if "title" not in found and is_text / len(said) > 0.6:
                found["title"] = [heading]
                left.pop(heading)
            elif "external_id" not in found and len(set(said)) == len(said) == len(rows) > 1:
                found["external_id"] = [heading]
                left.pop(heading)


def _whole_address(found: dict[str, list[str]], left: dict[str, str]) -> None:
    """An address in several columns is put together in the order of the file."""
    if "address" not in found:
        return
    more = [heading for heading, plain in left.items() if _ADDRESS_PART.fullmatch(plain)]
    found["address"] = (found["address"] + more)[:MOST_ADDRESS_PARTS]


def _epsg(mapping: ImportMapping, rows: Sequence[Row]) -> int | None:
    """WKT whose numbers are too large for degrees is most likely on the British grid."""
    column = mapping.first("wkt")
    if column is None:
        return None
    said = next((row.values[column] for row in rows if row.values.get(column)), "")
    numbers = [abs(float(n)) for n in re.findall(r"-?\d+(?:\.\d+)?", said)[:4]]
    return 27700 if numbers and max(numbers) > 360 else None


def _plain(heading: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading) if not heading.isupper() else heading
    return " ".join(textsearch.words(spaced.replace("_", " ")))
