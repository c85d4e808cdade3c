"""Create the register

One table of entries with a table for each kind beside it, the geography they lie in, the
classification they carry, the people who keep them, and one text index over all of them.

Revision ID: 20261120a
Revises:
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "20261120a"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
VECTOR = sa.Text().with_variant(TSVECTOR(), "postgresql")

ON_SQLITE = (
    # detail=full, because a word may hold a letter that FTS5 takes for a space and becomes a phrase
    """CREATE VIRTUAL TABLE entry_search USING fts5(
        title, body, tokens, tokenize = "unicode61 remove_diacritics 0 tokenchars ':_'"
    )""",
    """CREATE TRIGGER entry_leaves_search AFTER DELETE ON entry BEGIN
        DELETE FROM entry_search WHERE rowid = OLD.id;
    END""",
    """CREATE TRIGGER area_is_valid_insert BEFORE INSERT ON area
    WHEN NOT ST_IsValid(NEW.boundary) BEGIN
        SELECT RAISE(ABORT, 'ck_area_boundary_is_valid');
    END""",
    """CREATE TRIGGER area_is_valid_update BEFORE UPDATE OF boundary ON area
    WHEN NOT ST_IsValid(NEW.boundary) BEGIN
        SELECT RAISE(ABORT, 'ck_area_boundary_is_valid');
    END""",
    *(
        f"""CREATE TRIGGER entry_route_only_{verb.lower()} BEFORE {verb} ON entry
    WHEN NEW.kind = 'finding' AND NEW.description <> '' AND EXISTS
        (SELECT 1 FROM category WHERE id = NEW.category_id AND route_only) BEGIN
        SELECT RAISE(ABORT, 'ck_entry_route_only');
    END"""
        for verb in ("INSERT", "UPDATE")
    ),
)
OFF_SQLITE = (
    "DROP TRIGGER entry_route_only_insert",
    "DROP TRIGGER entry_route_only_update",
    "DROP TRIGGER area_is_valid_insert",
    "DROP TRIGGER area_is_valid_update",
    "DROP TRIGGER entry_leaves_search",
    "DROP TABLE entry_search",
)
ON_POSTGIS = (
    "CREATE INDEX ix_entry_tokens ON entry USING gin (tokens)",
    "ALTER TABLE area ADD CONSTRAINT ck_area_boundary_is_valid CHECK (ST_IsValid(boundary))",
    """CREATE FUNCTION entry_route_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.kind = 'finding' AND NEW.description <> '' AND EXISTS
            (SELECT 1 FROM category WHERE id = NEW.category_id AND route_only) THEN
            RAISE EXCEPTION 'ck_entry_route_only' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER entry_route_only BEFORE INSERT OR UPDATE ON entry
        FOR EACH ROW EXECUTE FUNCTION entry_route_only()""",
)
OFF_POSTGIS = (
    "DROP TRIGGER entry_route_only ON entry",
    "DROP FUNCTION entry_route_only()",
)


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("email", name=op.f("uq_app_user_email")),
        sa.UniqueConstraint("uid", name=op.f("uq_app_user_uid")),
    )
    op.create_geospatial_table(
        "area",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("vintage", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_folded", sa.String(length=120), nullable=False),
        sa.Column(
            "boundary",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("west", sa.Double(), nullable=False),
        sa.Column("south", sa.Double(), nullable=False),
        sa.Column("east", sa.Double(), nullable=False),
        sa.Column("north", sa.Double(), nullable=False),
        sa.Column("parent_id", KEY, nullable=True),
        sa.Column("source", sa.String(length=120), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "type IN ('oa', 'lsoa', 'msoa', 'ward', 'parish', 'lad', 'csp', 'pfa', 'bcu', 'neighbourhood', 'custom')",
            name=op.f("ck_area_type"),
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name=op.f("fk_area_parent_id_area")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint("type", "code", "vintage", name=op.f("uq_area_type_code_vintage")),
        sa.UniqueConstraint("uid", name=op.f("uq_area_uid")),
    )
    op.create_geospatial_index(
        "idx_area_boundary",
        "area",
        ["boundary"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_area_code"), "area", ["code"], unique=False)
    op.create_index(op.f("ix_area_name"), "area", ["name"], unique=False)
    op.create_index(op.f("ix_area_name_folded"), "area", ["name_folded"], unique=False)
    op.create_index(op.f("ix_area_parent_id"), "area", ["parent_id"], unique=False)
    op.create_table(
        "category",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("scope_note", sa.String(length=500), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("parent_id", KEY, nullable=True),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("core", sa.Boolean(), nullable=False),
        sa.Column("route_only", sa.Boolean(), nullable=False),
        sa.Column("default_visibility", sa.String(length=12), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("deprecated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "default_visibility IS NULL OR default_visibility IN ('public', 'partner', 'team', 'restricted')",
            name=op.f("ck_category_default_visibility"),
        ),
        sa.CheckConstraint(
            "scheme IN ('asset', 'offer', 'finding')", name=op.f("ck_category_scheme")
        ),
        sa.CheckConstraint(
            "(level = 1) = (parent_id IS NULL) AND level IN (1, 2)",
            name=op.f("ck_category_two_levels"),
        ),
        sa.CheckConstraint(
            "parent_id IS NULL OR parent_id <> id", name=op.f("ck_category_not_its_own_parent")
        ),
        sa.CheckConstraint(
            "replaced_by_id IS NULL OR NOT active", name=op.f("ck_category_replaced_is_inactive")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["category.id"], name=op.f("fk_category_parent_id_category")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["category.id"], name=op.f("fk_category_replaced_by_id_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("scheme", "code", name=op.f("uq_category_scheme_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_category_uid")),
    )
    op.create_index(op.f("ix_category_parent_id"), "category", ["parent_id"], unique=False)
    op.create_index(
        op.f("ix_category_replaced_by_id"), "category", ["replaced_by_id"], unique=False
    )
    op.create_table(
        "partner",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('police', 'council', 'fire', 'health', 'housing', 'education', 'vcs', 'business', 'community', 'other')",
            name=op.f("ck_partner_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("name", name=op.f("uq_partner_name")),
        sa.UniqueConstraint("uid", name=op.f("uq_partner_uid")),
    )
    op.create_table(
        "postcode",
        sa.Column("pcds", sa.String(length=8), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("introduced", sa.String(length=6), nullable=True),
        sa.Column("terminated", sa.String(length=6), nullable=True),
        sa.Column("ward", sa.String(length=9), nullable=True),
        sa.Column("lsoa", sa.String(length=9), nullable=True),
        sa.Column("lad", sa.String(length=9), nullable=True),
        sa.Column("release", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "(longitude IS NULL) = (latitude IS NULL)", name=op.f("ck_postcode_position")
        ),
        sa.PrimaryKeyConstraint("pcds", name=op.f("pk_postcode")),
    )
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_word")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "category_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_id", KEY, nullable=False),
        sa.Column("vocabulary", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "vocabulary IN ('osm', 'ccew', 'icnptso', 'ukcat', 'abcd', 'hsds', 'asb_type', 'streetsafe', 'default_owner', 'esd', 'import')",
            name=op.f("ck_category_mapping_vocabulary"),
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_category_mapping_category_id_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_mapping")),
        sa.UniqueConstraint(
            "category_id",
            "vocabulary",
            "value",
            name=op.f("uq_category_mapping_category_id_vocabulary_value"),
        ),
    )
    op.create_index(
        op.f("ix_category_mapping_category_id"), "category_mapping", ["category_id"], unique=False
    )
    op.create_index(op.f("ix_category_mapping_value"), "category_mapping", ["value"], unique=False)
    op.create_table(
        "search_word_cut",
        sa.Column("cut", sa.String(length=40), nullable=False),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["word"], ["search_word.word"], name=op.f("fk_search_word_cut_word_search_word")
        ),
        sa.PrimaryKeyConstraint("cut", "word", name=op.f("pk_search_word_cut")),
    )
    op.create_index(op.f("ix_search_word_cut_word"), "search_word_cut", ["word"], unique=False)
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_sign_in_link_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_link_user_id"), "sign_in_link", ["user_id"], unique=False)
    op.create_table(
        "team",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("partner_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_team_partner_id_partner")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
        sa.UniqueConstraint("uid", name=op.f("uq_team_uid")),
    )
    op.create_index(op.f("ix_team_partner_id"), "team", ["partner_id"], unique=False)
    op.create_table(
        "import",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("licence", sa.String(length=80), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(length=1000), nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('asset', 'group', 'offer', 'finding')", name=op.f("ck_import_kind")
        ),
        sa.CheckConstraint(
            "status IN ('uploaded', 'previewing', 'previewed', 'queued', 'running', 'done', 'failed', 'undone')",
            name=op.f("ck_import_status"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_import_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_import_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
        sa.UniqueConstraint("uid", name=op.f("uq_import_uid")),
    )
    op.create_index(op.f("ix_import_file_sha256"), "import", ["file_sha256"], unique=False)
    op.create_index(op.f("ix_import_team_id"), "import", ["team_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "role IN ('viewer', 'logger', 'editor', 'organiser', 'analyst', 'approver', 'data_officer', 'auditor', 'admin')",
            name=op.f("ck_membership_role"),
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_membership_team_id_team")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_membership_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "user_id", "team_id", "role", name=op.f("uq_membership_user_id_team_id_role")
        ),
    )
    op.create_index(op.f("ix_membership_team_id"), "membership", ["team_id"], unique=False)
    op.create_index(op.f("ix_membership_user_id"), "membership", ["user_id"], unique=False)
    op.create_geospatial_table(
        "entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("title_folded", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=4000), nullable=False),
        sa.Column("category_id", KEY, nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "location",
            Geometry(
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column(
            "exact_location",
            Geometry(
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("location_method", sa.String(length=12), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("precision", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=8), nullable=True),
        sa.Column(
            "covers",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("radius_m", sa.Integer(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("checked_how", sa.String(length=10), nullable=True),
        sa.Column("checked_by_id", KEY, nullable=True),
        sa.Column("review_due", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", KEY, nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", KEY, nullable=True),
        sa.Column("withdrawn_why", sa.String(length=500), nullable=True),
        sa.Column("merged_into_id", KEY, nullable=True),
        sa.Column("import_id", KEY, nullable=True),
        sa.Column("source", sa.String(length=120), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("licence", sa.String(length=80), nullable=True),
        sa.Column("tokens", VECTOR, nullable=True),
        sa.CheckConstraint(
            "(kind = 'asset' AND status IN ('proposed', 'active', 'temporarily_closed', 'closed')) OR (kind = 'group' AND status IN ('proposed', 'active', 'dormant', 'unknown', 'closed')) OR (kind = 'offer' AND status IN ('offered', 'confirmed', 'matched', 'in_use', 'fulfilled', 'paused', 'expired', 'withdrawn', 'declined')) OR (kind = 'finding' AND status IN ('new', 'triaged', 'assigned', 'in_progress', 'resolved', 'verified', 'reopened', 'no_action', 'duplicate', 'routed')) OR (kind = 'walkabout' AND status IN ('planned', 'underway', 'complete', 'cancelled')) OR (kind = 'engagement' AND status IN ('draft', 'planned', 'invites_sent', 'confirmed', 'held', 'closed', 'cancelled')) OR (kind = 'hotspot' AND status IN ('candidate', 'active', 'monitoring', 'closed'))",
            name=op.f("ck_entry_status"),
        ),
        sa.CheckConstraint(
            "checked_how IS NULL OR checked_how IN ('visit', 'phone', 'email', 'online', 'told', 'imported')",
            name=op.f("ck_entry_checked_how"),
        ),
        sa.CheckConstraint(
            "kind IN ('asset', 'group', 'offer', 'finding', 'walkabout', 'engagement', 'hotspot')",
            name=op.f("ck_entry_kind"),
        ),
        sa.CheckConstraint(
            "location_method IS NULL OR location_method IN ('gps', 'map_click', 'address', 'postcode', 'grid_ref', 'area_only', 'imported')",
            name=op.f("ck_entry_location_method"),
        ),
        sa.CheckConstraint(
            "precision IN ('exact', 'street', 'postcode', 'lsoa', 'ward', 'none')",
            name=op.f("ck_entry_precision"),
        ),
        sa.CheckConstraint(
            "visibility IN ('public', 'partner', 'team', 'restricted')",
            name=op.f("ck_entry_visibility"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_why IS NULL)", name=op.f("ck_entry_withdrawn")
        ),
        sa.CheckConstraint(
            "accuracy_m IS NULL OR accuracy_m BETWEEN 0 AND 100000",
            name=op.f("ck_entry_accuracy_m"),
        ),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_entry_title")),
        sa.CheckConstraint(
            "longitude IS NULL OR (longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90 AND NOT (longitude = 0 AND latitude = 0))",
            name=op.f("ck_entry_on_earth"),
        ),
        sa.CheckConstraint(
            "merged_into_id IS NULL OR merged_into_id <> id", name=op.f("ck_entry_merged")
        ),
        sa.CheckConstraint(
            "radius_m IS NULL OR radius_m BETWEEN 1 AND 100000", name=op.f("ck_entry_radius_m")
        ),
        sa.CheckConstraint(
            "kind <> 'offer' OR expires_on IS NOT NULL", name=op.f("ck_entry_offer_expires")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_entry_version")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_entry_category_id_category")
        ),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["app_user.id"], name=op.f("fk_entry_checked_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_entry_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import.id"], name=op.f("fk_entry_import_id_import")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["entry.id"], name=op.f("fk_entry_merged_into_id_entry")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_entry_team_id_team")),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["app_user.id"], name=op.f("fk_entry_updated_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["app_user.id"], name=op.f("fk_entry_withdrawn_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_entry_source_external_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_entry_uid")),
    )
    op.create_geospatial_index(
        "idx_entry_covers",
        "entry",
        ["covers"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_index(
        "idx_entry_location",
        "entry",
        ["location"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_entry_category_id"), "entry", ["category_id"], unique=False)
    op.create_index(op.f("ix_entry_created_at"), "entry", ["created_at"], unique=False)
    op.create_index(op.f("ix_entry_import_id"), "entry", ["import_id"], unique=False)
    op.create_index(
        "ix_entry_kind_visibility_status", "entry", ["kind", "visibility", "status"], unique=False
    )
    op.create_index(op.f("ix_entry_merged_into_id"), "entry", ["merged_into_id"], unique=False)
    op.create_index(op.f("ix_entry_postcode"), "entry", ["postcode"], unique=False)
    op.create_index(op.f("ix_entry_review_due"), "entry", ["review_due"], unique=False)
    op.create_index("ix_entry_team_id_kind", "entry", ["team_id", "kind"], unique=False)
    op.create_index(op.f("ix_entry_title_folded"), "entry", ["title_folded"], unique=False)
    op.create_table(
        "asset",
        sa.Column("id", KEY, nullable=False),
        sa.Column("website", sa.String(length=300), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("phone_digits", sa.String(length=20), nullable=False),
        sa.Column("opening_hours", sa.String(length=500), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("facilities", sa.JSON(), nullable=False),
        sa.Column("hire_terms", sa.String(length=1000), nullable=False),
        sa.Column("cost_note", sa.String(length=300), nullable=False),
        sa.Column("accessibility_note", sa.String(length=1000), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("serves", sa.JSON(), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.CheckConstraint(
            "confidence IN ('seen', 'told', 'desk', 'imported')", name=op.f("ck_asset_confidence")
        ),
        sa.CheckConstraint(
            "capacity IS NULL OR capacity BETWEEN 0 AND 1000000", name=op.f("ck_asset_capacity")
        ),
        sa.ForeignKeyConstraint(
            ["id"], ["entry.id"], name=op.f("fk_asset_id_entry"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["entry.id"], name=op.f("fk_asset_operator_id_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
    )
    op.create_index(op.f("ix_asset_email"), "asset", ["email"], unique=False)
    op.create_index(op.f("ix_asset_operator_id"), "asset", ["operator_id"], unique=False)
    op.create_index(op.f("ix_asset_phone_digits"), "asset", ["phone_digits"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("alt_text", sa.String(length=300), nullable=False),
        sa.Column("caption", sa.String(length=300), nullable=False),
        sa.Column("consent_scope", sa.String(length=10), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "consent_scope <> 'public' OR length(alt_text) > 0",
            name=op.f("ck_attachment_public_has_alt_text"),
        ),
        sa.CheckConstraint(
            "consent_scope IN ('internal', 'partners', 'public')",
            name=op.f("ck_attachment_consent_scope"),
        ),
        sa.CheckConstraint("bytes BETWEEN 1 AND 50000000", name=op.f("ck_attachment_bytes")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_attachment_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_attachment_entry_id_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("entry_id", "sha256", name=op.f("uq_attachment_entry_id_sha256")),
        sa.UniqueConstraint("uid", name=op.f("uq_attachment_uid")),
    )
    op.create_index(op.f("ix_attachment_entry_id"), "attachment", ["entry_id"], unique=False)
    op.create_table(
        "engagement",
        sa.Column("id", KEY, nullable=False),
        sa.Column("engagement_kind", sa.String(length=20), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("theme", sa.String(length=120), nullable=False),
        sa.Column("focal_question", sa.String(length=500), nullable=False),
        sa.Column("aims", sa.String(length=2000), nullable=False),
        sa.Column("audience", sa.String(length=500), nullable=False),
        sa.Column("influence_level", sa.String(length=12), nullable=True),
        sa.Column("influence_statement", sa.String(length=1000), nullable=False),
        sa.Column("use_of_input", sa.String(length=1000), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("accessibility_plan", sa.String(length=2000), nullable=False),
        sa.Column("scan_status", sa.String(length=14), nullable=False),
        sa.Column("attendance_count", sa.Integer(), nullable=True),
        sa.Column("feedback_due", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "closed_at IS NULL OR (scan_status <> 'pending' AND attendance_count IS NOT NULL AND feedback_due IS NOT NULL)",
            name=op.f("ck_engagement_closed"),
        ),
        sa.CheckConstraint(
            "engagement_kind IN ('innovation_hub', 'focus_group', 'public_meeting', 'surgery', 'street_briefing', 'walkabout_launch', 'workshop', 'consultation', 'survey', 'policy', 'advisory_group', 'beat_meeting', 'conference', 'training', 'other')",
            name=op.f("ck_engagement_engagement_kind"),
        ),
        sa.CheckConstraint(
            "format IN ('in_person', 'virtual', 'hybrid')", name=op.f("ck_engagement_format")
        ),
        sa.CheckConstraint(
            "influence_level IS NULL OR influence_level IN ('inform', 'consult', 'involve', 'collaborate', 'empower')",
            name=op.f("ck_engagement_influence_level"),
        ),
        sa.CheckConstraint(
            "scan_status IN ('pending', 'none', 'found', 'not_applicable')",
            name=op.f("ck_engagement_scan_status"),
        ),
        sa.CheckConstraint(
            "attendance_count IS NULL OR attendance_count BETWEEN 0 AND 1000000",
            name=op.f("ck_engagement_attendance"),
        ),
        sa.CheckConstraint(
            "capacity IS NULL OR capacity BETWEEN 0 AND 1000000",
            name=op.f("ck_engagement_capacity"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_engagement_ends_at")),
        sa.CheckConstraint("tier BETWEEN 1 AND 3", name=op.f("ck_engagement_tier")),
        sa.ForeignKeyConstraint(
            ["id"], ["entry.id"], name=op.f("fk_engagement_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement")),
    )
    op.create_index(op.f("ix_engagement_starts_at"), "engagement", ["starts_at"], unique=False)
    op.create_table(
        "entry_area",
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_entry_area_area_id_area"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
            name=op.f("fk_entry_area_entry_id_entry"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "area_id", name=op.f("pk_entry_area")),
    )
    op.create_index(op.f("ix_entry_area_area_id"), "entry_area", ["area_id"], unique=False)
    op.create_table(
        "entry_covers",
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_entry_covers_area_id_area")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
            name=op.f("fk_entry_covers_entry_id_entry"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "area_id", name=op.f("pk_entry_covers")),
    )
    op.create_index(op.f("ix_entry_covers_area_id"), "entry_covers", ["area_id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", KEY, nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=14), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_of_day", sa.String(length=6), nullable=False),
        sa.Column("observer_kind", sa.String(length=12), nullable=False),
        sa.Column("assigned_partner_id", KEY, nullable=True),
        sa.Column("external_ref", sa.String(length=60), nullable=False),
        sa.Column("resolution", sa.String(length=2000), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by_resident", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "direction IN ('problem', 'strength', 'perception', 'vulnerability')",
            name=op.f("ck_finding_direction"),
        ),
        sa.CheckConstraint(
            "observer_kind IN ('resident', 'officer', 'council', 'partner', 'child_group', 'unknown')",
            name=op.f("ck_finding_observer_kind"),
        ),
        sa.CheckConstraint(
            "time_of_day IN ('day', 'dusk', 'night', 'any')", name=op.f("ck_finding_time_of_day")
        ),
        sa.CheckConstraint(
            "resolved_at IS NULL OR length(resolution) > 0", name=op.f("ck_finding_resolution")
        ),
        sa.CheckConstraint("severity BETWEEN 1 AND 4", name=op.f("ck_finding_severity")),
        sa.ForeignKeyConstraint(
            ["assigned_partner_id"],
            ["partner.id"],
            name=op.f("fk_finding_assigned_partner_id_partner"),
        ),
        sa.ForeignKeyConstraint(
            ["id"], ["entry.id"], name=op.f("fk_finding_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index(
        op.f("ix_finding_assigned_partner_id"), "finding", ["assigned_partner_id"], unique=False
    )
    op.create_table(
        "history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_history_by_id_app_user")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_history_entry_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
        sa.UniqueConstraint("entry_id", "version", name=op.f("uq_history_entry_id_version")),
    )
    op.create_table(
        "hotspot",
        sa.Column("id", KEY, nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("time_band", sa.String(length=20), nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.String(length=6), nullable=False),
        sa.CheckConstraint(
            "confidence IN ('high', 'medium', 'low')", name=op.f("ck_hotspot_confidence")
        ),
        sa.CheckConstraint(
            "measure IN ('count', 'harm', 'rate', 'findings_per_km')",
            name=op.f("ck_hotspot_measure"),
        ),
        sa.CheckConstraint(
            "period_to IS NULL OR period_to >= period_from", name=op.f("ck_hotspot_period")
        ),
        sa.CheckConstraint(
            "rank IS NULL OR rank BETWEEN 1 AND 100000", name=op.f("ck_hotspot_rank")
        ),
        sa.ForeignKeyConstraint(
            ["id"], ["entry.id"], name=op.f("fk_hotspot_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotspot")),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_id", KEY, nullable=False),
        sa.Column("to_id", KEY, nullable=False),
        sa.Column("relation", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "relation IN ('found_on', 'raised_at', 'about', 'offered_by', 'held_at', 'answers', 'led_to', 'same_as')",
            name=op.f("ck_link_relation"),
        ),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_link_not_to_itself")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_link_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["from_id"], ["entry.id"], name=op.f("fk_link_from_id_entry")),
        sa.ForeignKeyConstraint(["to_id"], ["entry.id"], name=op.f("fk_link_to_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint(
            "from_id", "to_id", "relation", name=op.f("uq_link_from_id_to_id_relation")
        ),
    )
    op.create_index(op.f("ix_link_from_id"), "link", ["from_id"], unique=False)
    op.create_index(op.f("ix_link_to_id"), "link", ["to_id"], unique=False)
    op.create_table(
        "merge",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("kept_id", KEY, nullable=False),
        sa.Column("gone_id", KEY, nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_merge_by_id_app_user")),
        sa.ForeignKeyConstraint(["gone_id"], ["entry.id"], name=op.f("fk_merge_gone_id_entry")),
        sa.ForeignKeyConstraint(["kept_id"], ["entry.id"], name=op.f("fk_merge_kept_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
        sa.UniqueConstraint("uid", name=op.f("uq_merge_uid")),
    )
    op.create_index(op.f("ix_merge_gone_id"), "merge", ["gone_id"], unique=False)
    op.create_index(op.f("ix_merge_kept_id"), "merge", ["kept_id"], unique=False)
    op.create_table(
        "offer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("group_id", KEY, nullable=True),
        sa.Column("asset_id", KEY, nullable=True),
        sa.Column("person_role", sa.String(length=120), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("unit", sa.String(length=10), nullable=True),
        sa.Column("available_from", sa.Date(), nullable=True),
        sa.Column("available_to", sa.Date(), nullable=True),
        sa.Column("pattern", sa.String(length=200), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=True),
        sa.Column("conditions", sa.String(length=1000), nullable=False),
        sa.Column("checks_needed", sa.JSON(), nullable=False),
        sa.Column("check_status", sa.String(length=12), nullable=False),
        sa.Column("cost_pence", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(CASE WHEN group_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN asset_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN person_role = '' THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_offer_one_offeror"),
        ),
        sa.CheckConstraint(
            "check_status IN ('not_needed', 'pending', 'passed', 'failed', 'expired')",
            name=op.f("ck_offer_check_status"),
        ),
        sa.CheckConstraint(
            "unit IS NULL OR unit IN ('hours', 'items', 'places', 'pence', 'sessions', 'other')",
            name=op.f("ck_offer_unit"),
        ),
        sa.CheckConstraint(
            "available_from IS NULL OR available_to IS NULL OR available_to >= available_from",
            name=op.f("ck_offer_available"),
        ),
        sa.CheckConstraint("cost_pence BETWEEN 0 AND 100000000", name=op.f("ck_offer_cost_pence")),
        sa.CheckConstraint(
            "notice_days IS NULL OR notice_days BETWEEN 0 AND 365",
            name=op.f("ck_offer_notice_days"),
        ),
        sa.CheckConstraint(
            "quantity IS NULL OR quantity BETWEEN 0 AND 1000000", name=op.f("ck_offer_quantity")
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["entry.id"], name=op.f("fk_offer_asset_id_entry")),
        sa.ForeignKeyConstraint(["group_id"], ["entry.id"], name=op.f("fk_offer_group_id_entry")),
        sa.ForeignKeyConstraint(
            ["id"], ["entry.id"], name=op.f("fk_offer_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index(op.f("ix_offer_asset_id"), "offer", ["asset_id"], unique=False)
    op.create_index(op.f("ix_offer_group_id"), "offer", ["group_id"], unique=False)
    op.create_table(
        "walkabout",
        sa.Column("id", KEY, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("aims", sa.String(length=2000), nullable=False),
        sa.Column("weather", sa.String(length=40), nullable=False),
        sa.Column("light", sa.String(length=5), nullable=True),
        sa.Column("participants", sa.JSON(), nullable=False),
        sa.Column("scan_status", sa.String(length=14), nullable=False),
        sa.Column("summary", sa.String(length=4000), nullable=False),
        sa.CheckConstraint(
            "light IS NULL OR light IN ('day', 'dusk', 'dark')", name=op.f("ck_walkabout_light")
        ),
        sa.CheckConstraint(
            "scan_status IN ('pending', 'none', 'found', 'not_applicable')",
            name=op.f("ck_walkabout_scan_status"),
        ),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_walkabout_ends_at")
        ),
        sa.ForeignKeyConstraint(
            ["id"], ["entry.id"], name=op.f("fk_walkabout_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walkabout")),
    )
    op.create_index(op.f("ix_walkabout_starts_at"), "walkabout", ["starts_at"], unique=False)
    op.create_table(
        "community_group",
        sa.Column("id", KEY, nullable=False),
        sa.Column("alt_names", sa.JSON(), nullable=False),
        sa.Column("charity_number", sa.String(length=20), nullable=False),
        sa.Column("company_number", sa.String(length=20), nullable=False),
        sa.Column("size_band", sa.String(length=10), nullable=False),
        sa.Column("meeting_pattern", sa.String(length=200), nullable=False),
        sa.Column("constituted", sa.Boolean(), nullable=True),
        sa.Column("last_contacted_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "size_band IN ('1-9', '10-49', '50-199', '200+', 'unknown')",
            name=op.f("ck_community_group_size_band"),
        ),
        sa.ForeignKeyConstraint(
            ["id"], ["asset.id"], name=op.f("fk_community_group_id_asset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_group")),
    )
    op.create_index(
        "ix_community_group_charity_number", "community_group", ["charity_number"], unique=False
    )
    op.create_index(
        "ix_community_group_company_number", "community_group", ["company_number"], unique=False
    )

    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in ON_SQLITE if on_sqlite else ON_POSTGIS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in OFF_SQLITE if on_sqlite else OFF_POSTGIS:
        op.execute(statement)
    op.drop_index("ix_community_group_company_number", table_name="community_group")
    op.drop_index("ix_community_group_charity_number", table_name="community_group")
    op.drop_table("community_group")
    op.drop_index(op.f("ix_walkabout_starts_at"), table_name="walkabout")
    op.drop_table("walkabout")
    op.drop_index(op.f("ix_offer_group_id"), table_name="offer")
    op.drop_index(op.f("ix_offer_asset_id"), table_name="offer")
    op.drop_table("offer")
    op.drop_index(op.f("ix_merge_kept_id"), table_name="merge")
    op.drop_index(op.f("ix_merge_gone_id"), table_name="merge")
    op.drop_table("merge")
    op.drop_index(op.f("ix_link_to_id"), table_name="link")
    op.drop_index(op.f("ix_link_from_id"), table_name="link")
    op.drop_table("link")
    op.drop_table("hotspot")
    op.drop_table("history")
    op.drop_index(op.f("ix_finding_assigned_partner_id"), table_name="finding")
    op.drop_table("finding")
    op.drop_index(op.f("ix_entry_covers_area_id"), table_name="entry_covers")
    op.drop_table("entry_covers")
    op.drop_index(op.f("ix_entry_area_area_id"), table_name="entry_area")
    op.drop_table("entry_area")
    op.drop_index(op.f("ix_engagement_starts_at"), table_name="engagement")
    op.drop_table("engagement")
    op.drop_index(op.f("ix_attachment_entry_id"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_index(op.f("ix_asset_phone_digits"), table_name="asset")
    op.drop_index(op.f("ix_asset_operator_id"), table_name="asset")
    op.drop_index(op.f("ix_asset_email"), table_name="asset")
    op.drop_table("asset")
    op.drop_index(op.f("ix_entry_title_folded"), table_name="entry")
    op.drop_index("ix_entry_team_id_kind", table_name="entry")
    op.drop_index(op.f("ix_entry_review_due"), table_name="entry")
    op.drop_index(op.f("ix_entry_postcode"), table_name="entry")
    op.drop_index(op.f("ix_entry_merged_into_id"), table_name="entry")
    op.drop_index("ix_entry_kind_visibility_status", table_name="entry")
    op.drop_index(op.f("ix_entry_import_id"), table_name="entry")
    op.drop_index(op.f("ix_entry_created_at"), table_name="entry")
    op.drop_index(op.f("ix_entry_category_id"), table_name="entry")
    op.drop_geospatial_index(
        "idx_entry_location", table_name="entry", postgresql_using="gist", column_name="location"
    )
    op.drop_geospatial_index(
        "idx_entry_covers", table_name="entry", postgresql_using="gist", column_name="covers"
    )
    op.drop_geospatial_table("entry")
    op.drop_index(op.f("ix_membership_user_id"), table_name="membership")
    op.drop_index(op.f("ix_membership_team_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_import_team_id"), table_name="import")
    op.drop_index(op.f("ix_import_file_sha256"), table_name="import")
    op.drop_table("import")
    op.drop_index(op.f("ix_team_partner_id"), table_name="team")
    op.drop_table("team")
    op.drop_index(op.f("ix_sign_in_link_user_id"), table_name="sign_in_link")
    op.drop_table("sign_in_link")
    op.drop_index(op.f("ix_search_word_cut_word"), table_name="search_word_cut")
    op.drop_table("search_word_cut")
    op.drop_index(op.f("ix_category_mapping_value"), table_name="category_mapping")
    op.drop_index(op.f("ix_category_mapping_category_id"), table_name="category_mapping")
    op.drop_table("category_mapping")
    op.drop_index(op.f("ix_api_token_user_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_table("search_word")
    op.drop_table("postcode")
    op.drop_table("partner")
    op.drop_index(op.f("ix_category_replaced_by_id"), table_name="category")
    op.drop_index(op.f("ix_category_parent_id"), table_name="category")
    op.drop_table("category")
    op.drop_index(op.f("ix_area_parent_id"), table_name="area")
    op.drop_index(op.f("ix_area_name_folded"), table_name="area")
    op.drop_index(op.f("ix_area_name"), table_name="area")
    op.drop_index(op.f("ix_area_code"), table_name="area")
    op.drop_geospatial_index(
        "idx_area_boundary", table_name="area", postgresql_using="gist", column_name="boundary"
    )
    op.drop_geospatial_table("area")
    op.drop_table("app_user")
