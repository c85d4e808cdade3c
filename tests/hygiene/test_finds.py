"""What text should not hold is found, with what it is and why, and ordinary text is left alone."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetmap.hygiene import finds, words
from assetmap.hygiene.finds import LABELS, WHY, look

FOUND = [
    ("Ring 01632 960123 after six", [("phone", "01632 960123")]),
    ("Mobile +44 (0)7700 900123.", [("phone", "+44 (0)7700 900123")]),
    (
        "(020) 7946 0018 or 00447700900456",
        [("phone", "(020) 7946 0018"), ("phone", "00447700900456")],
    ),
    ("Write to jo.bloggs+hall@example.org.", [("email", "jo.bloggs+hall@example.org")]),
    ("She is at 12a Mill Lane, QX1 3BT now", [("address", "12a Mill Lane, QX1 3BT")]),
    ("Seen: AB12 CDE", [("plate", "AB12 CDE")]),
    ("a red car, reg P789 XYZ", [("plate", "P789 XYZ")]),
    ("NI AB 12 34 56 C", [("ni_number", "AB 12 34 56 C")]),
    ("NHS number 943 476 5919", [("nhs_number", "943 476 5919")]),
    ("born on 3 May 1984", [("birth_date", "3 May 1984")]),
    ("d.o.b. 03/05/84", [("birth_date", "03/05/84")]),
    ("Kevin Smith sells drugs here", [("crime", "Kevin Smith")]),
    ("People say Kevin at the end was arrested", [("crime", "Kevin")]),
    ("Mrs Okafor has dementia", [("health", "Mrs Okafor")]),
    ("Aisha’s depression is worse", [("health", "Aisha’s")]),
]
LEFT_ALONE = [
    "The Alice Hall dementia café meets every Thursday",
    "St John Ambulance teaches first aid after a stabbing or a heart attack",
    "Drug litter on the May Street steps; the lights are out by the bins",
    "Grace Church holds a group for families of prisoners",
    "Freephone 0800 555 111 or 0300 123 1234, or call 101 or 999",
    "Open 9.30 to 17.00, £12 an hour, 30 seats; charity 1234567, built 12 March 1884",
    "Postcode HU1 3UB. Buses 10, 14 and 25 stop outside.",
    "NHS number 943 476 5918",
    "Kevin leads the walk. The drug bins are by the gate.",
    "Will mend bikes in June. Mark the theft of tools in the book",
]


@pytest.mark.parametrize(("text", "found"), FOUND)
def test_what_points_at_somebody_is_found(text: str, found: list[tuple[str, str]]) -> None:
    assert [(one.what, one.of(text)) for one in look(text)] == found
    assert all(one.why for one in look(text))


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert [one.of(text) for one in look(text)] == []


def test_every_find_is_explained_and_named() -> None:
    assert set(WHY) == set(LABELS)
    (one,) = look("Kevin Smith was arrested")
    assert "“arrested”" in one.why


PATTERNS = [
    value.pattern
    for module in (finds, words)
    for value in vars(module).values()
    if isinstance(value, re.Pattern)
] + [about.pattern for about in words.ABOUT.values()]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_pattern_can_take_more_than_so_many_steps_from_any_place(pattern: str) -> None:
    bare = re.sub(r"\[(?:\\.|[^\]\\])*\]", "c", re.sub(r"\\.", "e", pattern))
    assert "*" not in bare
    assert "+" not in bare
    assert not re.search(r"\{\d+,\}", bare)


FRAGMENTS = st.sampled_from(
    [
        *(
            "0",
            "01632 ",
            "a",
            "a.a@",
            "@",
            "AB12 ",
            "Kevin ",
            "Kevin Smith ",
            "drug ",
            "(",
            "-",
            " ",
        ),
        *(
            "12 Ab ",
            "HU1 3UB ",
            ".",
            "\n",
            "\0",
            "’",
            "Ⅷ",
            "é",
            "\u0661",
            "born 1/1/",
            "Mrs ",
            "9434765919",
        ),
    ]
)


SAID = [
    "robbed",
    "Stealing",
    "DRUGS",
    "loan shark",
    "dementia",
    "self-harm",
    "\u017ftolen",
    "\u212anife",
    "h\u0131v",
    "D\u0130ALYSIS",
    "\u0345drug",
]


@given(st.lists(st.one_of(st.sampled_from(SAID), st.text(max_size=9)), max_size=9))
@settings(max_examples=60, deadline=None)
def test_no_word_about_crime_or_health_escapes_the_quick_look_that_goes_first(
    parts: list[str],
) -> None:
    text = " ".join(parts)
    assert words.has_any(text) == any(about.search(text) for about in words.ABOUT.values())


@given(st.lists(FRAGMENTS, max_size=60), st.integers(1, 300))
@settings(max_examples=25, deadline=None)
def test_hostile_text_is_looked_over_and_finds_lie_in_it_in_order(
    parts: list[str], times: int
) -> None:
    text = "".join(parts) * times
    found = look(text)
    assert len(found) <= finds.MOST
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= after.start for one, after in pairwise(found))
