"""Alembic's way in; ``outreach/store/migrating.py`` is what calls it, with an open connection."""

from __future__ import annotations

from alembic import context

from outreach.store.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
