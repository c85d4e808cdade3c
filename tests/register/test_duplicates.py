"""Finding what is on the register already, where a great deal is."""

from sqlalchemy.orm import Session

from assetmap.access import PUBLIC
from assetmap.register import duplicates
from assetmap.register.bulk import BulkEntry, insert_entries
from assetmap.schemas.entries import AssetDraft
from assetmap.vocabulary import Kind
from tests.make import draft_fields, make_entry, make_team, point


def test_the_same_is_found_among_hundreds_that_are_shown_at_one_point(session: Session) -> None:
    team = make_team(session)
    fields = draft_fields(session, Kind.ASSET)
    titles = [*(f"Stall {number}" for number in range(260)), "Food bank at St Mary"]
    drafts = [AssetDraft.model_validate(fields | {"title": title}) for title in titles]
    insert_entries(session, [BulkEntry(draft, team.id) for draft in drafts])
    for title in ("Food bank at St Mary", "Food bank at St Marys"):
        draft = AssetDraft.model_validate(fields | {"title": title})
        found = duplicates.likely_same(session, draft, viewer=PUBLIC)
        assert [one.hit.entry.title for one in found] == ["Food bank at St Mary"]


def test_an_e_mail_address_is_the_same_however_its_letters_were_typed(session: Session) -> None:
    team = make_team(session)
    known = make_entry(session, "asset", team, title="Mill Lane Pantry", email="Hi@Pantry.Example")
    assert known.email == "hi@pantry.example"  # type: ignore[attr-defined]
    fields = draft_fields(session, Kind.ASSET, title="Lane Pantry", email="HI@pantry.example")
    draft = AssetDraft.model_validate(fields | {"geometry": point(-1.5, 53.5)})
    (found,) = duplicates.likely_same(session, draft, viewer=PUBLIC)
    assert "same e-mail" in found.likeness.reasons
