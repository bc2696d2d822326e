"""The tables of the store as they are now; ``renewal`` brings older ones to it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from faebot_hash.adapters.column_types import MARIADB, Moment, Unsigned64, long_integer, long_text

SCHEMA_VERSION = 5

# Texts are compared byte by byte, blanks at the end included, as SQLite does it.
MARIADB_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_nopad_bin"}

metadata = MetaData()


@event.listens_for(Table, "before_parent_attach")
def _use_mariadb_options(table: Table, parent: MetaData) -> None:
    if parent is metadata:
        table.dialect_options[MARIADB].update(MARIADB_OPTIONS)


alembic_version = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

# Releases before schema 4 look here for a version, to refuse what they do not know.
meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", String(40)))

basis = Table(
    "basis",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(20), nullable=False),
    Column("thumb_width_px", Integer, nullable=False),
    Column("pillow", String(40), nullable=False),
    Column("imagehash", String(40), nullable=False),
    UniqueConstraint("source", "thumb_width_px", "pillow", "imagehash"),
)

fingerprint = Table(
    "fingerprint",
    metadata,
    Column("sha1", String(40), primary_key=True),
    Column("basis_id", ForeignKey(basis.c.id), primary_key=True),
    Column("phash", Unsigned64),
    Column("dhash", Unsigned64),
    Column("ahash", Unsigned64),
    Column("whash", Unsigned64),
    Column("low_information", Boolean),
    Column("rejection", String(40)),
    Column("detail", Text),
    Column("hashed_at", Moment, nullable=False),
    Column("change_number", BigInteger, nullable=False, server_default=text("0"), index=True),
    CheckConstraint("(phash IS NULL) = (rejection IS NOT NULL)", name="hashes_or_rejection"),
    Index("ix_fingerprint_phash", "basis_id", "phash"),
    Index("ix_fingerprint_dhash", "basis_id", "dhash"),
    sqlite_with_rowid=False,
)

# A page without a SHA1 shows no file any more; its row stays, so that followers of changes hear of it.
page = Table(
    "page",
    metadata,
    Column("page_id", BigInteger, primary_key=True, autoincrement=False),
    Column("title", String(255), nullable=False, index=True),
    Column("sha1", String(40), index=True),
    Column("uploaded", Moment),
    Column("seen_at", Moment, nullable=False),
    Column("change_number", BigInteger, nullable=False, index=True),
)

failure = Table(
    "failure",
    metadata,
    Column("page_id", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failed_at", Moment, nullable=False),
    Column("retry_at", Moment, index=True),
)

foreign_hash = Table(
    "foreign_hash",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("page_id", BigInteger, primary_key=True, autoincrement=False),
    Column("phash", Unsigned64, nullable=False),
    Column("dhash", Unsigned64, nullable=False),
    Column("basis_id", ForeignKey(basis.c.id), nullable=False),
    Column("imported_at", Moment, nullable=False),
    Column("change_number", BigInteger, nullable=False, index=True),
    Index("ix_foreign_hash_phash", "basis_id", "phash"),
    Index("ix_foreign_hash_dhash", "basis_id", "dhash"),
    sqlite_with_rowid=False,
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("unit", String(255), primary_key=True),
    Column("holder", String(255), nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

counter = Table(
    "counter",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

commit_mark = Table(
    "commit_mark",
    metadata,
    Column("writer", String(32), primary_key=True),
    Column("unit", BigInteger, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

slice_ = Table(
    "slice",
    metadata,
    Column("key", String(700), primary_key=True),
    Column("query", Text, nullable=False),
    Column("hits", Integer, nullable=False),
    Column("done_at", Moment, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("page_id", BigInteger, nullable=False, index=True),
    Column("title", String(255), nullable=False),
    Column("baserevid", BigInteger, nullable=False),
    Column("file_sha1", String(40), nullable=False),
    Column("new_text_sha1", String(40), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("planned_at", Moment, nullable=False),
    Column("sent_at", Moment, index=True),
    Column("settled_at", Moment),
    Column("revid", BigInteger),
    Column("run", String(255), index=True),
    Column("number", BigInteger, nullable=False, server_default=text("0"), unique=True, index=True),
    Column("file_timestamp", Moment),
    Column("detail", Text),
)

journal_partner = Table(
    "journal_partner",
    metadata,
    Column("token", ForeignKey(journal.c.token), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("page_id", BigInteger, nullable=False),
    Column("sha1", String(40), nullable=False),
)

original = Table(
    "original",
    metadata,
    Column("sha1", String(40), primary_key=True),
    Column("pillow", String(40), nullable=False),
    Column("stripped_sha1", String(40)),
    Column("non_exif_sha1", String(40)),
    Column("pixel_sha1", String(40)),
    Column("frames", long_integer()),
    Column("mode", String(8)),
    Column("bit_depth", Integer),
    Column("width_px", long_integer()),
    Column("height_px", long_integer()),
    Column("orientation", Integer),
    Column("icc", String(40)),
    Column("rejection", String(40)),
    Column("detail", Text),
    Column("read_at", Moment, nullable=False),
    CheckConstraint("pixel_sha1 IS NULL OR rejection IS NULL", name="digest_or_rejection"),
    sqlite_with_rowid=False,
)

# An address may be longer than any key, so its SHA-256 is the key; its text is for people.
link = Table(
    "link",
    metadata,
    Column("url_sha256", String(64), primary_key=True),
    Column("url", long_text(), nullable=False),
)

link_observation = Table(
    "link_observation",
    metadata,
    Column("url_sha256", ForeignKey(link.c.url_sha256), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("verdict", String(20), nullable=False),
    sqlite_with_rowid=False,
)

# Rows are only ever added, in the order of their numbers; what stands of a pair is told by all of them.
judgement = Table(
    "judgement",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("sha1_a", String(40), nullable=False),
    Column("sha1_b", String(40), nullable=False),
    Column("judgement", String(20), nullable=False),
    Column("who", String(255), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("why", Text, nullable=False),
    CheckConstraint("sha1_a <= sha1_b", name="lower_sha1_first"),
    Index("ix_judgement_pair", "sha1_a", "sha1_b"),
)

review_case = Table(
    "review_case",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("run", String(255), nullable=False),
    Column("document", long_text(), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Index("ix_review_case_order", "is_open", "made_at", "key"),
)

# The pairs of a case that people are asked about; every file of the case is in one of them.
review_case_pair = Table(
    "review_case_pair",
    metadata,
    Column("key", ForeignKey(review_case.c.key), primary_key=True),
    Column("sha1_a", String(40), primary_key=True),
    Column("sha1_b", String(40), primary_key=True, index=True),
    Column("phash_bits", Integer),
    Column("dhash_bits", Integer),
    Index("ix_review_case_pair_pair", "sha1_a", "sha1_b"),
    sqlite_with_rowid=False,
)
