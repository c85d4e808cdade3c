"""Tables of an event and what is noted at them."""

import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import db
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, SignInFirst
from assetmap.models import Engagement
from assetmap.register import actions, merging, notes, running, tables
from assetmap.schemas.actions import ActionDraft
from assetmap.schemas.running import PartDraft
from assetmap.schemas.tables import MOST_SEATS, MOST_TABLES, Layout, NoteDraft, TableDraft
from tests.make import commit, make_entry, make_team, make_user, viewer_for


@pytest.fixture
def event(session: Session) -> Engagement:
    made = make_entry(session, "engagement", make_team(session), capacity=60)
    assert isinstance(made, Engagement)
    return made


def note(session: Session, event: Engagement, text: str, **more: Any) -> Any:
    made, _ = notes.put(session, event, uuid.uuid4(), NoteDraft(text=text, **more), viewer=OPERATOR)
    return made


@given(people=st.integers(1, MOST_TABLES * 9), most=st.integers(2, MOST_SEATS))
def test_everybody_has_a_seat_at_the_fewest_tables_and_none_is_much_fuller(
    people: int, most: int
) -> None:
    sizes = tables.seats_for(people, most)
    assert sum(sizes) == people
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    assert (len(sizes) - 1) * most < people


def test_tables_are_laid_out_once_and_no_more_people_than_there_are_places(
    session: Session, event: Engagement
) -> None:
    with pytest.raises(Invalid) as refused:
        tables.lay_out(session, event, Layout(people=61), viewer=OPERATOR)
    assert refused.value.problems == {
        "people": "The event has 60 places. Seat fewer, or give it more first."
    }
    for _ in range(2):
        made = tables.lay_out(session, event, Layout(people=50, seats=9), viewer=OPERATOR)
        assert [one.seats for one in made] == [9, 9, 8, 8, 8, 8]
    with pytest.raises(Conflict):
        tables.lay_out(session, event, Layout(people=40), viewer=OPERATOR)
    tables.clear(session, event, viewer=OPERATOR)
    assert len(tables.lay_out(session, event, Layout(people=40), viewer=OPERATOR)) == 5


def test_a_table_is_changed_by_one_at_a_time_and_never_past_the_places(
    session: Session, event: Engagement
) -> None:
    tables.lay_out(session, event, Layout(people=54, seats=9), viewer=OPERATOR)
    draft = TableDraft(seats=9, theme="Lighting", facilitator="Youth worker")
    made = tables.put(session, event, 2, draft, viewer=OPERATOR, base_version=1)
    assert (made.theme, made.version) == ("Lighting", 2)
    other = TableDraft(seats=9, theme="Bins")
    with pytest.raises(Conflict):
        tables.put(session, event, 2, other, viewer=OPERATOR, base_version=1)
    with pytest.raises(Invalid) as refused:
        tables.put(session, event, 7, TableDraft(seats=7), viewer=OPERATOR)
    assert "The event has 60 places, of which 6 are left." in refused.value.problems["seats"]
    assert tables.put(session, event, 7, TableDraft(seats=6), viewer=OPERATOR).number == 7
    with pytest.raises(NotFound):
        tables.put(session, event, 9, TableDraft(seats=1), viewer=OPERATOR)


@pytest.mark.parametrize("taken_by", ["Youth worker", "youth WORKER"])
def test_nobody_leads_a_table_and_takes_its_notes(taken_by: str) -> None:
    with pytest.raises(ValueError, match="note_taker"):
        TableDraft(facilitator="Youth worker", note_taker=taken_by)


def test_what_is_at_the_tables_is_for_the_team_alone(session: Session, event: Engagement) -> None:
    other = make_team(session, "Others")
    them = viewer_for(make_user(session, other), other)
    for read in (tables.of, notes.of):
        with pytest.raises(SignInFirst):
            read(session, event, viewer=PUBLIC)
        with pytest.raises(NotAllowed):
            read(session, event, viewer=them)


def test_a_logger_takes_notes_and_a_reader_does_not(session: Session) -> None:
    team = make_team(session)
    event = make_entry(session, "engagement", team)
    assert isinstance(event, Engagement)
    draft, them = NoteDraft(text="It is dark"), make_user(session, team, "logger")
    logger, reader = (viewer_for(them, team, role) for role in ("logger", "viewer"))
    assert notes.put(session, event, uuid.uuid4(), draft, viewer=logger)[1]
    with pytest.raises(NotAllowed):
        notes.put(session, event, uuid.uuid4(), draft, viewer=reader)


def test_a_note_sent_twice_is_one_and_an_old_form_overwrites_nothing(
    session: Session, event: Engagement
) -> None:
    uid, draft = uuid.uuid4(), NoteDraft(text="It is dark", table=3)
    first = [notes.put(session, event, uid, draft, viewer=OPERATOR)[1] for _ in range(2)]
    assert first == [True, False]
    darker = draft.model_copy(update={"text": "It is very dark"})
    notes.put(session, event, uid, darker, viewer=OPERATOR, base_version=1)
    with pytest.raises(Conflict):
        notes.put(session, event, uid, draft, viewer=OPERATOR, base_version=1)
    notes.remove(session, event, uid, viewer=OPERATOR)
    assert notes.of(session, event, viewer=OPERATOR) == []
    notes.put_back(session, event, uid, viewer=OPERATOR)
    assert [one.text for one in notes.of(session, event, viewer=OPERATOR)] == ["It is very dark"]


def test_two_note_takers_at_one_table_lose_nothing_of_each_others(
    app: Flask, session: Session, event: Engagement
) -> None:
    key = event.id
    commit()

    def write(words: str) -> None:
        with app.app_context():
            for n in range(5):
                spatial.writing(db.session)  # as a request that writes begins
                here = db.session.get_one(Engagement, key)
                draft = NoteDraft(text=f"{words} {n}", table=1)
                notes.put(db.session, here, uuid.uuid4(), draft, viewer=OPERATOR)
                db.session.commit()

    threads = [threading.Thread(target=write, args=(words,)) for words in ("One", "Other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.expire_all()
    found = notes.of(session, session.get_one(Engagement, key), viewer=OPERATOR, table=1)
    wanted = [f"{words} {n}" for words in ("One", "Other") for n in range(5)]
    assert sorted(one.text for one in found) == wanted


def test_ideas_come_with_the_most_votes_first_and_then_by_their_marks(
    session: Session, event: Engagement
) -> None:
    note(session, event, "Few", votes=2)
    note(session, event, "Many, easy", votes=9, realistic=5, difference=4)
    note(session, event, "Many, hard", votes=9, realistic=1, difference=4)
    note(session, event, "A worry", kind="concern")
    found = notes.of(session, event, viewer=OPERATOR, kind="idea")
    assert [one.text for one in found] == ["Many, easy", "Many, hard", "Few"]


def test_only_an_idea_is_weighed() -> None:
    for weighed in ({"votes": 1}, {"chosen": True}, {"realistic": 3}, {"difference": 3}):
        with pytest.raises(ValueError, match="Only an idea"):
            NoteDraft.model_validate({"text": "A worry", "kind": "concern"} | weighed)


def test_a_note_names_a_part_of_its_own_event_and_nobody(
    session: Session, event: Engagement
) -> None:
    part = running.put(
        session, event, uuid.uuid4(), PartDraft(title="Ideas", minutes=9), viewer=OPERATOR
    )
    assert note(session, event, "It is dark", part=part.uid).part is part
    with pytest.raises(Invalid) as refused:
        note(session, event, "It is dark", part=uuid.uuid4())
    assert list(refused.value.problems) == ["part"]
    with pytest.raises(Invalid) as refused:
        note(session, event, "Ring 07700 900123")
    assert list(refused.value.problems) == ["text"]


def test_words_that_seem_to_be_about_somebody_are_noted_once_they_have_been_looked_at(
    session: Session, event: Engagement
) -> None:
    words = "Ring 07700 900123"
    kept = note(session, event, words, words_checked=True)
    assert (kept.text, "words_checked" in notes.as_said(kept)) == (words, False)
    draft = NoteDraft(text=words, kind="concern")  # the same words are not asked about again
    changed, _ = notes.put(session, event, kept.uid, draft, viewer=OPERATOR, base_version=1)
    assert changed.kind == "concern"


def test_an_idea_that_is_taken_on_says_which_point_it_became(
    session: Session, event: Engagement
) -> None:
    idea = note(session, event, "Lamps", chosen=True)
    draft = ActionDraft(you_said="Lamps")
    action, _ = actions.put(session, event, uuid.uuid4(), draft, viewer=OPERATOR)
    notes.became(session, event, idea.uid, action, viewer=OPERATOR)
    found = notes.of(session, event, viewer=OPERATOR, kind="idea")
    assert [one.action for one in found] == [action]


def test_what_lies_beside_an_event_goes_along_when_it_is_folded_into_another_and_comes_back(
    session: Session, event: Engagement
) -> None:
    keep = make_entry(session, "engagement", make_team(session, "Others"))
    assert isinstance(keep, Engagement)
    tables.lay_out(session, event, Layout(people=18), viewer=OPERATOR)
    running.begin(session, event, [PartDraft(title="Ideas", minutes=9)], viewer=OPERATOR)
    note(session, event, "Lamps")
    note(session, keep, "Bins")
    merged = merging.merge(session, keep, event, viewer=OPERATOR)
    session.flush()
    assert len(tables.of(session, keep, viewer=OPERATOR)) == 2
    assert len(running.of(session, keep, viewer=OPERATOR)) == 1
    assert {one.text for one in notes.of(session, keep, viewer=OPERATOR)} == {"Lamps", "Bins"}
    merging.undo(session, merged.uid, viewer=OPERATOR)
    assert tables.of(session, keep, viewer=OPERATOR) == []
    assert [one.text for one in notes.of(session, keep, viewer=OPERATOR)] == ["Bins"]
    assert len(running.of(session, event, viewer=OPERATOR)) == 1


def test_an_event_with_tables_and_parts_of_its_own_keeps_those(
    session: Session, event: Engagement
) -> None:
    keep = make_entry(session, "engagement", make_team(session, "Others"))
    assert isinstance(keep, Engagement)
    for one, title in ((event, "Theirs"), (keep, "Ours")):
        tables.lay_out(session, one, Layout(people=9), viewer=OPERATOR)
        running.begin(session, one, [PartDraft(title=title, minutes=9)], viewer=OPERATOR)
    merging.merge(session, keep, event, viewer=OPERATOR)
    session.flush()
    assert len(tables.of(session, keep, viewer=OPERATOR)) == 1
    assert [one.title for one in running.of(session, keep, viewer=OPERATOR)] == ["Ours"]


def test_what_was_noted_at_a_restricted_event_opens_to_nobody_by_folding_it_into_another(
    session: Session, event: Engagement
) -> None:
    keep = make_entry(session, "engagement", make_team(session, "Others"))
    assert isinstance(keep, Engagement)
    note(session, event, "Lamps")
    event.visibility = "restricted"
    merging.merge(session, keep, event, viewer=OPERATOR)
    session.flush()
    assert notes.of(session, keep, viewer=OPERATOR) == []
