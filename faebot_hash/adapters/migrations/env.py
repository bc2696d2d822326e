"""What Alembic runs to carry out steps, on the connection that the store has opened."""

from __future__ import annotations

from alembic import context

from faebot_hash.adapters.schema import metadata

# SQLite takes all steps in the store's own transaction; MariaDB ends one with each change of a table.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
context.run_migrations()
