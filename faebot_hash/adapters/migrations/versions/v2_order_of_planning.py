"""Journal rows keep the order in which they were planned, and the files that they were compared with."""

from alembic import op

revision = "2"
down_revision = "1"

STATEMENTS = (
    "UPDATE journal SET run = '' WHERE run IS NULL",
    "CREATE INDEX ix_journal_run ON journal (run)",
    "ALTER TABLE journal ADD COLUMN number BIGINT DEFAULT 0 NOT NULL",
    "UPDATE journal SET number = rowid",
    "CREATE UNIQUE INDEX ix_journal_number ON journal (number)",
    "ALTER TABLE journal ADD COLUMN file_timestamp DATETIME",
    "ALTER TABLE journal ADD COLUMN detail TEXT",
    "CREATE TABLE journal_partner (token VARCHAR(64) NOT NULL, position INTEGER NOT NULL, "
    "page_id BIGINT NOT NULL, sha1 VARCHAR(40) NOT NULL, PRIMARY KEY (token, position), "
    "FOREIGN KEY(token) REFERENCES journal (token))",
)
"""For SQLite: no store of that age was ever kept anywhere else."""


def upgrade() -> None:
    """Go to schema 2."""
    for statement in STATEMENTS:
        op.execute(statement)
