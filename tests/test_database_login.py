"""Addresses of databases, and which account is told to which server."""

from __future__ import annotations

from pathlib import Path

import pytest

from faebot_hash.adapters.database_login import read_address, with_account, without_password
from faebot_hash.adapters.store import Store
from faebot_hash.errors import SettingsError, StoreError
from tests.databases import run_sql
from tests.mariadb_server import MariaServer

TOOLSDB = "mariadb+pymysql://tools.db.svc.wikimedia.cloud/s1__hashes"
REPLICA = "mysql+pymysql://commonswiki.web.db.svc.wikimedia.cloud/commonswiki_p"
ENVIRONMENT = {
    "TOOL_TOOLSDB_USER": "s1",
    "TOOL_TOOLSDB_PASSWORD": "one",
    "TOOL_REPLICA_USER": "u1",
    "TOOL_REPLICA_PASSWORD": "two",
}


@pytest.mark.parametrize(
    ("address", "account"),
    [
        (TOOLSDB, ("s1", "one")),
        (REPLICA, ("u1", "two")),
        (TOOLSDB.replace("tools.", "me@tools."), ("me", None)),
        ("mariadb+pymysql://db.example.org/d", (None, None)),
        ("mariadb+pymysql://tools.db.svc.wikimedia.cloud.example.org/d", (None, None)),
    ],
)
def test_only_its_own_server_is_told_an_account(
    address: str, account: tuple[str | None, str | None], tmp_path: Path
) -> None:
    url = with_account(read_address(address), ENVIRONMENT, tmp_path)
    assert (url.username, url.password) == account
    assert url.drivername == "mariadb+pymysql"


def test_without_the_environment_the_tools_own_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"replica\.my\.cnf: No such file"):
        with_account(read_address(TOOLSDB), {}, tmp_path)
    (tmp_path / "replica.my.cnf").write_text("[client]\nuser = s1\npassword = one\n")
    with pytest.raises(SettingsError, match="mode 644"):
        with_account(read_address(TOOLSDB), {}, tmp_path)
    (tmp_path / "replica.my.cnf").chmod(0o600)
    url = with_account(read_address(TOOLSDB), {"TOOL_TOOLSDB_USER": "s1"}, tmp_path)
    assert dict(url.query) == {"read_default_file": str(tmp_path / "replica.my.cnf")}
    assert url.username is None


def test_an_accounts_file_opens_the_store(mariadb: MariaServer, tmp_path: Path) -> None:
    address = mariadb.clean_database()
    name = address.rpartition("/")[2]
    run_sql(
        address,
        "CREATE OR REPLACE USER 'filed'@'127.0.0.1' IDENTIFIED BY 'p#s''s'",
        f"GRANT ALL ON {name}.* TO 'filed'@'127.0.0.1'",
    )
    file = tmp_path / "replica.my.cnf"
    file.write_text("[client]\nuser='filed'\npassword=\"p#s's\"\n")
    file.chmod(0o600)
    with Store.open(f"{address.replace('root@', '')}?read_default_file={file}") as store:
        store.keep_checkpoint("a", "1")
        seen = store._database.read(lambda c: c.exec_driver_sql("SELECT current_user()").scalar())
    assert seen == "filed@127.0.0.1"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("mariadb+pymysql://u:p@h/d", "mariadb+pymysql://…@h/d"),
        ("x://u:p/a@b@h/d", "x://…@h/d"),
        ("sqlite:///a.sqlite", "sqlite:///a.sqlite"),
        ("nonsense", "nonsense"),
        ("u:p@h/d", "…@h/d"),
        ("mariadb+pymysql://h/d?password=p&charset=utf8", "mariadb+pymysql://h/d?password=…&charset=utf8"),
    ],
)
def test_addresses_are_shown_without_passwords(address: str, shown: str) -> None:
    assert without_password(address) == shown
