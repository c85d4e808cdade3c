"""No column of text is forgotten when somebody asks what is held of them."""

from sqlalchemy import JSON, String

from assetmap.db import Model
from assetmap.register.subject_places import NEVER, SEARCHED


def columns_of_text() -> set[str]:
    return {
        f"{table.name}.{column.name}"
        for table in Model.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String | JSON)
    }


def test_every_column_of_text_is_searched_or_says_why_it_never_names_anybody() -> None:
    """A new column fails here: add it to SEARCHED or NEVER in register/subject_places.py."""
    searched = [f"{place.table_name}.{name}" for place in SEARCHED for name in place.columns]
    assert len(searched) == len(set(searched))
    assert columns_of_text() - set(searched) - set(NEVER) == set()
    assert (set(searched) | set(NEVER)) - columns_of_text() == set()
    assert set(searched) & set(NEVER) == set()
    assert all(reason for reason in NEVER.values())
