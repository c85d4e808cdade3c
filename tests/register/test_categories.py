"""The classification: loaded once, counted for who is looking, changed without losing a tag."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC, Viewer
from assetmap.db import db
from assetmap.errors import BadRequest, NotFound
from assetmap.models import Category, CategoryMapping, Team
from assetmap.register import categories, entries
from assetmap.register.search import search
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Visibility
from tests.make import make_area, make_category, make_entry, make_team, make_user, viewer_for

LEAVES = {"asset": 80, "offer": 52, "finding": 59}
HOSTILE = "<script>alert(1)</script>{{7*7}}' OR 1=1;--"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def admin(session: Session, team: Team) -> Viewer:
    return viewer_for(make_user(session, team, "admin"), team, "admin")


@pytest.fixture
def statements(session: Session) -> Iterator[list[str]]:
    """Every statement sent to the database since the test asked."""
    said: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield said
    event.remove(db.engine, "before_cursor_execute", note)


class TestTheDefault:
    def test_it_has_every_term_in_its_place(self, session: Session) -> None:
        assert categories.load_default(session) == 220
        for scheme, leaves in LEAVES.items():
            branches = categories.tree(session, scheme, viewer=PUBLIC)
            assert sum(len(branch.leaves) for branch in branches) == leaves
        assert [b.category.code for b in categories.tree(session, "asset", viewer=PUBLIC)][:3] == [
            "ppl",
            "grp",
            "ins",
        ]

    def test_loading_it_again_changes_nothing(self, session: Session, admin: Viewer) -> None:
        categories.load_default(session)
        hall = categories.find(session, "asset", "pla_hall")
        categories.rename(session, hall, label="Our halls", scope_note="Ours", viewer=admin)
        categories.deprecate(session, categories.find(session, "asset", "ppl_lead"), viewer=admin)
        categories.move(
            session,
            categories.find(session, "asset", "grp_envi"),
            categories.find(session, "asset", "pla"),
            viewer=admin,
        )
        before = session.execute(select(Category.__table__).order_by(Category.id)).all()
        mapped = session.scalar(select(func.count()).select_from(CategoryMapping))
        assert categories.load_default(session) == 0
        assert session.execute(select(Category.__table__).order_by(Category.id)).all() == before
        assert session.scalar(select(func.count()).select_from(CategoryMapping)) == mapped

    def test_it_adds_what_is_missing_under_what_is_there(self, session: Session) -> None:
        top = make_category(session, "asset", "pla", "Our places")
        assert categories.load_default(session) == 219
        hall = categories.find(session, "asset", "pla_hall")
        assert (hall.parent_id, top.label) == (top.id, "Our places")

    def test_terms_know_their_names_elsewhere(self, session: Session) -> None:
        categories.load_default(session)
        council = categories.find(session, "asset", "ins_coun")
        mapped = categories.mappings(session, "asset")[council.id]
        assert [(one.vocabulary, one.value) for one in mapped] == [
            ("osm", "amenity=townhall"),
            ("osm", "office=government"),
            ("abcd", "institution"),
            ("hsds", "O"),
            ("hsds", "L"),
        ]
        litter = categories.find(session, "finding", "env_litt")
        assert {
            (one.vocabulary, one.value)
            for one in categories.mappings(session, "finding")[litter.id]
        } == {("default_owner", "council"), ("asb_type", "environmental"), ("streetsafe", "env")}

    def test_what_is_never_exported_has_no_open_referral_record(self, session: Session) -> None:
        categories.load_default(session)
        person = categories.find(session, "asset", "ppl_conn")
        mapped = categories.mappings(session, "asset")[person.id]
        assert "hsds" not in {one.vocabulary for one in mapped}
        assert person.default_visibility == Visibility.RESTRICTED

    def test_three_findings_are_routed_and_hold_no_details(self, session: Session) -> None:
        categories.load_default(session)
        routed = session.scalars(select(Category.code).where(Category.route_only))
        assert sorted(routed) == ["asb_targ", "cri_expl", "vul_welf"]

    def test_the_lighter_set_is_marked(self, session: Session) -> None:
        categories.load_default(session)
        counted = session.execute(
            select(Category.scheme, func.count()).where(Category.core).group_by(Category.scheme)
        )
        assert {row[0]: row[1] for row in counted} == {"asset": 58, "offer": 36, "finding": 40}


class TestReading:
    def test_an_unknown_term_is_not_found(self, session: Session) -> None:
        with pytest.raises(NotFound):
            categories.find(session, "asset", HOSTILE)

    def test_codes_resolve_in_the_order_given(self, session: Session) -> None:
        categories.load_default(session)
        terms = categories.resolve(session, None, ["spa_room", "pla", "env_litt", "pla"])
        assert [term.code for term in terms] == ["spa_room", "pla", "env_litt"]
        assert categories.resolve(session, None, []) == []

    def test_an_unknown_code_is_refused_with_the_nearest(self, session: Session) -> None:
        categories.load_default(session)
        with pytest.raises(BadRequest, match="Did you mean pla_hall") as refused:
            categories.resolve(session, "asset", ["pla_hal"])
        assert list(refused.value.problems) == ["category"]
        with pytest.raises(BadRequest):
            categories.resolve(session, "offer", ["pla_hall"])
        with pytest.raises(BadRequest):
            categories.resolve(session, None, [HOSTILE])

    def test_counts_add_up_from_the_leaves(self, session: Session, team: Team) -> None:
        make_entry(session, "asset", team, category="pla_hall")
        make_entry(session, "asset", team, category="pla_park")
        make_entry(session, "asset", team, category="pla")
        make_entry(session, "group", team, category="grp_food")
        branches = {b.category.code: b for b in categories.tree(session, "asset", viewer=PUBLIC)}
        assert branches["pla"].count == 3
        assert [leaf.count for leaf in branches["pla"].leaves] == [1, 1]
        assert branches["grp"].count == 1

    def test_counts_tell_nothing_of_what_is_hidden(self, session: Session, team: Team) -> None:
        for visibility in Visibility:
            make_entry(session, "asset", team, visibility=visibility)
        gone = make_entry(session, "asset", team)
        entries.withdraw(session, gone, viewer=OPERATOR, why="Gone")
        ward = make_area(session)
        for visibility in Visibility:
            make_entry(session, "asset", team, visibility=visibility)
        elsewhere = Viewer("Other", 99, {}, bodies=frozenset({None}))
        logger = Viewer("Logger", 98, {team.id: frozenset({"logger"})})
        keeper = Viewer("Keeper", 97, {team.id: frozenset({"editor"})})
        hall = categories.find(session, "asset", "pla_hall")
        for viewer, number in ((PUBLIC, 1), (elsewhere, 2), (logger, 3), (keeper, 4)):
            (branch,) = categories.tree(session, "asset", viewer=viewer)
            assert (branch.count, branch.leaves[0].count) == (2 * number, 2 * number)
            assert categories.wards(session, hall, viewer=viewer) == [
                (ward.code, ward.name, number)
            ]

    def test_counts_leave_out_what_is_over_as_searches_do(
        self, session: Session, team: Team
    ) -> None:
        make_entry(session, "asset", team)
        make_entry(session, "asset", team, status="closed")
        make_entry(session, "offer", team, expires_on="2020-01-01")
        (branch,) = categories.tree(session, "asset", viewer=PUBLIC)
        assert branch.count == 1
        (branch,) = categories.tree(session, "offer", viewer=PUBLIC)
        assert branch.count == 0
        shown = search(session, EntrySearch(category=("pla_hall",)), viewer=PUBLIC)
        assert shown.total == 1

    def test_the_whole_tree_takes_two_queries(
        self, session: Session, statements: list[str]
    ) -> None:
        categories.load_default(session)
        session.expire_all()
        statements.clear()
        for branches in categories.trees(session, viewer=PUBLIC).values():
            assert [leaf.category.label for branch in branches for leaf in branch.leaves]
        assert len(statements) == 2

    def test_words_find_terms_by_label_note_and_code(self, session: Session) -> None:
        categories.load_default(session)
        branches = categories.tree(session, "asset", viewer=PUBLIC)

        def codes(text: str) -> set[str]:
            kept = categories.matching(branches, text)
            return {leaf.category.code for branch in kept for leaf in branch.leaves}

        assert "pla_hall" in codes("HALLS")
        assert "grp_resi" in codes("tenants association")
        assert codes("pla_hall") == {"pla_hall"}
        assert codes("zzzz") == set()
        assert categories.matching(branches, "") == branches
