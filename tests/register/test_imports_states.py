"""Findings that a file brings in a state further on: whose they are, and what was done."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Entry, Finding, Partner, Team
from assetmap.schemas.imports import as_file, fields, read_file
from assetmap.vocabulary import Kind
from tests.importing import counts, refusals, run, write
from tests.make import make_category, make_partner, make_team

HEAD = "id,name,category,longitude,latitude,status,assigned partner\n"


@pytest.fixture
def team(session: Session) -> Team:
    made = make_team(session)
    make_category(session, "finding", "env_litt", "Litter")
    make_partner(session, "Alder Homes")
    session.commit()
    return made


def findings(session: Session) -> dict[str, Finding]:
    session.expire_all()
    found = session.scalars(select(Finding).where(Entry.withdrawn_at.is_(None)))
    return {one.title: one for one in found}


def test_a_finding_begins_assigned_to_the_partner_that_its_row_names(
    session: Session, team: Team, tmp_path: Path
) -> None:
    partner = session.scalars(select(Partner)).one()
    rows = (
        "1,Lamp,env_litt,-1.92,53.73,assigned,alder  homes\n"
        f"2,Bin,env_litt,-1.93,53.74,assigned,{partner.uid}\n"
        "3,Step,env_litt,-1.94,53.75,assigned,\n"
        "4,Gate,env_litt,-1.95,53.76,assigned,Elm Homes\n"
        "5,Wall,env_litt,-1.96,53.77,new,\n"
    )
    path = write(tmp_path, HEAD + rows)
    plan, _ = run(team, path, Kind.FINDING)
    assert counts(plan) == {"new": 3, "refused": 2}
    said = refusals(plan)
    assert said[4] == "assigned partner: Choose who takes it on."
    assert said[5].startswith("assigned partner: There is no partner called “Elm Homes”.")
    found = findings(session)
    assert {one.title: (one.status, one.assigned_partner_id) for one in found.values()} == {
        "Lamp": ("assigned", partner.id),
        "Bin": ("assigned", partner.id),
        "Wall": ("new", None),
    }
    plan, _ = run(team, path, Kind.FINDING)
    assert counts(plan) == {"same": 3, "refused": 2}


def test_when_a_finding_was_resolved_comes_with_its_row(
    session: Session, team: Team, tmp_path: Path
) -> None:
    head = "id,name,category,longitude,latitude,status,resolution,date resolved\n"
    rows = (
        "1,Lamp,env_litt,-1.92,53.73,resolved,Mended,03/05/2026 14:30\n"
        "2,Bin,env_litt,-1.93,53.74,verified,Emptied,2026-05-04T09:00:00+01:00\n"
        "3,Step,env_litt,-1.94,53.75,resolved,Mended,2199-01-01\n"
        "4,Gate,env_litt,-1.95,53.76,resolved,Mended,some day\n"
        "5,Wall,env_litt,-1.96,53.77,new,,2026-05-04\n"
        "6,Path,env_litt,-1.97,53.78,resolved,,2026-05-04\n"
        "7,Sign,env_litt,-1.98,53.79,resolved,Mended,\n"
    )
    plan, _ = run(team, write(tmp_path, head + rows), Kind.FINDING)
    said = refusals(plan)
    assert said.keys() == {4, 5, 6, 7}
    assert said[4] == "date resolved: This is in the future."
    assert said[5].startswith("date resolved: ")
    assert said[6] == "date resolved: Only what is resolved or verified has this."
    assert said[7] == "resolution: Say what was done."
    found = findings(session)
    assert found["Lamp"].resolved_at == datetime(2026, 5, 3, 14, 30, tzinfo=UTC)
    assert found["Bin"].resolved_at == datetime(2026, 5, 4, 8, tzinfo=UTC)
    assert found["Sign"].resolved_at is not None


def test_a_mapping_file_can_name_one_partner_for_all_rows_of_findings_alone(
    session: Session, team: Team, tmp_path: Path
) -> None:
    text = b'[columns]\ntitle = "name"\n\n[fixed]\nstatus = "assigned"\n'
    text += b'assigned_partner = "Alder Homes"\ncategory = "env_litt"\n'
    mapping = read_file(text, "mine.toml")
    assert read_file(as_file(mapping, "again.toml"), "again.toml") == mapping
    mapping = mapping.model_copy(update={"keep_without_place": True})
    plan, _ = run(team, write(tmp_path, "name\nLamp\n"), Kind.FINDING, mapping=mapping)
    assert counts(plan) == {"new": 1}
    assert findings(session)["Lamp"].assigned_partner_id is not None
    assert "assigned_partner" in fields(Kind.FINDING)
    assert "assigned_partner" not in fields(Kind.ASSET)
