"""What is passed on: nothing of it stays in the register, and few may read it."""

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, PUBLIC, Limit, Viewer, as_public, viewer_of
from assetmap.db import Model, now
from assetmap.errors import Conflict, NotAllowed, SignInFirst
from assetmap.models import (
    Asset,
    AuditEntry,
    Entry,
    History,
    Proposal,
    Referral,
    SearchWord,
    SubjectHit,
    SubjectRequest,
    Team,
)
from assetmap.register import (
    attachments,
    deployment,
    entries,
    merging,
    putting_back,
    referral_access,
    referral_keeping,
    referral_raising,
    referrals,
    search,
    snapshots,
    voice_notes,
)
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.referrals import GivenBack, HandOver, ReferralDraft
from assetmap.schemas.search import EntrySearch
from tests.importing import run, write
from tests.make import (
    make_area,
    make_category,
    make_entry,
    make_partner,
    make_referral,
    make_team,
    make_user,
    viewer_for,
)

SENTENCE = "Zebedee Quillfeather sells pills behind the bandstand at teatime"
RARE = ("zebedee", "quillfeath", "bandstand")  # stems, as the text index has them


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def receiver(session: Session, team: Team) -> Viewer:
    user = make_user(session, team, "approver", "receiver@example.org")
    return viewer_for(user, team, "approver")


@pytest.fixture
def logger(session: Session, team: Team) -> Viewer:
    return viewer_for(make_user(session, team, "logger", "logger@example.org"), team, "logger")


def drafted(**said: object) -> ReferralDraft:
    usual = {"category": "intelligence", "urgency": "routine", "may_be_named": "no"}
    return ReferralDraft.model_validate(usual | {"words": "Something"} | said)


def whole_database(session: Session) -> str:
    """All that the database keeps: the bytes of its files, or every row of every table."""
    url = session.get_bind().engine.url
    if url.get_backend_name() == "sqlite":
        files = Path(str(url.database)).parent.glob("test.sqlite*")
        return b"".join(file.read_bytes() for file in files).decode("latin-1")
    names = sorted(Model.metadata.tables)
    rows = (session.execute(text(f"SELECT t::text FROM {name} t")) for name in names)  # noqa: S608
    return "\n".join(str(row[0]) for some in rows for row in some)


def made_it_known(session: Session, finding: Entry) -> None:
    """Let others keep the words too: a suggestion, and a search for somebody's details."""
    session.add(
        Proposal(
            kind="finding",
            about="details",
            entry_id=finding.id,
            base_version=1,
            changes={"description": SENTENCE},
            note=SENTENCE,
            digest="d" * 64,
        )
    )
    asked = SubjectRequest(kind="access", name="Somebody", received_on=now().date())
    session.add(asked)
    session.flush()
    session.add(
        SubjectHit(
            request_id=asked.id, place="history.changes", number=1, ref=finding.ref, text=SENTENCE
        )
    )


def test_what_is_passed_on_is_nowhere_in_the_whole_database(
    session: Session, team: Team, logger: Viewer, receiver: Viewer
) -> None:
    make_area(session, "E01000001", "Riverside 001A", type="lsoa")
    finding = make_entry(session, "finding", team, viewer=logger, title="Steps", description="Dark")
    other = make_entry(session, "finding", team, title="More steps", notes=SENTENCE)
    merging.merge(session, finding, other, viewer=OPERATOR, why=f"Both say {SENTENCE}")
    draft = snapshots.draft_of("finding", snapshots.of(session, finding))
    for words in (SENTENCE, SENTENCE + "!"):
        draft = draft.model_copy(update={"title": "See below", "description": words})
        entries.change(
            session, finding, draft, viewer=OPERATOR, base_version=finding.version, why=words
        )
    made_it_known(session, finding)
    session.commit()
    assert SENTENCE in whole_database(session)
    session.rollback()
    spatial.writing(session)
    made = referral_raising.raise_from(session, finding, drafted(), viewer=logger)
    session.commit()
    referral_raising.clear_away(session, made.left)
    kept = whole_database(session)
    assert SENTENCE not in kept
    assert [stem for stem in RARE if stem in kept.lower()] == []
    assert session.scalars(select(SearchWord).where(SearchWord.word == "quillfeather")).all() == []
    session.refresh(finding)
    assert (finding.title, finding.status, finding.visibility) == ("Passed on", "routed", "team")
    assert (finding.longitude, finding.precision, finding.notes) == (None, "none", "")
    read = referrals.read(session, made.referral.uid, viewer=receiver)
    assert read.content is not None
    said = {one.field: one.text for one in read.content.said}
    assert said["description"] == SENTENCE + "!"
    assert said[""] == "Something"
    assert (read.referral.lsoa, read.source) == ("E01000001", "")


def test_a_form_that_was_open_cannot_put_back_what_was_passed_on(
    session: Session, team: Team, logger: Viewer
) -> None:
    hall = make_entry(session, "asset", team, viewer=logger, description=SENTENCE, notes="Key")
    stale = snapshots.draft_of("asset", snapshots.of(session, hall))
    said = drafted(fields=["description"])
    referral_raising.raise_from(session, hall, said, viewer=logger)
    assert (hall.title, hall.description, hall.notes) == ("A asset", "", "Key")
    mine = stale.model_copy(update={"title": "Mill Hall"})
    with pytest.raises(Conflict, match="passed on"):
        entries.change(session, hall, mine, viewer=OPERATOR, base_version=1)
    assert hall.description == ""


def test_photos_go_along_and_their_files_are_gone(
    session: Session, team: Team, logger: Viewer, receiver: Viewer
) -> None:
    finding = make_entry(session, "finding", team, viewer=logger, description=SENTENCE)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    details = PhotoDetails(alt_text="A red door")
    kept = attachments.attach(session, finding, picture.getvalue(), details, viewer=logger)
    store = attachments.store(session)
    sha256, jpeg = kept.sha256, store.read(kept.sha256)
    made = referral_raising.raise_from(session, finding, drafted(), viewer=logger)
    session.commit()
    referral_raising.clear_away(session, made.left)
    assert store.read(sha256) is None
    assert store.read(sha256, small=True) is None
    ((key, _),) = referrals.read(session, made.referral.uid, viewer=receiver).photos
    assert referrals.photo(session, made.referral.uid, key, viewer=receiver) == (
        jpeg,
        "image/jpeg",
    )


def test_content_goes_when_its_days_are_over_and_the_rest_a_year_later(
    session: Session, logger: Viewer, receiver: Viewer
) -> None:
    confirmed, waiting = (make_referral(session, logger) for _ in range(2))
    given = HandOver(sent_to="Front desk", force_reference="F-1")
    referrals.send(session, confirmed.uid, given, viewer=receiver)
    assert confirmed.purge_due_at is not None
    for days, gone in ((6, 0), (8, 1)):
        due = referral_keeping.due(session, viewer=OPERATOR, at=now() + timedelta(days=days))
        assert len(due.contents) == gone
    referral_keeping.purge_due(session, due, viewer=OPERATOR)
    referral_keeping.purge_due(session, due, viewer=OPERATOR)
    assert (confirmed.status, confirmed.sealed, waiting.status) == ("purged", None, "raised")
    with pytest.raises(NotAllowed):
        referral_keeping.due(session, viewer=receiver)
    later = referral_keeping.due(session, viewer=OPERATOR, at=now() + timedelta(days=366))
    referral_keeping.purge_due(session, later, viewer=OPERATOR)
    assert session.scalars(select(Referral.uid)).all() == [waiting.uid]


def test_a_new_key_opens_what_the_old_one_sealed_and_a_lost_one_says_so(
    session: Session, logger: Viewer, receiver: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    keys = {"now": [old]}
    monkeypatch.setattr(deployment, "sealing_keys", lambda _session: keys["now"])
    uid = make_referral(session, logger).uid
    keys["now"] = [new, old]
    assert referral_keeping.rotate(session, viewer=OPERATOR) == 1
    keys["now"] = [new]
    content = referrals.read(session, uid, viewer=receiver).content
    assert content is not None
    assert content.said[0].text == "Mopeds by the lock-ups"
    keys["now"] = [old]
    with pytest.raises(Conflict, match="old key"):
        referrals.read(session, uid, viewer=receiver)


def test_only_those_who_receive_read_and_small_counts_are_not_told(
    session: Session, team: Team, logger: Viewer, receiver: Viewer
) -> None:
    uids = [make_referral(session, logger, category="hate").uid for _ in range(4)]
    named = make_referral(session, logger, may_be_named="yes").uid
    assert referrals.read(session, named, viewer=receiver).source == logger.name
    partner, police = make_partner(session), make_partner(session, "County Police", "police")
    for body, may in ((partner, False), (police, True)):
        theirs = make_team(session, f"Of {body.name}")
        theirs.partner_id = body.id
        user = make_user(session, theirs, "data_officer", f"{body.kind}@example.org")
        assert referral_access.may_receive(viewer_of(session, user.id)) is may
    finding = make_entry(session, "finding", team, viewer=logger)
    raised = referral_raising.raise_from(session, finding, drafted(), viewer=logger).referral
    read = referrals.read(session, raised.uid, viewer=viewer_of(session, user.id))
    assert (read.entry, read.kind) == (None, "finding")  # the police are not told which
    limited = replace(receiver, limits={(team.id, "approver"): Limit(areas=("ward:E05000001",))})
    for viewer in (PUBLIC, OPERATOR, logger, limited, as_public(receiver)):
        with pytest.raises((NotAllowed, SignInFirst)):
            referrals.read(session, uids[0], viewer=viewer)
    since = now().date().replace(day=1)
    assert set(referral_keeping.counts(session, viewer=receiver, since=since).values()) == {"<5"}
    make_referral(session, logger, category="hate")
    month = f"{since:%Y-%m}"
    counts = referral_keeping.counts(session, viewer=receiver, since=since)
    assert counts["hate", month] == "5"
    session.commit()
    kept = session.scalars(select(AuditEntry).where(AuditEntry.entity == "referral")).all()
    assert {row.action for row in kept} == {"created", "read"}
    assert "lock-ups" not in str([(row.details, row.fields, row.purpose) for row in kept])


def test_a_file_read_again_brings_nothing_back_that_was_passed_on(
    session: Session, team: Team, logger: Viewer, tmp_path: Path
) -> None:
    make_category(session, "asset", "pla_hall", "Community hall")
    session.commit()
    lines = "id,title,category,longitude,latitude,description,website\n"
    lines += f"a1,Mill Hall,pla_hall,-0.34,53.74,{SENTENCE},{{site}}\n"
    for site in ("example.org", "example.com", "example.net"):
        run(team, write(tmp_path, lines.format(site=site)))
        hall = session.scalars(select(Asset).execution_options(populate_existing=True)).one()
        assert hall.website == f"https://{site}"
        if site == "example.org":
            draft = drafted(fields=["description"])
            made = referral_raising.raise_from(session, hall, draft, viewer=logger)
            assert [one.path.name for one in made.left.folders]
            session.commit()
        assert hall.description == ""


def test_it_leaves_what_was_merged_into_what_was_merged_into_it(
    session: Session, team: Team
) -> None:
    first, second, kept = (
        make_entry(session, "asset", team, title=f"Hall {n}", description=SENTENCE)
        for n in (1, 2, 3)
    )
    merging.merge(session, second, first, viewer=OPERATOR)
    merging.merge(session, kept, second, viewer=OPERATOR)
    draft = drafted(fields=["description"])
    referral_raising.raise_from(session, kept, draft, viewer=OPERATOR)
    assert not [word for word in RARE if word in whole_database(session)]


def test_the_inbox_holds_the_late_and_the_urgent_however_many_wait(
    session: Session, logger: Viewer, receiver: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    urgencies = ("routine", "routine", "same_day", "immediate")
    raised = [make_referral(session, logger, urgency=one) for one in urgencies]
    raised[1].raised_at = now() - timedelta(days=4)
    session.flush()
    monkeypatch.setattr(referrals, "MOST", 3)
    shown = referrals.inbox(session, viewer=receiver, status="open")
    assert [line.referral for line in shown] == [raised[1], raised[3], raised[2]]
    assert [line.is_late for line in shown] == [True, False, False]


def test_what_was_passed_on_to_make_it_vanish_is_put_back_exactly_as_it_was(
    session: Session, team: Team, logger: Viewer, receiver: Viewer
) -> None:
    make_area(session, "E01000001", "Riverside 001A", type="lsoa")
    finding = make_entry(
        session, "finding", team, viewer=logger, title="Steps", description=SENTENCE
    )
    draft = snapshots.draft_of("finding", snapshots.of(session, finding))
    draft = draft.model_copy(update={"severity": 4, "tags": ["dark"]})
    entries.change(session, finding, draft, viewer=OPERATOR, base_version=1, why="Looked again")
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    details = PhotoDetails(alt_text="A red door")
    kept = attachments.attach(session, finding, picture.getvalue(), details, viewer=logger)
    photo_uid, sha256, store = kept.uid, kept.sha256, attachments.store(session)
    jpeg, shown = store.read(sha256), store.read(sha256, small=True)
    webm = b"\x1a\x45\xdf\xa3webm" + bytes(99)
    note = voice_notes.attach(session, finding, webm, viewer=logger, uid=uuid4()).uid
    voice_notes.write_down(session, note, "He said a name", viewer=logger)
    made_it_known(session, finding)
    session.commit()
    before = putting_back.standing(session, finding)
    made = referral_raising.raise_from(session, finding, drafted(), viewer=logger)
    session.commit()
    referral_raising.clear_away(session, made.left)
    assert (finding.title, store.read(sha256)) == ("Passed on", None)
    with pytest.raises(NotAllowed):
        putting_back.put_back(session, made.referral.uid, viewer=logger)
    assert referrals.read(session, made.referral.uid, viewer=receiver).may_be_put_back
    assert putting_back.put_back(session, made.referral.uid, viewer=receiver) == (finding, [])
    session.commit()
    session.expire_all()
    after = putting_back.standing(session, finding)
    steps = [after["history"].pop(key) for key in sorted(after["history"])[-2:]]
    assert after == before
    assert [one["changes"]["status"] for one in steps] == [["new", "routed"], ["routed", "new"]]
    assert attachments.with_entry(session, photo_uid, viewer=logger)[0].sha256 == sha256
    assert (store.read(sha256), store.read(sha256, small=True)) == (jpeg, shown)
    sound, _ = voice_notes.find(session, note, viewer=logger)
    assert (voice_notes.content(session, sound), sound.transcript) == (webm, "He said a name")
    found = search.search(session, EntrySearch(text="bandstand"), viewer=logger)
    assert [hit.entry.id for hit in found.hits] == [finding.id]
    again = referrals.read(session, made.referral.uid, viewer=receiver)
    assert (again.content, again.referral.status, again.may_be_put_back) == (None, "purged", False)
    with pytest.raises(Conflict, match="purged"):
        putting_back.put_back(session, made.referral.uid, viewer=receiver)
    noted = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (noted.entity, noted.fields) == ("referral", ["put_back"])


def test_putting_back_keeps_what_was_written_since_and_waits_for_the_office(
    session: Session, team: Team, logger: Viewer, receiver: Viewer
) -> None:
    hall = make_entry(session, "asset", team, viewer=logger, description=SENTENCE, notes="Key")
    said = drafted(fields=["description", "notes"])
    uid = referral_raising.raise_from(session, hall, said, viewer=logger).referral.uid
    draft = snapshots.draft_of("asset", snapshots.of(session, hall))
    draft = draft.model_copy(update={"description": "Warm and dry"})
    entries.change(session, hall, draft, viewer=OPERATOR, base_version=hall.version)
    referrals.send(session, uid, HandOver(sent_to="Front desk"), viewer=receiver)
    with pytest.raises(Conflict, match="An office has this"):
        putting_back.put_back(session, uid, viewer=receiver)
    referrals.give_back(session, uid, GivenBack(why="not_needed"), viewer=receiver)
    assert putting_back.put_back(session, uid, viewer=receiver) == (hall, ["description"])
    assert (hall.description, hall.notes) == ("Warm and dry", "Key")
    last = session.scalars(select(History).order_by(History.id.desc()).limit(1)).one()
    assert last.changes["description"] == [SENTENCE, "Warm and dry"]
    other = referral_raising.raise_from(session, hall, drafted(fields=["notes"]), viewer=logger)
    erased = SubjectRequest(kind="erasure", name="", received_on=now().date(), done_at=now())
    session.add(erased)
    session.flush()
    with pytest.raises(Conflict, match="erased since"):
        putting_back.put_back(session, other.referral.uid, viewer=receiver)
