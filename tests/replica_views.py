"""A copy of the practice wiki's tables in MariaDB, under views in the shape of Wikimedia's replicas.

The columns are those of production since 2026; what MediaWiki 1.43 has not yet (``file``, ``filerevision``,
``filetypes``) is derived. There is no ``image`` and no ``oldimage``, so that a query on them fails as there.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.mariadb_server import MariaServer
from tests.practice.server import HOST
from tests.practice.wiki import PracticeWiki

READER = "s99999"
TABLES = {
    "page": """page_id INT UNSIGNED PRIMARY KEY, page_namespace INT, page_title VARBINARY(255),
        page_is_redirect TINYINT UNSIGNED, page_len INT UNSIGNED, page_latest INT UNSIGNED,
        UNIQUE (page_namespace, page_title)""",
    "image": """img_name VARBINARY(255) PRIMARY KEY, img_size BIGINT UNSIGNED, img_width INT, img_height INT,
        img_bits INT, img_media_type VARBINARY(20), img_major_mime VARBINARY(20),
        img_minor_mime VARBINARY(100), img_actor BIGINT UNSIGNED, img_timestamp BINARY(14),
        img_sha1 VARBINARY(32)""",
    "oldimage": """oi_name VARBINARY(255), oi_archive_name VARBINARY(255), oi_size BIGINT UNSIGNED,
        oi_width INT, oi_height INT, oi_bits INT, oi_actor BIGINT UNSIGNED, oi_timestamp BINARY(14),
        oi_deleted TINYINT UNSIGNED, oi_sha1 VARBINARY(32), INDEX (oi_name)""",
    "actor": "actor_id BIGINT UNSIGNED PRIMARY KEY, actor_user INT UNSIGNED, actor_name VARBINARY(255)",
    "externallinks": """el_id INT UNSIGNED PRIMARY KEY, el_from INT UNSIGNED,
        el_to_domain_index VARBINARY(255), el_to_path BLOB, INDEX (el_from),
        INDEX (el_to_domain_index, el_to_path(60))""",
}

MIME = "img_media_type, img_major_mime, img_minor_mime"
CURRENT = "CAST(CONV(LEFT(MD5(CONCAT(img_name, img_timestamp)), 12), 16, 10) AS UNSIGNED)"
OLDER = "CAST(CONV(LEFT(MD5(CONCAT(oi_name, oi_timestamp)), 12), 16, 10) AS UNSIGNED)"
WITH_PAGE = "JOIN tables_of_wiki.page ON page_namespace = 6 AND page_title ="
VIEWS = {
    "page": "SELECT * FROM tables_of_wiki.page",
    "actor": "SELECT * FROM tables_of_wiki.actor",
    "externallinks": "SELECT * FROM tables_of_wiki.externallinks",
    "filetypes": """SELECT CRC32(CONCAT_WS('/', {MIME})) AS ft_id, img_media_type AS ft_media_type,
        img_major_mime AS ft_major_mime, img_minor_mime AS ft_minor_mime
        FROM tables_of_wiki.image GROUP BY {MIME}""",
    "file": """SELECT page_id AS file_id, img_name AS file_name, {CURRENT} AS file_latest,
        CRC32(CONCAT_WS('/', {MIME})) AS file_type, 0 AS file_deleted
        FROM tables_of_wiki.image {WITH_PAGE} img_name""",
    "filerevision": """SELECT {CURRENT} AS fr_id, page_id AS fr_file, img_size AS fr_size,
        img_width AS fr_width, img_height AS fr_height, img_bits AS fr_bits, img_actor AS fr_actor,
        img_timestamp AS fr_timestamp, img_sha1 AS fr_sha1, CAST('' AS BINARY) AS fr_archive_name,
        0 AS fr_deleted FROM tables_of_wiki.image {WITH_PAGE} img_name
        UNION ALL SELECT {OLDER}, page_id, oi_size, oi_width, oi_height, oi_bits, oi_actor, oi_timestamp,
        oi_sha1, oi_archive_name, oi_deleted FROM tables_of_wiki.oldimage {WITH_PAGE} oi_name""",
}
PARTS = {"MIME": MIME, "CURRENT": CURRENT, "OLDER": OLDER, "WITH_PAGE": WITH_PAGE}


def run(server: MariaServer, *statements: str) -> None:
    """Run statements as the server's administrator."""
    with server.connect() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def replica_of(wiki: PracticeWiki, server: MariaServer) -> str:
    """Copy the wiki as it is now; gives the address of the views for an account that may only read them."""
    run(
        server,
        *(f"DROP DATABASE IF EXISTS {name}" for name in ("tables_of_wiki", "commonswiki_p", "heartbeat_p")),
        *(f"CREATE DATABASE {name} CHARACTER SET binary" for name in ("tables_of_wiki", "commonswiki_p")),
        *(f"CREATE TABLE tables_of_wiki.{name} ({columns})" for name, columns in TABLES.items()),
    )
    _copy(wiki, server)
    run(
        server,
        *(f"CREATE VIEW commonswiki_p.{name} AS {query.format(**PARTS)}" for name, query in VIEWS.items()),
        f"CREATE OR REPLACE USER {READER}@'{HOST}' WITH MAX_USER_CONNECTIONS 10 MAX_STATEMENT_TIME 30",
        f"GRANT SELECT, SHOW VIEW ON commonswiki_p.* TO {READER}@'{HOST}'",
    )
    return f"mariadb+pymysql://{READER}@{HOST}:{server.port}/commonswiki_p"


def tell_lag(server: MariaServer, seconds: float) -> None:
    """Let the server tell how far behind it is, as Wikimedia's do."""
    run(
        server,
        "CREATE DATABASE heartbeat_p",
        f"CREATE VIEW heartbeat_p.heartbeat AS SELECT 's4' AS shard, {seconds} AS lag "
        "UNION SELECT 's7' AS shard, 9999.0 AS lag",
        f"GRANT SELECT ON heartbeat_p.* TO {READER}@'{HOST}'",
    )


def _copy(wiki: PracticeWiki, server: MariaServer) -> None:
    path = wiki.folder / "sqlite" / "commonswiki.sqlite"
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as source,
        server.connect("tables_of_wiki") as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET NAMES binary")
        for name in TABLES:
            cursor.execute(f"SHOW COLUMNS FROM {name}")
            columns = ", ".join(row[0].decode() if isinstance(row[0], bytes) else row[0] for row in cursor)
            rows = source.execute(f"SELECT {columns} FROM {name}").fetchall()  # noqa: S608 - names of ours
            places = ", ".join(["%s"] * (columns.count(",") + 1))
            cursor.executemany(f"INSERT INTO {name} ({columns}) VALUES ({places})", rows)  # noqa: S608
