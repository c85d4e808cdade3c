"""Quotas as a file, in the shape that published tools for drawing panels use."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetmap.errors import Invalid
from assetmap.register import quota_files, reach
from assetmap.schemas.invite_panels import QuotaDraft

SECTIONS = sorted((kind.dimension, kind.code) for some in reach.kinds().values() for kind in some)
PUBLISHED = b"""feature,value,min,max,min_flex,max_flex
Sex,Women and girls,19,21,15,25
sex,male,19,21,15,25
Age,People of 65 or over,6,9,,
"""


@st.composite
def wishes(draw: st.DrawFn) -> tuple[int, list[QuotaDraft]]:
    seats = draw(st.integers(1, 500))
    sections = draw(st.lists(st.sampled_from(SECTIONS), min_size=1, unique=True))
    made = []
    for dimension, code in sections:
        least = draw(st.integers(0, seats))
        most = draw(st.integers(least, seats))
        made.append(QuotaDraft(dimension=dimension, code=code, least=least, most=most))
    return seats, made


def key(one: QuotaDraft) -> tuple[str, str]:
    return one.dimension, one.code


@settings(max_examples=60, deadline=None)
@given(wishes())
def test_quotas_that_are_written_and_read_again_are_the_same(
    wish: tuple[int, list[QuotaDraft]],
) -> None:
    seats, quotas = wish
    content = b"".join(quota_files.write(quotas, seats))
    for known in (seats, None):
        found = quota_files.read(content, "quotas.csv", seats=known)
        assert sorted(found.quotas, key=key) == sorted(quotas, key=key)
        assert found.seats == seats


def test_a_published_file_of_features_and_values_is_read_with_what_is_left_aside() -> None:
    found = quota_files.read(PUBLISHED, "categories.csv", seats=40)
    said = [(one.dimension, one.code, one.least, one.most) for one in found.quotas]
    assert said == [("sex", "female", 19, 21), ("sex", "male", 19, 21), ("age", "65", 6, 9)]
    assert found.notes == [quota_files.NOT_USED]
    older = PUBLISHED.replace(b"feature,value", b"category,name").replace(b",", b";")
    assert quota_files.read(older, "categories.csv", seats=40).quotas == found.quotas
    (said_of,) = quota_files.read(PUBLISHED, "a.csv", seats=30).notes[1:]
    assert said_of.startswith("Sex: the smallest numbers add up to 38 of 30 seats, 127%.")
    (said_of,) = quota_files.read(PUBLISHED, "a.csv", seats=50).notes[1:]
    assert said_of.startswith("Sex: the largest numbers add up to 42, and there are 50 seats")


def test_every_fault_of_a_quota_file_is_named_with_its_row_and_column() -> None:
    wrong = (
        "feature,value,min,max\n"
        "Hair,Red,1,2\n"
        "Age,Middling,1,2\n"
        "Sex,female,5,3\n"
        "Sex,male,some,3\n"
        "Disability,disabled,9,9\n"
        "Religion,sikh,1,\n"
        "Religion,none,1,2\n"
        "Religion,No religion,1,2\n"
    )
    with pytest.raises(Invalid) as refused:
        quota_files.read(wrong.encode(), "wrong.csv", seats=6)
    said = refused.value.problems["file"]
    for part in (
        "Row 2, column feature: there is no “Hair”. There are: Age, Sex,",
        "Row 3, column value: Age has no “Middling”. It has: Children up to 15;",
        "Row 4, column min: 5 is more than the max, 3.",
        "Row 5, column min: “some” is not a whole number",
        "Row 6, column min: 9 are wanted, and there are 6 seats.",
        "Row 7, column max: give a whole number",
        "Row 9, column value: it stands in row 8 already.",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("feature,value\nSex,male\n", "no column “min” and “max”"),
        ("feature,value,min,max\n", "has no rows"),
        ("feature,value,min,max\nSex: Men and boys,no,1,2\n", "no row with yes"),
        ("feature,value,min,max\nSex: Men and boys,maybe,1,2\n", "neither yes nor no"),
        (
            "feature,value,min,max\nSex: Men and boys,yes,1,2\nSex: Men and boys,no,4,4\n",
            "no number of seats",
        ),
        (
            "feature,value,min,max\nSex: Men and boys,yes,1,2\nSex: Men and boys,no,4,5\n",
            "of 6 seats, and 7 are asked for",
        ),
        ("feature,value,min,max\n" + "Sex,male,1,2\n" * 201, "more than 200 rows"),
        ("x" * 1_000_001, "the most that can be read is 1 MB"),
        ('{"a": 1}', "file"),
    ],
    ids=["empty", "columns", "rows", "no", "maybe", "apart", "seats", "many", "large", "json"],
)
def test_a_file_that_holds_no_quotas_is_refused_with_a_reason(content: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        quota_files.read(content.encode(), "quotas.csv", seats=7)
    assert said in str(refused.value)
