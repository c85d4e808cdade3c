"""Proposals: made without rights, answered with them, and telling nobody what is hidden."""

import uuid
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap import access
from assetmap.access import OPERATOR, PUBLIC, Viewer
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from assetmap.models import AuditEntry, Entry, History, Letter, Proposal, Team
from assetmap.register import (
    entries,
    merging,
    proposal_answers,
    proposal_reading,
    proposal_undoing,
    proposals,
    snapshots,
    stories,
)
from assetmap.schemas.proposals import About, ProposalFilter, Suggestion
from assetmap.vocabulary import Kind, Role
from tests.make import commit, make_entry, make_team, make_user, viewer_for

NEVER_SAID = "stranger@example.org"


def suggest(
    session: Session,
    entry: Entry,
    *,
    viewer: Viewer = PUBLIC,
    about: str = "details",
    note: str = "",
    reply_to: str = "",
    uid: uuid.UUID | None = None,
    base_version: int | None = None,
    **changes: Any,
) -> Proposal:
    shown = proposals.shown(session, entry.uid, Kind(entry.kind), viewer=viewer)
    draft = snapshots.draft_of(entry.kind, shown.taken | changes)
    made, _ = proposals.propose(
        session,
        shown,
        draft,
        Suggestion(about=About(about), note=note, reply_to=reply_to),
        viewer=viewer,
        uid=uid or uuid7(),
        base_version=base_version or entry.version,
    )
    return made


@pytest.fixture
def editor(session: Session) -> Viewer:
    team = make_team(session)
    return viewer_for(make_user(session, team), team)


def a_colleague(session: Session) -> int:
    return make_user(session, make_team(session, "Also ours"), "editor", "other@example.org").id


def a_hall(session: Session, editor: Viewer, **fields: Any) -> Entry:
    team = session.get_one(Team, next(iter(editor.roles)))
    return make_entry(session, "asset", team, **{"title": "Riverside hall"} | fields)


def test_a_stranger_s_correction_waits_and_is_accepted_with_its_reference_in_the_history(
    session: Session, editor: Viewer
) -> None:
    hall = a_hall(session, editor, phone="01632 960 001")
    made = suggest(session, hall, phone="01632 960 999", title="River hall", reply_to=NEVER_SAID)
    assert hall.title == "Riverside hall"
    assert stories.tell(session, hall.uid, Kind.ASSET, viewer=editor).beside == (
        proposal_reading.Beside(1, 1)
    )
    proposal_answers.accept(session, made.uid, {"phone"}, viewer=editor, version=1)
    letter = session.scalars(select(Letter)).one()
    assert (letter.email, "“Riverside hall”" in letter.text) == (NEVER_SAID, True)
    assert (made.state, made.accepted, made.reply_to, made.digest) == (
        "partly",
        ["phone"],
        None,
        None,
    )
    session.refresh(hall)
    assert (hall.title, hall.phone, hall.version) == ("Riverside hall", "01632 960 999", 2)  # type: ignore[attr-defined]
    assert session.scalars(select(History.why).where(History.version == 2)).one() == (
        f"Suggestion {made.ref}"
    )
    again = proposal_answers.accept(session, made.uid, {"phone"}, viewer=editor, version=1)
    assert (again.is_new, hall.version) == (False, 2)
    commit()
    kept = session.scalars(select(AuditEntry).where(AuditEntry.entity == "proposal"))
    assert {(row.action, *row.fields) for row in kept} == {
        ("proposed", "phone", "title"),
        ("proposal_accepted", "phone"),
    }


def test_whoever_suggested_much_is_told_what_of_it_was_accepted(
    session: Session, editor: Viewer
) -> None:
    hall = a_hall(session, editor)
    changed: dict[str, Any] = {
        "title": "River hall",
        "phone": "01632 960 999",
        "opening_hours": "Mo 10:00-12:00",
    }
    made = suggest(session, hall, reply_to=NEVER_SAID, **changed)
    proposal_answers.accept(session, made.uid, {"title", "opening_hours"}, viewer=editor)
    letter = session.scalars(select(Letter)).one()
    assert "the register says so now: opening hours, the name." in letter.text


def test_the_same_proposal_sent_twice_is_kept_once(session: Session, editor: Viewer) -> None:
    hall, uid = a_hall(session, editor), uuid7()
    first = suggest(session, hall, note="The door sticks", uid=uid)
    assert suggest(session, hall, note="The door sticks", uid=uid) is first
    assert suggest(session, hall, note="The door sticks") is first
    other = suggest(session, hall, note="It is green now", uid=uid)  # after going back
    assert other.uid not in (uid, first.uid)
    proposal_answers.refuse(session, first.uid, "It does not", viewer=editor)
    assert suggest(session, hall, note="The door sticks", uid=uid) is first
    assert suggest(session, hall, note="The door sticks").is_open


def test_of_two_editors_who_answer_at_once_the_second_is_told(
    session: Session, editor: Viewer
) -> None:
    hall = a_hall(session, editor)
    made = suggest(session, hall, title="River hall")
    proposal_answers.refuse(session, made.uid, "It is called so", viewer=editor)
    other = Viewer("Other", a_colleague(session), editor.roles, bodies=editor.bodies)
    with pytest.raises(Conflict, match="answered this already"):
        proposal_answers.accept(session, made.uid, {"title"}, viewer=other)
    with pytest.raises(Conflict):
        proposal_answers.accept(session, made.uid, {"title"}, viewer=editor)
    assert proposal_answers.refuse(session, made.uid, "Twice", viewer=editor).is_new is False
    assert (made.answer, hall.title) == ("It is called so", "Riverside hall")


def test_a_proposal_from_an_old_version_shows_both_and_keeps_what_others_changed(
    session: Session, editor: Viewer
) -> None:
    hall = a_hall(session, editor, description="Old")
    made = suggest(session, hall, title="River hall", description="Better", base_version=1)
    draft = snapshots.draft_of("asset", snapshots.of(session, hall) | {"description": "Newer"})
    entries.change(session, hall, draft, viewer=editor, base_version=1)
    title, description = sorted(
        proposal_answers.differences(session, made, hall), key=lambda one: one.name, reverse=True
    )
    assert (title.has_changed, description.has_changed) == (False, True)
    assert (description.then, description.now, description.proposed) == ("Old", "Newer", "Better")
    with pytest.raises(Conflict) as clash:  # accepted from a page that showed the old version
        proposal_answers.accept(
            session, made.uid, {"title", "description"}, viewer=editor, version=1
        )
    assert clash.value.fields == {"description": ("Newer", "Better")}
    session.expire(made)
    proposal_answers.accept(session, made.uid, {"title"}, viewer=editor, version=1)
    assert (hall.title, hall.description) == ("River hall", "Newer")


def test_nobody_learns_of_a_hidden_entry_through_proposals(
    session: Session, editor: Viewer
) -> None:
    hall = a_hall(session, editor)
    stranger = make_user(session, make_team(session, "Far"), "editor", "far@example.org")
    theirs = Viewer("Far", stranger.id, {999: frozenset({Role.EDITOR})})
    made = suggest(session, hall, viewer=theirs, title="River hall")
    someone = suggest(session, hall, note="Another")
    draft = snapshots.draft_of("asset", snapshots.of(session, hall) | {"visibility": "restricted"})
    entries.change(session, hall, draft, viewer=editor, base_version=1)
    for viewer in (theirs, PUBLIC):
        with pytest.raises(NotFound):
            proposals.shown(session, hall.uid, Kind.ASSET, viewer=viewer)
    with pytest.raises(NotFound):
        proposal_reading.find(session, someone.uid, viewer=theirs)
    with pytest.raises(NotAllowed):
        proposal_answers.accept(session, made.uid, {"title"}, viewer=theirs)
    found = proposal_reading.find(session, made.uid, viewer=theirs)
    assert (found.entry, found.is_mine, found.may_answer) == (None, True, False)
    listing = proposal_reading.listed(session, ProposalFilter(state="all"), viewer=theirs)
    assert (listing.found, listing.counts) == ([], {})
    assert proposal_reading.waiting(session, viewer=theirs) == 0
    assert proposal_reading.waiting(session, viewer=editor) == 2


def test_what_somebody_may_not_read_they_are_neither_shown_nor_may_propose(
    session: Session, editor: Viewer
) -> None:
    home = a_hall(
        session,
        editor,
        precision="lsoa",
        address="1 Mill Lane",
        postcode="HU1 3UB",
        phone="01632 960 001",
        contact_visibility="team",
    )
    shown = proposals.shown(session, home.uid, Kind.ASSET, viewer=PUBLIC)
    assert not {"geometry", "address", "postcode", "phone", "email"} & set(shown.fields)
    with pytest.raises(Invalid):  # the same answer whether or not it guesses right
        suggest(session, home, phone="01632 960 001")
    with pytest.raises(Invalid):
        suggest(session, home, phone="01632 960 002", address="2 Mill Lane")
    assert "phone" in proposals.shown(session, home.uid, Kind.ASSET, viewer=editor).fields


def test_what_is_withdrawn_or_merged_overtakes_its_proposals(
    session: Session, editor: Viewer
) -> None:
    one, two, three = (a_hall(session, editor, title=f"Hall {n}") for n in "abc")
    made = [suggest(session, hall, note="Shut", reply_to=NEVER_SAID) for hall in (one, two, three)]
    entries.withdraw(session, one, viewer=editor, why="Gone")
    merging.merge(session, three, two, viewer=OPERATOR)
    session.expire_all()
    assert [one.state for one in made] == ["overtaken", "overtaken", "open"]
    assert [one.reply_to for one in made] == [None, None, NEVER_SAID]
    told = session.scalars(select(Letter)).all()
    assert [letter.email for letter in told] == [NEVER_SAID] * 2
    assert "put together with another entry" in told[0].text
    assert "Hall" not in told[0].text
    with pytest.raises(Conflict):
        proposal_answers.accept(session, made[0].uid, set(), viewer=editor)


def test_closed_and_new_go_the_register_s_one_way(session: Session, editor: Viewer) -> None:
    hall = a_hall(session, editor)
    made = suggest(session, hall, about="closed")
    assert made.changes == {"status": "closed"}
    proposal_answers.accept(session, made.uid, {"status"}, viewer=editor, version=1)
    assert hall.status == "closed"
    draft = snapshots.draft_of("asset", {"title": "Tool library", "category": "pla_hall"})
    said = Suggestion(about=About.NEW)
    new, _ = proposals.propose_new(session, draft, said, viewer=PUBLIC, uid=uuid7())
    limited = Viewer("Logger", editor.user_id, {1: frozenset({Role.LOGGER})})
    with pytest.raises(NotFound):
        proposal_reading.find(session, new.uid, viewer=limited)
    logged = proposal_answers.accept(session, new.uid, set(), viewer=editor).entry
    assert logged is not None
    assert (logged.title, logged.team_id) == ("Tool library", hall.team_id)


def test_strangers_cannot_fill_the_inbox(
    session: Session, editor: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "MOST_HERE", 2)
    hall = a_hall(session, editor)
    for n in range(2):
        suggest(session, hall, note=f"Note {n}")
    with pytest.raises(TooMany):
        suggest(session, hall, note="One more")
    assert session.scalar(select(func.count(Proposal.id))) == 2


def test_the_list_and_the_check_agree_on_who_may_change_what(session: Session) -> None:
    team, other = make_team(session), make_team(session, "Other")
    people = {role: make_user(session, team, role, f"{role}@example.org") for role in Role}
    for n, kind in enumerate(("asset", "finding", "engagement", "hotspot", "walkabout")):
        for visibility in ("public", "restricted"):
            entry = make_entry(session, kind, team, visibility=visibility)
            entry.created_by_id = people[(*Role, *Role)[n]].id
            make_entry(session, kind, other, visibility=visibility)
    session.flush()
    for role, person in people.items():
        viewer = viewer_for(person, team, role)
        seen = session.scalars(select(Entry).where(access.may_see(viewer))).all()
        listed = session.scalars(select(Entry.id).where(access.changeable(viewer))).all()
        assert set(listed) == {one.id for one in seen if access.may_change(viewer, one)}, role


def test_what_was_accepted_is_taken_back_unless_somebody_has_changed_it_again(
    session: Session, editor: Viewer
) -> None:
    hall = a_hall(session, editor, description="Old")
    made = suggest(session, hall, about="closed", title="River hall")
    with pytest.raises(Conflict):
        proposal_undoing.undo(session, made.uid, viewer=editor)
    both = {"title", "status"}
    proposal_answers.accept(session, made.uid, both, viewer=editor, version=1)
    session.expire_all()
    draft = snapshots.draft_of("asset", snapshots.of(session, hall) | {"description": "New"})
    entries.change(session, hall, draft, viewer=editor, base_version=hall.version)
    proposal_undoing.undo(session, made.uid, viewer=editor)
    assert (hall.title, hall.status, hall.description) == ("Riverside hall", "active", "New")
    assert (made.state, made.accepted) == ("refused", [])
    with pytest.raises(Conflict):
        proposal_undoing.undo(session, made.uid, viewer=editor)
    again = suggest(session, hall, title="River hall")
    proposal_answers.accept(session, again.uid, {"title"}, viewer=editor)
    draft = snapshots.draft_of("asset", snapshots.of(session, hall) | {"title": "The hall"})
    entries.change(session, hall, draft, viewer=editor, base_version=hall.version)
    with pytest.raises(Conflict) as clash:
        proposal_undoing.undo(session, again.uid, viewer=editor)
    assert clash.value.fields == {"title": ("The hall", "Riverside hall")}


def test_the_inbox_is_narrowed_sorted_counted_and_paged(
    session: Session, editor: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposal_reading, "A_PAGE", 2)
    hall = a_hall(session, editor)
    made = [suggest(session, hall, note=f"Note {n}") for n in range(3)]
    made.append(suggest(session, hall, about="closed", viewer=editor))
    proposal_answers.refuse(session, made[0].uid, "No", viewer=editor)

    def listed(**wanted: Any) -> tuple[list[int], int | None]:
        listing = proposal_reading.listed(session, ProposalFilter(**wanted), viewer=editor)
        assert listing.counts == {"open": 3, "refused": 1}
        return [made.index(one.proposal) for one in listing.found], listing.next_after

    first, after = listed()
    assert (first, listed(after=after)) == ([3, 2], ([1], None))
    first, after = listed(sort="oldest", state="all")
    assert (first, listed(sort="oldest", state="all", after=after)[0]) == ([0, 1], [2, 3])
    assert listed(state="answered")[0] == [0]
    assert listed(about="closed")[0] == listed(maker="known")[0] == [3]
    assert listed(maker="public")[0] == [2, 1]
    assert listed(maker="owner")[0] == []
