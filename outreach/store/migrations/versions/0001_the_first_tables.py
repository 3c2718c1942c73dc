"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.store.append_only import guard_all

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint(
            "kind", "name", "language", "version", "role", name=op.f("uq_approval_kind_name_language_version_role")
        ),
    )
    op.create_table(
        "area",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("nation", sa.String(length=3), nullable=False),
        sa.Column("live_on", sa.Date(), nullable=False),
        sa.Column("team_name", sa.String(length=40), nullable=False),
        sa.Column("l0_texts_by", sa.String(length=36), nullable=True),
        sa.Column("text_consent", sa.Boolean(), nullable=False),
        sa.Column("self_acting", sa.JSON(), nullable=False),
        sa.Column("custody_limit_days", sa.Integer(), nullable=False),
        sa.Column("staffed_hours_after_text", sa.Integer(), nullable=False),
        sa.Column("front_door", sa.String(length=200), nullable=True),
        sa.Column("notice_thresholds", sa.JSON(), nullable=False),
        sa.Column("notice_chase_days", sa.Integer(), nullable=False),
        sa.Column("champion_id", sa.String(length=36), nullable=True),
        sa.Column("pick_up_days", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.Column("out_of_hours_by", sa.String(length=36), nullable=True),
        sa.Column("practice_first", sa.JSON(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_by", sa.String(length=36), nullable=True),
        sa.Column("paused_why", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_area")),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("known_digest", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("late", sa.String(length=6), nullable=True),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo", sa.LargeBinary(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_file_digest"), ["file_digest"], unique=False)

    op.create_table(
        "bundle",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("script", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_bundle")),
    )
    op.create_table(
        "cadence",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("current_version_id", sa.String(length=36), nullable=True),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cadence")),
        sa.UniqueConstraint("name", name=op.f("uq_cadence_name")),
    )
    op.create_table(
        "column_map",
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("meanings", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("signature", name=op.f("pk_column_map")),
    )
    op.create_table(
        "data_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("master_id", sa.String(length=40), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
    )
    op.create_table(
        "duplicate",
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("other_ref", sa.String(length=120), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided", sa.String(length=10), nullable=True),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ref", "other_ref", name=op.f("pk_duplicate")),
    )
    with op.batch_alter_table("duplicate", schema=None) as batch_op:
        batch_op.create_index("ix_duplicate_other_ref", ["other_ref"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=True),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_family_id_at", ["family_id", "at"], unique=False)

    op.create_table(
        "heartbeat",
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "import_job",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("what", sa.String(length=6), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("in_all", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("leads_to", sa.String(length=36), nullable=True),
        sa.Column("says", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_table(
        "number",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("e164", sa.LargeBinary(), nullable=False),
        sa.Column("e164_index", sa.String(length=32), nullable=False),
        sa.Column("last4_index", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.String(length=36), nullable=True),
        sa.Column("shared", sa.String(length=8), nullable=False),
        sa.Column("voicemail", sa.String(length=8), nullable=False),
        sa.Column("private_times", sa.LargeBinary(), nullable=True),
        sa.Column("exit_phrase", sa.LargeBinary(), nullable=True),
        sa.Column("is_parents", sa.Boolean(), nullable=False),
        sa.Column("texts_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calls_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("compromised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("compromised_why", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number")),
        sa.UniqueConstraint("e164_index", name=op.f("uq_number_e164_index")),
    )
    with op.batch_alter_table("number", schema=None) as batch_op:
        batch_op.create_index("ix_number_last4_index", ["last4_index"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_table(
        "proof",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("clean", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof")),
        sa.UniqueConstraint("night", name=op.f("uq_proof_night")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("provider_sid", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("provider_sid", "state", "code", name=op.f("uq_receipt_provider_sid_state_code")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_reference"), ["reference"], unique=False)

    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("clock_offset_seconds", sa.Integer(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_by", sa.String(length=36), nullable=True),
        sa.Column("paused_why", sa.String(length=40), nullable=True),
        sa.Column("sender_gap_ms", sa.Integer(), nullable=False),
        sa.Column("next_send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inbound_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_confirmed", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_service_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
    )
    op.create_table(
        "trial",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("proposal", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("shown_again", sa.Boolean(), nullable=False),
        sa.Column("saved_number", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
    )
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.create_index("ix_trial_state", ["state", "made_at"], unique=False)

    op.create_table(
        "waiting_file",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_file")),
    )
    op.create_table(
        "batch_part",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_part_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_part")),
    )
    op.create_table(
        "cadence_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("cadence_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["cadence_id"], ["cadence.id"], name=op.f("fk_cadence_version_cadence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cadence_version")),
        sa.UniqueConstraint("cadence_id", "number", name=op.f("uq_cadence_version_cadence_id_number")),
    )
    op.create_table(
        "event_link",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_link_event_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event_link")),
        sa.UniqueConstraint("event_id", name=op.f("uq_event_link_event_id")),
    )
    op.create_table(
        "finding",
        sa.Column("proof_id", sa.String(length=36), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("says", sa.String(length=300), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("examples", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["proof_id"], ["proof.id"], name=op.f("fk_finding_proof_id")),
        sa.PrimaryKeyConstraint("proof_id", "rule", name=op.f("pk_finding")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("trained_in_careful_contact", sa.Boolean(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_staff_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_email")),
    )
    op.create_table(
        "trial_page",
        sa.Column("trial_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name=op.f("fk_trial_page_trial_id")),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_trial_page")),
    )
    op.create_table(
        "cover",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("away", sa.Boolean(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.Column("instead_of", sa.String(length=36), nullable=True),
        sa.Column("set_by", sa.String(length=36), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "away OR (starts IS NOT NULL AND ends IS NOT NULL)", name=op.f("ck_cover_hours_of_who_is_there")
        ),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_cover_area_code")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_cover_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cover")),
    )
    with op.batch_alter_table("cover", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cover_area_code"), ["area_code"], unique=False)

    op.create_table(
        "digest",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_digest_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "day", name=op.f("pk_digest")),
    )
    op.create_table(
        "family",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("assigned_to", sa.String(length=36), nullable=True),
        sa.Column("imprisoned_on", sa.Date(), nullable=False),
        sa.Column("custody", sa.String(length=12), nullable=False),
        sa.Column("custody_as_of", sa.Date(), nullable=False),
        sa.Column("checks", sa.String(length=12), nullable=False),
        sa.Column("open_to", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("interpreter", sa.Boolean(), nullable=False),
        sa.Column("supported_before", sa.String(length=12), nullable=False),
        sa.Column("social_worker", sa.LargeBinary(), nullable=True),
        sa.Column("postcode", sa.LargeBinary(), nullable=True),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("as_filed", sa.String(length=32), nullable=False),
        sa.Column("match_keys", sa.LargeBinary(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("excluded_why", sa.String(length=40), nullable=True),
        sa.Column("merged_into", sa.String(length=36), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_batch_id", sa.String(length=36), nullable=True),
        sa.Column("last_batch_id", sa.String(length=36), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_family_area_code")),
        sa.ForeignKeyConstraint(["assigned_to"], ["staff.id"], name=op.f("fk_family_assigned_to")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family")),
        sa.UniqueConstraint("ref", name=op.f("uq_family_ref")),
        postgresql_with={"fillfactor": 50},
    )
    with op.batch_alter_table("family", schema=None) as batch_op:
        batch_op.create_index("ix_family_area_code_assigned_to", ["area_code", "assigned_to"], unique=False)

    op.create_table(
        "practised",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_practised_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "family", name=op.f("pk_practised")),
    )
    op.create_table(
        "shift",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_shift_area_code")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_shift_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_area_code"), ["area_code"], unique=False)

    op.create_table(
        "staff_area",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_staff_area_area_code")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_area_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "area_code", name=op.f("pk_staff_area")),
    )
    op.create_table(
        "standby",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_standby_organisation_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_standby_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standby")),
    )
    with op.batch_alter_table("standby", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_standby_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_web_session_staff_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_session_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=True),
        sa.Column("number_id", sa.String(length=36), nullable=True),
        sa.Column("text_id", sa.String(length=36), nullable=True),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.String(length=36), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=36), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nobody_to_tell_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_area", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_alert_area_code")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_alert_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("text_id", name=op.f("uq_alert_text_id")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_area_code"), ["area_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_family_id"), ["family_id"], unique=False)

    op.create_table(
        "carer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("relationship", sa.String(length=20), nullable=False),
        sa.Column("authority", sa.String(length=30), nullable=True),
        sa.Column("words_for_it", sa.LargeBinary(), nullable=True),
        sa.Column("cannot_use_voice", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_carer_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carer")),
        sa.UniqueConstraint("family_id", name=op.f("uq_carer_family_id")),
    )
    with op.batch_alter_table("carer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_carer_ref"), ["ref"], unique=False)

    op.create_table(
        "child",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("first_name", sa.LargeBinary(), nullable=True),
        sa.Column("born_on", sa.String(length=10), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("open_to", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_child_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child")),
        sa.UniqueConstraint("family_id", "ref", name=op.f("uq_child_family_id_ref")),
    )
    with op.batch_alter_table("child", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_child_ref"), ["ref"], unique=False)

    op.create_table(
        "conflict",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("set_by", sa.String(length=36), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_conflict_family_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_conflict_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "family_id", name=op.f("pk_conflict")),
    )
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_family_id"), ["family_id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=10), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.Column("given_by", sa.String(length=60), nullable=False),
        sa.Column("for_whom", sa.JSON(), nullable=False),
        sa.Column("authority", sa.String(length=30), nullable=True),
        sa.Column("wording", sa.LargeBinary(), nullable=True),
        sa.Column("wording_name", sa.String(length=120), nullable=True),
        sa.Column("wording_version", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("recorded_by", sa.String(length=36), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("text_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_consent_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_family_id"), ["family_id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("cadence_version_id", sa.String(length=36), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("imprisoned_on", sa.Date(), nullable=False),
        sa.Column("late", sa.String(length=6), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("state_why", sa.String(length=30), nullable=True),
        sa.Column("rested_why", sa.String(length=30), nullable=True),
        sa.Column("rest_until", sa.Date(), nullable=True),
        sa.Column("plan_from", sa.Date(), nullable=True),
        sa.Column("steps_behind", sa.String(length=200), nullable=False),
        sa.Column("asked_rounds", sa.Integer(), nullable=False),
        sa.Column("noes", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cadence_version_id"], ["cadence_version.id"], name=op.f("fk_enrolment_cadence_version_id")
        ),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_enrolment_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_cadence_version_id"), ["cadence_version_id"], unique=False)
        batch_op.create_index(
            "ix_enrolment_plan_from",
            ["plan_from"],
            unique=False,
            sqlite_where=sa.text("plan_from IS NOT NULL"),
            postgresql_where=sa.text("plan_from IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_enrolment_live",
            ["family_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'ended'"),
            postgresql_where=sa.text("state <> 'ended'"),
        )

    op.create_table(
        "family_exception",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("channel", sa.String(length=6), nullable=True),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("set_by", sa.String(length=36), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=36), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_family_exception_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_exception")),
    )
    with op.batch_alter_table("family_exception", schema=None) as batch_op:
        batch_op.create_index(
            "uq_family_exception_standing",
            ["family_id", "kind"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "family_number",
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("number_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_why", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_family_number_family_id")),
        sa.ForeignKeyConstraint(["number_id"], ["number.id"], name=op.f("fk_family_number_number_id")),
        sa.PrimaryKeyConstraint("family_id", "number_id", name=op.f("pk_family_number")),
    )
    with op.batch_alter_table("family_number", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_family_number_number_id"), ["number_id"], unique=False)

    op.create_table(
        "hold",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("set_by", sa.String(length=36), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_again_on", sa.Date(), nullable=True),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("asked_by", sa.String(length=36), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_why", sa.LargeBinary(), nullable=True),
        sa.Column("officer_said", sa.LargeBinary(), nullable=True),
        sa.Column("officer_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=36), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_why", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_hold_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index(
            "uq_hold_open",
            ["family_id", "kind"],
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )

    op.create_table(
        "name_index",
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_name_index_family_id")),
        sa.PrimaryKeyConstraint("word", "family_id", name=op.f("pk_name_index")),
    )
    op.create_table(
        "need",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("detail", sa.String(length=60), nullable=True),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_need_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
    )
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_family_id"), ["family_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("imprisoned_on", sa.Date(), nullable=False),
        sa.Column("children", sa.JSON(), nullable=False),
        sa.Column("why", sa.String(length=24), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("front_door", sa.Boolean(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=36), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_how", sa.String(length=10), nullable=True),
        sa.Column("not_sent_why", sa.String(length=120), nullable=True),
        sa.Column("chased", sa.Integer(), nullable=False),
        sa.Column("chase_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.String(length=12), nullable=True),
        sa.Column("answer_words", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=36), nullable=True),
        sa.Column("dropped_why", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_notice_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_area_code_state", ["area_code", "state"], unique=False)
        batch_op.create_index("ix_notice_family_id", ["family_id"], unique=False)

    op.create_table(
        "parent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("imprisoned_on", sa.Date(), nullable=False),
        sa.Column("custody", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_parent_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parent")),
        sa.UniqueConstraint("family_id", "ref", name=op.f("uq_parent_family_id_ref")),
    )
    with op.batch_alter_table("parent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parent_ref"), ["ref"], unique=False)

    op.create_table(
        "referral",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("before_hold", sa.String(length=10), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=36), nullable=True),
        sa.Column("decline_reason", sa.String(length=40), nullable=True),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("engaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_referral_family_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["organisation.id"], name=op.f("fk_referral_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_referral_conversation_id")),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_family_id"), ["family_id"], unique=False)
        batch_op.create_index("ix_referral_partner_id_state", ["partner_id", "state"], unique=False)
        batch_op.create_index(
            "uq_referral_live",
            ["family_id", "partner_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('held', 'sent', 'opened', 'accepted', 'contacted', 'engaged')"),
            postgresql_where=sa.text("state IN ('held', 'sent', 'opened', 'accepted', 'contacted', 'engaged')"),
        )

    op.create_table(
        "task",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=True),
        sa.Column("area_code", sa.String(length=12), nullable=True),
        sa.Column("for_role", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.String(length=36), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_task_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_area_code"), ["area_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_family_id"), ["family_id"], unique=False)
        batch_op.create_index(
            "uq_task_open",
            ["kind", "subject_id"],
            unique=True,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "alert_told",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_told_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_told")),
        sa.UniqueConstraint(
            "alert_id", "staff_id", "channel", "round", name=op.f("uq_alert_told_alert_id_staff_id_channel_round")
        ),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("enrolment_id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("planned_channel", sa.String(length=6), nullable=False),
        sa.Column("channel", sa.String(length=6), nullable=False),
        sa.Column("script", sa.String(length=60), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised", sa.Boolean(), nullable=False),
        sa.Column("waits_for", sa.String(length=30), nullable=True),
        sa.Column("their_words", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_to", sa.String(length=36), nullable=True),
        sa.Column("list_of", sa.String(length=36), nullable=True),
        sa.Column("list_on", sa.Date(), nullable=True),
        sa.Column("passed_by", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("outcome_why", sa.String(length=40), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_follow", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'ended') = (outcome IS NOT NULL)", name=op.f("ck_offer_one_outcome")),
        sa.CheckConstraint("list_of IS NULL OR list_on IS NOT NULL", name=op.f("ck_offer_listed_for_a_day")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_offer_enrolment_id")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_offer_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("enrolment_id", "step", "round", name=op.f("uq_offer_enrolment_id_step_round")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index("ix_offer_closes", ["state", "closes_at"], unique=False)
        batch_op.create_index("ix_offer_due", ["state", "channel", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_family_id"), ["family_id"], unique=False)
        batch_op.create_index(
            "ix_offer_to_follow",
            ["to_follow"],
            unique=False,
            sqlite_where=sa.text("to_follow IS NOT NULL"),
            postgresql_where=sa.text("to_follow IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_offer_open",
            ["family_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "attempt",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("offer_id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("number_of", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=6), nullable=False),
        sa.Column("number_id", sa.String(length=36), nullable=True),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("code", sa.String(length=4), nullable=True),
        sa.Column("caller_id", sa.String(length=10), nullable=True),
        sa.Column("band", sa.String(length=10), nullable=True),
        sa.Column("pre_text", sa.Boolean(), nullable=False),
        sa.Column("provider_sid", sa.String(length=40), nullable=True),
        sa.Column("provider_state", sa.String(length=20), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_attempt_family_id")),
        sa.ForeignKeyConstraint(["number_id"], ["number.id"], name=op.f("fk_attempt_number_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_attempt_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("offer_id", "number_of", name=op.f("uq_attempt_offer_id_number_of")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempt_family_id"), ["family_id"], unique=False)

    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("offer_id", sa.String(length=36), nullable=True),
        sa.Column("number_id", sa.String(length=36), nullable=True),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("script", sa.String(length=60), nullable=False),
        sa.Column("bundle_version", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("attempt_code", sa.String(length=4), nullable=True),
        sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bundle_version"], ["bundle.version"], name=op.f("fk_conversation_bundle_version")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_conversation_family_id")),
        sa.ForeignKeyConstraint(["number_id"], ["number.id"], name=op.f("fk_conversation_number_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_conversation_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.create_index("ix_conversation_family_id_state", ["family_id", "state"], unique=False)
        batch_op.create_index("ix_conversation_number_id", ["number_id"], unique=False)

    op.create_table(
        "text",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("number_id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=True),
        sa.Column("offer_id", sa.String(length=36), nullable=True),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("answers_id", sa.String(length=36), nullable=True),
        sa.Column("purpose", sa.String(length=14), nullable=False),
        sa.Column("wording", sa.String(length=60), nullable=True),
        sa.Column("wording_version", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("waits_for", sa.String(length=30), nullable=True),
        sa.Column("by_staff", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim", sa.String(length=36), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_sid", sa.String(length=40), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_text_family_id")),
        sa.ForeignKeyConstraint(["number_id"], ["number.id"], name=op.f("fk_text_number_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_text_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text")),
        sa.UniqueConstraint("provider_sid", name=op.f("uq_text_provider_sid")),
    )
    with op.batch_alter_table("text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_text_answers_id"), ["answers_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_text_family_id"), ["family_id"], unique=False)
        batch_op.create_index(
            "ix_text_offer_id",
            ["offer_id"],
            unique=False,
            sqlite_where=sa.text("offer_id IS NOT NULL"),
            postgresql_where=sa.text("offer_id IS NOT NULL"),
        )
        batch_op.create_index("ix_text_queue", ["state", "due_at", "id"], unique=False)
        batch_op.create_index("ix_text_thread", ["number_id", "at"], unique=False)
        batch_op.create_index("ix_text_urgent", ["state", "purpose", "due_at", "id"], unique=False)

    op.create_table(
        "answer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=60), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("by_staff", sa.String(length=36), nullable=True),
        sa.Column("text_id", sa.String(length=36), nullable=True),
        sa.Column("question_id", sa.String(length=36), nullable=True),
        sa.Column("replaced", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_answer_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_answer_conversation_id_seq")),
    )
    op.create_table(
        "aside",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("has_contact", sa.String(length=8), nullable=True),
        sa.Column("seen_as", sa.String(length=8), nullable=True),
        sa.Column("wants_contact", sa.String(length=8), nullable=True),
        sa.Column("order_in_place", sa.String(length=8), nullable=True),
        sa.Column("research", sa.String(length=8), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_aside_conversation_id")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_aside_family_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_aside")),
    )
    with op.batch_alter_table("aside", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_aside_family_id"), ["family_id"], unique=False)

    op.create_table(
        "handover",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("provider_sid", sa.String(length=40), nullable=True),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_handover_conversation_id")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_handover_family_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["organisation.id"], name=op.f("fk_handover_partner_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_handover_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_handover_family_id"), ["family_id"], unique=False)

    op.create_table(
        "reading",
        sa.Column("text_id", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=True),
        sa.Column("area_code", sa.String(length=12), nullable=True),
        sa.Column("intent", sa.String(length=14), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("proposed_on", sa.String(length=40), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("acted", sa.Boolean(), nullable=False),
        sa.Column("needs_person", sa.Boolean(), nullable=False),
        sa.Column("taken_by", sa.String(length=36), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=36), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("corrected_intent", sa.String(length=14), nullable=True),
        sa.Column("held_after_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["text_id"], ["text.id"], name=op.f("fk_reading_text_id")),
        sa.PrimaryKeyConstraint("text_id", name=op.f("pk_reading")),
    )
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reading_family_id"), ["family_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reading_needs_person"), ["needs_person"], unique=False)

    guard_all(op.get_bind(), ("consent", "event", "event_link", "receipt"))


def downgrade() -> None:
    raise NotImplementedError("restore the backup instead")
