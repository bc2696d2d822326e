"""Digests of originals, and the history of links."""

from alembic import op

revision = "3"
down_revision = "2"

STATEMENTS = (
    "CREATE TABLE original (sha1 VARCHAR(40) NOT NULL, pillow VARCHAR(40) NOT NULL, "
    "stripped_sha1 VARCHAR(40), non_exif_sha1 VARCHAR(40), pixel_sha1 VARCHAR(40), frames INTEGER, "
    "mode VARCHAR(8), bit_depth INTEGER, width_px INTEGER, height_px INTEGER, orientation INTEGER, "
    "icc VARCHAR(40), rejection VARCHAR(40), detail TEXT, read_at DATETIME NOT NULL, PRIMARY KEY (sha1), "
    "CONSTRAINT digest_or_rejection CHECK (pixel_sha1 IS NULL OR rejection IS NULL)) WITHOUT ROWID",
    "CREATE TABLE link (url_sha256 VARCHAR(64) NOT NULL, url TEXT NOT NULL, PRIMARY KEY (url_sha256))",
    "CREATE TABLE link_observation (url_sha256 VARCHAR(64) NOT NULL, at DATETIME NOT NULL, "
    "verdict VARCHAR(20) NOT NULL, PRIMARY KEY (url_sha256, at), "
    "FOREIGN KEY(url_sha256) REFERENCES link (url_sha256)) WITHOUT ROWID",
)
"""For SQLite: no store of that age was ever kept anywhere else."""


def upgrade() -> None:
    """Go to schema 3."""
    for statement in STATEMENTS:
        op.execute(statement)
