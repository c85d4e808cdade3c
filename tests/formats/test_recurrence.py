"""Recurrence rules in plain English, and nonsense refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetmap.errors import Invalid
from assetmap.formats import recurrence
from assetmap.formats.tables import sniff
from tests.real_data import real


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "Every day"),
        ("FREQ=DAILY;INTERVAL=3", "Every 3 days"),
        ("FREQ=WEEKLY", "Every week"),
        ("FREQ=WEEKLY;BYDAY=TU", "Every Tuesday"),
        ("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=TH,TU", "Every Tuesday and Thursday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "Every 2 weeks on Tuesday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every weekday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "Every day"),
        ("FREQ=WEEKLY;BYDAY=TU;BYHOUR=9;BYMINUTE=5", "Every Tuesday at 9:05"),
        ("FREQ=WEEKLY;BYDAY=TU;BYMONTH=7,8", "Every Tuesday in July and August"),
        ("FREQ=MONTHLY;BYDAY=1MO", "First Monday of the month"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1", "First Monday of the month"),
        ("FREQ=MONTHLY;BYDAY=2WE,4WE", "Second Wednesday and fourth Wednesday of the month"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "Last weekday of the month"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR", "Every 2 months on the last Friday"),
        ("FREQ=MONTHLY;BYMONTHDAY=22", "The 22nd of the month"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "The last day of the month"),
        ("FREQ=YEARLY", "Every year"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25", "Every year on the 25th of December"),
        ("FREQ=WEEKLY;BYDAY=SA;UNTIL=20260503T000000Z", "Every Saturday, until 3 May 2026"),
        ("freq=weekly;byday=sa;count=6", "Every Saturday, 6 times"),
    ],
)
def test_a_rule_is_said_in_plain_english(rule: str, words: str) -> None:
    assert recurrence.describe(rule) == words
    assert recurrence.describe(recurrence.check(rule)) == words


def test_a_rule_is_kept_in_one_spelling() -> None:
    assert recurrence.check(" rrule:byday=tu;freq=weekly; ") == "FREQ=WEEKLY;BYDAY=TU"


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "every Tuesday",
        "BYDAY=TU",
        "FREQ=SECONDLY",
        "FREQ=WEEKLY;BYDAY=XY",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=100",
        "FREQ=WEEKLY;COUNT=2000",
        "FREQ=WEEKLY;COUNT=2;UNTIL=20260101",
        "FREQ=WEEKLY;UNTIL=20261399",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;X=1",
        "FREQ=WEEKLY\nDTSTART:20240101",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;BYDAY=MO;BYSETPOS=-2",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2",
        "FREQ=MONTHLY;BYDAY=5TU;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 100),
        "FREQ=WEEKLY;INTERVAL=٢",
    ],
)
def test_nonsense_is_refused_about_the_pattern(rule: str) -> None:
    with pytest.raises(Invalid) as raised:
        recurrence.check(rule)
    assert list(raised.value.problems) == ["pattern"]


def test_published_rules_are_understood() -> None:
    table = sniff(real("places/mobile_libraries/east_riding_of_yorkshire.csv"), "x.csv")
    said = {recurrence.describe(recurrence.check(row.values["frequency"])) for row in table.rows()}
    assert said <= {"Every week", "Every 2 weeks", "Every 3 weeks", "Every 4 weeks"}


parts = st.sampled_from(
    [
        *("BYDAY=MO", "BYDAY=1MO,-1FR", "BYDAY=MO,TU,WE,TH,FR", "BYMONTHDAY=31", "BYMONTH=2,4"),
        *("INTERVAL=7", "COUNT=3", "UNTIL=20300101", "BYSETPOS=-2", "BYHOUR=23", "WKST=SU"),
    ]
)
frequencies = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])


@given(frequencies, st.lists(parts, unique_by=lambda part: part.partition("=")[0], max_size=5))
def test_any_rule_is_described_or_refused(frequency: str, chosen: list[str]) -> None:
    try:
        tidy = recurrence.check(";".join([f"FREQ={frequency}", *chosen]))
    except Invalid:
        return
    assert recurrence.describe(tidy)
