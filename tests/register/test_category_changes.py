"""Changing the classification: nobody loses a tag, and who did what and why can be seen."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC, Viewer
from assetmap.errors import Conflict, Invalid, NotAllowed, SignInFirst
from assetmap.models import CategoryMapping, Entry, History, Team
from assetmap.register import categories, entries
from assetmap.register.search import search
from assetmap.schemas.categories import NewTerm
from assetmap.schemas.reading import checked
from assetmap.schemas.search import EntrySearch
from tests.make import make_category, make_entry, make_team, make_user, viewer_for
from tests.register.test_entries import draft

HOSTILE = "<script>alert(1)</script>{{7*7}}' OR 1=1;--"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def admin(session: Session, team: Team) -> Viewer:
    return viewer_for(make_user(session, team, "admin"), team, "admin")


def new(**fields: str) -> NewTerm:
    return checked(NewTerm, {"label": "Repair café"} | fields)


def found(session: Session, code: str, viewer: Viewer = OPERATOR) -> list[int]:
    """Keys of what a search by this code finds."""
    wanted = EntrySearch(category=(code,), status=("any",))
    return sorted(hit.entry.id for hit in search(session, wanted, viewer=viewer).hits)


class TestRights:
    @pytest.mark.parametrize("role", ["viewer", "logger", "editor", "organiser", "data_officer"])
    def test_only_an_administrator_changes_terms(
        self, session: Session, team: Team, role: str
    ) -> None:
        hall = make_category(session, "asset", "pla_hall")
        park = make_category(session, "asset", "pla_park")
        grp = make_category(session, "asset", "grp")
        other = viewer_for(make_user(session, team, role), team, role)
        for viewer, error in ((other, NotAllowed), (PUBLIC, SignInFirst)):
            with pytest.raises(error):
                categories.add(session, "asset", new(), viewer=viewer)
            with pytest.raises(error):
                categories.rename(session, hall, label="X", scope_note="", viewer=viewer)
            with pytest.raises(error):
                categories.move(session, hall, grp, viewer=viewer)
            with pytest.raises(error):
                categories.deprecate(session, hall, viewer=viewer)
            with pytest.raises(error):
                categories.restore(session, hall, viewer=viewer)
            with pytest.raises(error):
                categories.merge(session, hall, park, viewer=viewer)
        session.flush()
        assert categories.history(session) == []


class TestAdding:
    def test_a_local_term_gets_a_code_from_its_label(self, session: Session, admin: Viewer) -> None:
        top = make_category(session, "asset", "pla")
        term = categories.add(session, "asset", new(parent="pla"), viewer=admin)
        assert (term.code, term.level, term.parent_id) == ("x_repair_cafe", 2, top.id)
        shed = categories.add(session, "asset", new(code="shed", label="Shed"), viewer=admin)
        assert (shed.code, shed.level, shed.parent_id) == ("x_shed", 1, None)

    def test_a_code_is_never_used_again(self, session: Session, admin: Viewer) -> None:
        make_category(session, "asset", "pla")
        first = categories.add(session, "asset", new(parent="pla"), viewer=admin)
        categories.deprecate(session, first, viewer=admin)
        second = categories.add(session, "asset", new(parent="pla"), viewer=admin)
        assert second.code == "x_repair_cafe_2"
        with pytest.raises(Invalid) as refused:
            categories.add(session, "asset", new(code="x_repair_cafe", label="Z"), viewer=admin)
        assert "code" in refused.value.problems

    @pytest.mark.parametrize("label", [HOSTILE, "食べ物", "é" * 120, "_", "🙂"])
    def test_any_label_makes_a_code_that_spreadsheets_can_use(
        self, session: Session, admin: Viewer, label: str
    ) -> None:
        term = categories.add(session, "asset", new(label=label), viewer=admin)
        session.expire_all()
        assert term.label == label
        assert term.code.startswith("x_")
        assert term.code.replace("_", "a").isalnum()
        assert term.code.isascii()

    def test_two_terms_side_by_side_never_share_a_name(
        self, session: Session, admin: Viewer
    ) -> None:
        make_category(session, "asset", "pla_hall", "Hall")
        with pytest.raises(Invalid) as refused:
            categories.add(session, "asset", new(parent="pla", label="HALL"), viewer=admin)
        assert "label" in refused.value.problems

    def test_the_parent_must_be_a_top_term_in_use(self, session: Session, admin: Viewer) -> None:
        make_category(session, "asset", "pla_hall")
        make_category(session, "offer", "spa")
        for parent in ("pla_hall", "spa", "nowhere"):
            with pytest.raises(Invalid) as refused:
                categories.add(session, "asset", new(parent=parent), viewer=admin)
            assert "parent" in refused.value.problems

    @pytest.mark.parametrize(
        ("field", "value"),
        [("label", " "), ("label", "x" * 121), ("scope_note", "x" * 501), ("code", "No spaces"),
         ("code", "1st"), ("code", "a__b"), ("label", "nul\0"), ("default_visibility", "secret")],
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused_by_field(self, field: str, value: str) -> None:
        with pytest.raises(Invalid) as refused:
            new(**{field: value})
        assert field in refused.value.problems


class TestChanging:
    def test_a_renamed_term_is_found_by_its_new_words(
        self, session: Session, team: Team, admin: Viewer
    ) -> None:
        entry = make_entry(session, "asset", team, title="The Grange")
        hall = categories.find(session, "asset", "pla_hall")
        count = categories.rename(
            session, hall, label="Assembly room", scope_note=HOSTILE, viewer=admin, why="Clearer"
        )
        assert (count, hall.scope_note) == (1, HOSTILE)
        hits = search(session, EntrySearch(text="assembly"), viewer=PUBLIC).hits
        assert [hit.entry.id for hit in hits] == [entry.id]
        (change,) = categories.history(session, hall)
        assert change.changes["label"] == ["Pla Hall", "Assembly room"]
        assert (change.verb, change.why, change.by_id) == ("renamed", "Clearer", admin.user_id)

    def test_renaming_to_the_same_words_keeps_no_history(
        self, session: Session, admin: Viewer
    ) -> None:
        hall = make_category(session, "asset", "pla_hall", "Hall")
        categories.rename(session, hall, label="Hall", scope_note="", viewer=admin)
        assert categories.history(session, hall) == []

    def test_a_moved_term_takes_its_entries_along(
        self, session: Session, team: Team, admin: Viewer
    ) -> None:
        entry = make_entry(session, "asset", team)
        grp = make_category(session, "asset", "grp")
        hall = categories.find(session, "asset", "pla_hall")
        assert found(session, "pla") == [entry.id]
        assert categories.move(session, hall, grp, viewer=admin) == 1
        assert found(session, "pla") == []
        assert found(session, "grp") == [entry.id]
        assert found(session, "pla_hall") == [entry.id]
        assert entry.version == 1

    def test_a_term_moves_only_under_another_top_term_of_its_scheme(
        self, session: Session, admin: Viewer
    ) -> None:
        hall = make_category(session, "asset", "pla_hall")
        top = categories.find(session, "asset", "pla")
        offer = make_category(session, "offer", "spa")
        gone = make_category(session, "asset", "old")
        categories.deprecate(session, gone, viewer=admin)
        for parent in (top, offer, hall, gone):
            with pytest.raises(Invalid):
                categories.move(session, hall, parent, viewer=admin)
        with pytest.raises(Invalid):
            categories.move(session, top, make_category(session, "asset", "grp"), viewer=admin)

    def test_a_deprecated_term_stays_on_what_has_it(
        self, session: Session, team: Team, admin: Viewer
    ) -> None:
        entry = make_entry(session, "asset", team)
        hall = categories.find(session, "asset", "pla_hall")
        categories.deprecate(session, hall, viewer=admin, why="Too vague")
        assert found(session, "pla_hall") == [entry.id]
        with pytest.raises(Invalid):
            make_entry(session, "asset", team)
        categories.restore(session, hall, viewer=admin)
        make_entry(session, "asset", team)
        assert [one.verb for one in categories.history(session, hall)] == ["restored", "deprecated"]

    def test_a_top_term_is_deprecated_after_those_under_it(
        self, session: Session, admin: Viewer
    ) -> None:
        hall = make_category(session, "asset", "pla_hall")
        top = categories.find(session, "asset", "pla")
        with pytest.raises(Conflict):
            categories.deprecate(session, top, viewer=admin)
        categories.deprecate(session, hall, viewer=admin)
        categories.deprecate(session, top, viewer=admin)
        with pytest.raises(Conflict):
            categories.restore(session, hall, viewer=admin)
        with pytest.raises(Conflict):
            categories.deprecate(session, top, viewer=admin)


class TestMerging:
    def test_no_entry_loses_its_tag_and_each_says_why(
        self, session: Session, team: Team, admin: Viewer
    ) -> None:
        kinds = ("asset", "group")
        tagged = [make_entry(session, kind, team, category="pla_hall") for kind in kinds]
        hidden = make_entry(session, "asset", team, visibility="restricted")
        gone = make_entry(session, "asset", team)
        entries.withdraw(session, gone, viewer=OPERATOR, why="Gone")
        room = make_category(session, "asset", "pla_room", "Room")
        hall = categories.find(session, "asset", "pla_hall")
        assert categories.affected(session, hall) == 4
        assert categories.merge(session, hall, room, viewer=admin, why="The same") == 4
        session.expire_all()
        assert {e.category_id for e in session.scalars(select(Entry))} == {room.id}
        ids = sorted(one.id for one in (*tagged, hidden))
        assert found(session, "pla_hall") == found(session, "pla_room") == ids
        last = session.scalars(
            select(History).where(History.entry_id == tagged[0].id, History.version == 2)
        ).one()
        assert last.changes == {"category": ["pla_hall", "pla_room"]}
        assert last.why == "“Pla Hall” was merged into “Room”. The same"
        assert (last.by_id, last.version, tagged[0].version) == (admin.user_id, 2, 2)

    def test_the_old_term_stays_and_points_at_the_new(
        self, session: Session, admin: Viewer
    ) -> None:
        hall = make_category(session, "asset", "pla_hall")
        room = make_category(session, "asset", "pla_room")
        last = make_category(session, "asset", "pla_last")
        categories.merge(session, hall, room, viewer=admin)
        categories.merge(session, room, last, viewer=admin)
        assert (hall.active, hall.replaced_by_id) == (False, room.id)
        assert categories.resolve(session, "asset", ["pla_hall", "pla_room"]) == [last]
        assert [one.verb for one in categories.history(session, room)] == ["merged", "took over"]

    def test_mappings_move_and_none_is_held_twice(self, session: Session, admin: Viewer) -> None:
        hall = make_category(session, "asset", "pla_hall")
        room = make_category(session, "asset", "pla_room")
        for category, value in ((hall, "a=1"), (hall, "b=2"), (room, "b=2")):
            session.add(CategoryMapping(category_id=category.id, vocabulary="osm", value=value))
        session.flush()
        categories.merge(session, hall, room, viewer=admin)
        mapped = categories.mappings(session, "asset")
        assert sorted(one.value for one in mapped[room.id]) == ["a=1", "b=2"]
        assert hall.id not in mapped

    def test_a_top_term_takes_over_what_is_below_the_other(
        self, session: Session, team: Team, admin: Viewer
    ) -> None:
        entry = make_entry(session, "asset", team)
        own = make_entry(session, "asset", team, category="pla")
        grp = make_category(session, "asset", "grp")
        top = categories.find(session, "asset", "pla")
        assert categories.merge(session, top, grp, viewer=admin) == 2
        assert found(session, "grp") == found(session, "pla") == [entry.id, own.id]
        assert (entry.version, own.version) == (1, 2)

    def test_only_terms_alike_are_merged(self, session: Session, admin: Viewer) -> None:
        hall = make_category(session, "asset", "pla_hall")
        gone = make_category(session, "asset", "pla_gone")
        categories.deprecate(session, gone, viewer=admin)
        litter = make_category(session, "finding", "env_litt")
        routed = make_category(session, "finding", "cri_expl", route_only=True)
        for term, into in (
            (hall, hall),
            (hall, gone),
            (hall, litter),
            (hall, categories.find(session, "asset", "pla")),
            (litter, routed),
            (routed, litter),
        ):
            with pytest.raises(Invalid) as refused:
                categories.merge(session, term, into, viewer=admin)
            assert "into" in refused.value.problems
        with pytest.raises(Conflict):
            categories.merge(session, gone, hall, viewer=admin)

    def test_more_entries_than_one_batch_all_go_along(
        self, session: Session, team: Team, admin: Viewer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assetmap.register.retagging.CHUNK", 2)
        made = sorted(make_entry(session, "asset", team).id for _ in range(5))
        hall = categories.find(session, "asset", "pla_hall")
        room = make_category(session, "asset", "pla_room")
        assert categories.merge(session, hall, room, viewer=admin) == 5
        assert found(session, "pla_room") == made
        verbs = select(func.count()).where(History.verb == "recategorised")
        assert session.scalar(verbs) == 5

    def test_a_change_made_from_before_the_merge_keeps_the_new_term(
        self, session: Session, team: Team, admin: Viewer
    ) -> None:
        entry = make_entry(session, "asset", team)
        late = draft(session, "asset", title="Late")
        room = make_category(session, "asset", "pla_room")
        hall = categories.find(session, "asset", "pla_hall")
        categories.merge(session, hall, room, viewer=admin)
        entries.change(session, entry, late, viewer=OPERATOR, base_version=1)
        assert (entry.title, entry.category_id) == ("Late", room.id)

    def test_what_was_merged_can_be_offered_again(self, session: Session, admin: Viewer) -> None:
        hall = make_category(session, "asset", "pla_hall")
        room = make_category(session, "asset", "pla_room")
        categories.merge(session, hall, room, viewer=admin)
        categories.restore(session, hall, viewer=admin)
        assert categories.resolve(session, "asset", ["pla_hall"]) == [hall]
