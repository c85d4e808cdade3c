"""Cursors that no page of ours has written."""

import base64
import json
from typing import Any

import pytest
from sqlalchemy.orm import Session

from assetmap.access import PUBLIC
from assetmap.errors import BadRequest
from assetmap.register import search
from assetmap.schemas.search import EntrySearch


@pytest.mark.parametrize(
    "keys",
    [
        ("relevance", 2**40, 5),
        ("relevance", 1e300, 5),
        ("relevance", 1, 1e300),
        ("relevance", 1, 2**70),
        ("newest", "2026-01-01", 1e30),
    ],
)
def test_a_number_that_no_column_holds_is_no_place_in_the_results(
    session: Session, keys: tuple[Any, ...]
) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")
    with pytest.raises(BadRequest):
        search.search(session, EntrySearch(sort=keys[0], cursor=cursor), viewer=PUBLIC)
