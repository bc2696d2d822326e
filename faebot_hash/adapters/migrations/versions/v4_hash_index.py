"""The hash index: pages, failures, hashes from elsewhere, checkpoints, leases, and changes to follow."""

import sqlalchemy as sa
from alembic import op

from faebot_hash.adapters.column_types import MARIADB, Moment, Unsigned64

revision = "4"
down_revision = "3"

_OPTIONS = {
    f"{MARIADB}_engine": "InnoDB",
    f"{MARIADB}_charset": "utf8mb4",
    f"{MARIADB}_collate": "utf8mb4_nopad_bin",
}


def upgrade() -> None:
    """Go to schema 4; what an interrupted try has made is left as it is."""
    on_mariadb = op.get_bind().dialect.name == MARIADB
    op.add_column(
        "fingerprint",
        sa.Column("change_number", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        # SQLite has no such clause, and takes an interrupted try back.
        if_not_exists=True if on_mariadb else None,
    )
    _index("fingerprint", "change_number")
    _index_of_hashes("fingerprint")
    _create_tables()
    for table, columns in (("page", ("title", "sha1", "change_number")), ("failure", ("retry_at",))):
        for column in columns:
            _index(table, column)
    _index("foreign_hash", "change_number")
    _index_of_hashes("foreign_hash")
    _index("lease", "expires_at")
    _index("commit_mark", "at")
    op.execute("DELETE FROM counter")
    op.execute("INSERT INTO counter SELECT 'journal', coalesce(max(number), 0) FROM journal")
    op.execute("INSERT INTO counter SELECT 'change', coalesce(max(change_number), 0) FROM fingerprint")
    op.execute("UPDATE meta SET value = '4' WHERE name = 'schema_version'")


def _index(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column], if_not_exists=True)


def _index_of_hashes(table: str) -> None:
    for kind in ("phash", "dhash"):
        op.create_index(f"ix_{table}_{kind}", table, ["basis_id", kind], if_not_exists=True)


def _create_tables() -> None:
    _create(
        "page",
        sa.Column("page_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("sha1", sa.String(40)),
        sa.Column("uploaded", Moment),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("change_number", sa.BigInteger, nullable=False),
    )
    _create(
        "failure",
        sa.Column("page_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failed_at", Moment, nullable=False),
        sa.Column("retry_at", Moment),
    )
    _create(
        "foreign_hash",
        sa.Column("source", sa.String(40), primary_key=True),
        sa.Column("page_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("phash", Unsigned64, nullable=False),
        sa.Column("dhash", Unsigned64, nullable=False),
        sa.Column("basis_id", sa.Integer, sa.ForeignKey("basis.id"), nullable=False),
        sa.Column("imported_at", Moment, nullable=False),
        sa.Column("change_number", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    _create(
        "checkpoint",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
    )
    _create(
        "lease",
        sa.Column("unit", sa.String(255), primary_key=True),
        sa.Column("holder", sa.String(255), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )
    _create(
        "counter",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    _create(
        "commit_mark",
        sa.Column("writer", sa.String(32), primary_key=True),
        sa.Column("unit", sa.BigInteger, nullable=False),
        sa.Column("at", Moment, nullable=False),
    )


def _create(name: str, *columns: sa.Column[object], **options: object) -> None:
    op.create_table(name, *columns, if_not_exists=True, **_OPTIONS, **options)
