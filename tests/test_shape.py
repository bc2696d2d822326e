"""The house stays as designed: levels, one door per library, no cycles, small files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_LINES = 300
MAX_SCRIPT_LINES = 120

LEVELS = {
    "reasons": 0,
    "model": 1,
    "escape": 1,
    "errors": 1,
    "level": 1,
    "collection": 2,
    "markup": 2,
    "merit": 2,
    "preflight": 2,
    "jpeg": 2,
    "edits": 2,
    "likeness": 2,
    "links": 2,
    "web_settings": 2,
    "settings": 3,
    "family": 3,
    "console": 3,
    "tally": 3,
    "images": 3,
    "marks": 3,
    "bots": 3,
    "wikitext": 3,
    "ports": 4,
    "settings_file": 4,
    "slices": 5,
    "fingerprint": 4,
    "bands": 2,
    "join_numpy": 3,
    "join_kernels": 3,
    "join_numba": 4,
    "join": 5,
    "groups": 3,
    "pairs": 6,
    "nearest": 7,
    "columns": 3,
    "cluster": 6,
    "lookup": 4,
    "frames": 4,
    "match": 4,
    "score": 4,
    "exclude": 4,
    "assessed": 4,
    "evidence": 4,
    "tag": 4,
    "credits": 4,
    "rationale": 4,
    "nominate": 5,
    "objections": 6,
    "report": 4,
    "dossier": 4,
    "contrast": 5,
    "confirm_tally": 5,
    "confirm_lines": 6,
    "family_section": 6,
    "confirm_pages": 7,
    "confirm_table": 5,
    "options": 4,
    "gate": 4,
    "hash_index": 4,
    "hash_rows": 5,
    "carrying": 6,
    "portions": 5,
    "shares": 5,
    "index": 7,
    "walk": 8,
    "index_lines": 8,
    "indexing": 9,
    "settle": 5,
    "pixels": 5,
    "scaler": 5,
    "study_plan": 4,
    "study": 5,
    "study_table": 6,
    "study_pages": 6,
    "study_lines": 6,
    "study_chart": 6,
    "samples": 7,
    "thumbnails": 6,
    "originals": 6,
    "identity": 6,
    "families": 5,
    "slicing": 7,
    "find": 8,
    "parts": 2,
    "near_pairs": 7,
    "similar": 2,
    "file_clusters": 7,
    "cluster_edits": 5,
    "clusters": 8,
    "upkeep": 9,
    "cluster_pages": 9,
    "cluster_table": 10,
    "cluster_lines": 10,
    "cluster_sweep": 11,
    "report_files": 5,
    "near": 8,
    "near_pages": 9,
    "near_table": 9,
    "near_lines": 9,
    "report_pages": 9,
    "near_sweep": 10,
    "confirm": 7,
    "partners": 6,
    "upload": 4,
    "upload_lines": 5,
    "upload_table": 6,
    "upload_check": 10,
    "undo": 6,
    "recheck": 6,
    "linkrot": 6,
    "apply": 6,
    "adapters": 7,
    "session": 8,
    "sweep": 9,
    "web": 9,
    "publication": 9,
    "thumbsize": 9,
    "confirmation": 10,
    "runs": 9,
    "commands": 11,
    "__main__": 12,
}

PACKAGES = {"adapters", "commands", "web"}

DOORS = {
    "PIL": {"images", "frames", "scaler"},
    "matplotlib": {"study_chart"},
    "imagehash": {"fingerprint"},
    "mwparserfromhell": {"wikitext"},
    "tomllib": {"settings_file"},
    "pywikibot": {"adapters.commons", "adapters.prompt", "adapters.queries"},
    "requests": {"adapters.http", "adapters.vetted"},
    "urllib3": {"adapters.finna", "adapters.http", "adapters.links", "adapters.vetted"},
    "sqlalchemy": {
        "adapters.checkpoints",
        "adapters.column_types",
        "adapters.counters",
        "adapters.database",
        "adapters.database_login",
        "adapters.external_links",
        "adapters.failures",
        "adapters.fingerprints",
        "adapters.foreign_hashes",
        "adapters.hash_changes",
        "adapters.imagehash_toolforge",
        "adapters.index_reader",
        "adapters.indexed_hashes",
        "adapters.journal",
        "adapters.link_history",
        "adapters.mariadb_database",
        "adapters.migrations.versions.v4_hash_index",
        "adapters.originals",
        "adapters.pages",
        "adapters.rejections",
        "adapters.renewal",
        "adapters.replica",
        "adapters.schema",
        "adapters.slices_done",
        "adapters.sqlite_database",
        "adapters.upsert",
    },
    "alembic": {
        "adapters.migrations.env",
        "adapters.migrations.versions.v2_order_of_planning",
        "adapters.migrations.versions.v3_originals_and_links",
        "adapters.migrations.versions.v4_hash_index",
        "adapters.renewal",
    },
    "flask": {
        "web.api",
        "web.app",
        "web.compatible",
        "web.documentation",
        "web.headers",
        "web.health",
        "web.refusals",
        "web.start",
    },
    "werkzeug": {"web.api", "web.questions", "web.refusals"},
    "sqlite3": {"adapters.sqlite_file"},
    "numba": {"join_kernels"},
    "pyarrow": {"adapters.parquet", "adapters.parquet_rows"},
    "pymysql": set(),
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
        ("match.py", "from faebot_hash.find import find\n", "match (level 4) imports find (level 8)"),
        ("match.py", "from faebot_hash import tag\n", "match (level 4) imports tag (level 4)"),
        (
            "tag.py",
            "def f():\n    import pywikibot\n",
            "tag imports pywikibot, whose door is adapters.commons, adapters.prompt, adapters.queries",
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
