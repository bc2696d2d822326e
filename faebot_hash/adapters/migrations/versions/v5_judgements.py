"""What people judge of pairs of files, and the families that a run found, for them to judge."""

import sqlalchemy as sa
from alembic import op

from faebot_hash.adapters.column_types import MARIADB, Moment, long_text

revision = "5"
down_revision = "4"

_OPTIONS = {
    f"{MARIADB}_engine": "InnoDB",
    f"{MARIADB}_charset": "utf8mb4",
    f"{MARIADB}_collate": "utf8mb4_nopad_bin",
}


def upgrade() -> None:
    """Go to schema 5; what an interrupted try has made is left as it is."""
    _create(
        "judgement",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("sha1_a", sa.String(40), nullable=False),
        sa.Column("sha1_b", sa.String(40), nullable=False),
        sa.Column("judgement", sa.String(20), nullable=False),
        sa.Column("who", sa.String(255), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.CheckConstraint("sha1_a <= sha1_b", name="lower_sha1_first"),
    )
    _create(
        "review_case",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("run", sa.String(255), nullable=False),
        sa.Column("document", long_text(), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
    )
    _create(
        "review_case_pair",
        sa.Column("key", sa.String(64), sa.ForeignKey("review_case.key"), primary_key=True),
        sa.Column("sha1_a", sa.String(40), primary_key=True),
        sa.Column("sha1_b", sa.String(40), primary_key=True),
        sa.Column("phash_bits", sa.Integer),
        sa.Column("dhash_bits", sa.Integer),
        sqlite_with_rowid=False,
    )
    _index("ix_judgement_at", "judgement", "at")
    _index("ix_judgement_pair", "judgement", "sha1_a", "sha1_b")
    _index("ix_review_case_order", "review_case", "is_open", "made_at", "key")
    _index("ix_review_case_pair_pair", "review_case_pair", "sha1_a", "sha1_b")
    _index("ix_review_case_pair_sha1_b", "review_case_pair", "sha1_b")
    op.execute("UPDATE meta SET value = '5' WHERE name = 'schema_version'")


def _index(name: str, table: str, *columns: str) -> None:
    op.create_index(name, table, list(columns), if_not_exists=True)


def _create(name: str, *columns: sa.schema.SchemaItem, **options: object) -> None:
    op.create_table(name, *columns, if_not_exists=True, **_OPTIONS, **options)
