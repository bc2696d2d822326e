"""The house stays as designed: levels, one door per library, no cycles, small files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_LINES = 300
MAX_SCRIPT_LINES = 120

LAYERS = (
    "exit_status reasons",
    "errors escape floors job_record judgements level model",
    "bands collection edits exposure jpeg likeness links markup merit parts preflight privileges similar "
    "spans status web_settings",
    "band_choice bots columns compiling console family groups images marks reductions settings "
    "status_lines tally wikitext",
    "assessed credits dossier evidence exclude fingerprint frames gate hash_index join_kernels join_numpy "
    "lookup lookup_kernels match options ports rationale report score settings_file study_plan tag upload",
    "cluster_edits confirm_table confirm_tally contrast families hash_rows intents join join_numba "
    "lookup_numba nominate pixels portions report_files restrictions scaler settle shares sign_off slices "
    "stopping study upload_lines",
    "cases checkup pairs study_lines",
    "apply carrying cluster confirm_lines doctor family_section identity kept_apart linkrot nearest "
    "objections originals partners recheck study_chart study_pages study_table thumbnails undo "
    "upload_table",
    "adapters confirm confirm_pages file_clusters index near_pairs samples slicing",
    "clusters find index_lines near session walk",
    "cluster_pages examination indexing near_lines near_pages near_table report_pages runs sweep "
    "thumbsize upkeep web",
    "cluster_lines cluster_table near_sweep publication status_report upload_check",
    "cluster_sweep commands confirmation",
    "__main__",
)
"""The modules and packages by level, lowest first: a module imports from lower levels only."""

LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names.split()}

PACKAGES = {"adapters", "commands", "web"}

DOORS = {
    "PIL": {"images", "frames", "reductions", "scaler"},
    "matplotlib": {"study_chart"},
    "imagehash": {"fingerprint"},
    "mwparserfromhell": {"wikitext"},
    "packaging": {"floors"},
    "tomllib": {"adapters.login_secrets", "settings_file"},
    "pywikibot": {"adapters.commons", "adapters.login_files", "adapters.prompt", "adapters.queries"},
    "requests": {"adapters.http", "adapters.vetted"},
    "urllib3": {
        "adapters.exchange",
        "adapters.finna",
        "adapters.http",
        "adapters.links",
        "adapters.vetted",
    },
    "sqlalchemy": {
        "adapters.backup",
        "adapters.checkpoints",
        "adapters.column_types",
        "adapters.counters",
        "adapters.database",
        "adapters.database_login",
        "adapters.external_links",
        "adapters.figures",
        "adapters.forgetting",
        "adapters.failures",
        "adapters.fingerprints",
        "adapters.foreign_hashes",
        "adapters.hash_changes",
        "adapters.imagehash_toolforge",
        "adapters.index_reader",
        "adapters.indexed_hashes",
        "adapters.journal",
        "adapters.judgements",
        "adapters.link_history",
        "adapters.mariadb_database",
        "adapters.migrations.versions.v4_hash_index",
        "adapters.migrations.versions.v5_judgements",
        "adapters.originals",
        "adapters.pages",
        "adapters.rejections",
        "adapters.renewal",
        "adapters.replica",
        "adapters.review_cases",
        "adapters.review_reader",
        "adapters.schema",
        "adapters.slices_done",
        "adapters.sqlite_database",
        "adapters.store",
        "adapters.tidying",
        "adapters.upsert",
    },
    "alembic": {
        "adapters.migrations.env",
        "adapters.migrations.versions.v2_order_of_planning",
        "adapters.migrations.versions.v3_originals_and_links",
        "adapters.migrations.versions.v4_hash_index",
        "adapters.migrations.versions.v5_judgements",
        "adapters.renewal",
    },
    "flask": {
        "web.api",
        "web.app",
        "web.bodies",
        "web.compatible",
        "web.documentation",
        "web.headers",
        "web.health",
        "web.login",
        "web.navigation",
        "web.pages",
        "web.refusals",
        "web.review",
        "web.review_api",
        "web.start",
        "web.visitors",
    },
    "werkzeug": {
        "web.bodies",
        "web.login",
        "web.pages",
        "web.questions",
        "web.refusals",
        "web.review",
        "web.review_questions",
    },
    "authlib": {"adapters.oauth"},
    "gunicorn": {"web.worker"},
    "sqlite3": {"adapters.sqlite_copy", "adapters.sqlite_file"},
    "llvmlite": {"lookup_kernels"},
    "numba": {"compiling", "lookup_kernels"},
    "pyarrow": {"adapters.parquet", "adapters.parquet_rows"},
    "pymysql": set(),
    "pyspark": {"adapters.spark_hashing", "adapters.spark_join", "adapters.spark_tables"},
    "pandas": {"adapters.spark_hashing"},
}


def module_name(path: Path, root: Path) -> str:
    """Name a file of the package without the package: "adapters.http"."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> list[str]:
    """List what a file imports, at any depth of its code, as dotted names."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by full name, not relatively"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def level(module: str) -> int:
    """Give the level of a module; a package's modules share the package's level."""
    return LEVELS[module.split(".")[0]]


def complaints(root: Path) -> list[str]:
    """Say what in a package folder breaks the rules of the house, one sentence each."""
    found = []
    for path in sorted(root.rglob("*.py")):
        module = module_name(path, root)
        if not module or module == "adapters":
            continue
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            found.append(f"{module}: {lines} lines, at most {MAX_LINES}")
        for name in imports(path):
            found += _import_complaints(module, name)
    return found


def _import_complaints(module: str, name: str) -> list[str]:
    top, _, rest = name.partition(".")
    if top == "faebot_hash" and rest:
        target = rest.split(".")[0]
        if target not in LEVELS:
            return []
        same_package = module.split(".")[0] == target and target in PACKAGES
        if level(target) >= level(module) and not same_package:
            return [f"{module} (level {level(module)}) imports {target} (level {level(target)})"]
    if top in DOORS and module not in DOORS[top]:
        return [f"{module} imports {top}, whose door is {', '.join(sorted(DOORS[top]))}"]
    return []


def test_the_package_keeps_the_rules() -> None:
    assert complaints(ROOT / "faebot_hash") == []


def test_every_module_has_a_level() -> None:
    names = {
        module_name(path, ROOT / "faebot_hash").split(".")[0] for path in (ROOT / "faebot_hash").rglob("*.py")
    }
    assert names - {""} <= LEVELS.keys()


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("match.py", "from faebot_hash.find import find\n", "match (level 4) imports find (level 9)"),
        ("match.py", "from faebot_hash import tag\n", "match (level 4) imports tag (level 4)"),
        (
            "tag.py",
            "def f():\n    import pywikibot\n",
            "tag imports pywikibot, whose door is adapters.commons, adapters.login_files, adapters.prompt, "
            "adapters.queries",
        ),
        ("images.py", "x = 1\n" * 301, "images: 301 lines, at most 300"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, name: str, source: str, complaint: str) -> None:
    (tmp_path / name).write_text(source)
    assert complaints(tmp_path) == [complaint]


def test_adapters_do_not_import_each_other_in_circles() -> None:
    graph = {
        module_name(path, ROOT / "faebot_hash"): {
            name.removeprefix("faebot_hash.")
            for name in imports(path)
            if name.startswith("faebot_hash.adapters")
        }
        for path in (ROOT / "faebot_hash" / "adapters").glob("*.py")
    }
    for start, targets in graph.items():
        for target in targets:
            back = {t for t in graph if target.startswith(t) and any(x.startswith(start) for x in graph[t])}
            assert not back - {"adapters"}, f"{start} and {target} import each other"


def test_scripts_are_thin() -> None:
    for path in (ROOT / "scripts").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_SCRIPT_LINES, path.name


def test_truncated_images_are_never_allowed() -> None:
    for folder in ("faebot_hash", "scripts", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                targets = node.targets if isinstance(node, ast.Assign) else []
                names = {t.attr for t in targets if isinstance(t, ast.Attribute)}
                assert "LOAD_TRUNCATED_IMAGES" not in names, path
