"""The clusters of a collection as galleries on a wiki page, and the page of a cluster's own category.

The texts depend on the clusters alone, so a run that finds the same ones writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faebot_hash.cluster_edits import category_name
from faebot_hash.collection import ClusterForm, Collection
from faebot_hash.console import plural
from faebot_hash.escape import category_link, plain, target
from faebot_hash.file_clusters import FileCluster
from faebot_hash.level import Level
from faebot_hash.parts import Part, parts
from faebot_hash.settings import ClusterSettings

GALLERY = '<gallery mode="packed" heights="100">'
MOST_IN_GALLERY = 200
MAX_TEXT = 120  # characters of a title under its picture

_MEANING = {
    Level.CLOSE: "nearly the same print",
    Level.VARIATION: "variations of one source or scene",
    Level.SIMILAR: "fairly similar",
}


def cluster_parts(
    collection: Collection, clusters: Sequence[FileCluster], settings: ClusterSettings
) -> list[Part]:
    """Write all clusters of a collection in their order."""
    blocks = [block for one in clusters for block in _blocks(collection, one)]
    opening = "\n".join(_opening(collection, clusters))
    return parts(collection.name, opening, blocks, settings.report_bytes)


def category_page(collection: Collection) -> str:
    """Write the page of a cluster's category."""
    lines = [f"Files that look alike ({level_text(collection.cluster_level)}), put together by their hashes."]
    if collection.cluster_parent:
        lines.append(f"[[Category:{collection.cluster_parent}]]")
    return "\n".join(lines)


def level_text(level: Level) -> str:
    """Say what a level means."""
    return (
        f"level “{level.name.lower()}”: dHashes at most {plural(level.value, 'bit')} apart, {_MEANING[level]}"
    )


def _opening(collection: Collection, clusters: Sequence[FileCluster]) -> Iterator[str]:
    files = sum(len(one.members) for one in clusters)
    what = plain(collection.title or collection.name, MAX_TEXT)
    yield f"Clusters of similar files in “{what}”, {level_text(collection.cluster_level)}."
    yield ""
    yield (
        f"{plural(len(clusters), 'cluster')} with {plural(files, 'file')}. In a cluster everyone is that "
        "near to everyone; a file is in one cluster at most."
    )
    yield ""


def _blocks(collection: Collection, one: FileCluster) -> Iterator[str]:
    """Write one gallery after the other, for even a cluster of thousands must fit on pages."""
    name = f"Cluster {one.key}"
    if collection.cluster_as is ClusterForm.CATEGORY:
        name = category_link(category_name(collection, one.key))
    apart = f"at most {plural(one.widest_bits, 'bit')} apart" if one.widest_bits else "all of one hash"
    heading = f"'''{name}''': {plural(len(one.members), 'file')}, {apart}"
    for start in range(0, len(one.members), MOST_IN_GALLERY):
        files = one.files[start : start + MOST_IN_GALLERY]
        pictures = [f"File:{target(file.title)}|{plain(file.title, MAX_TEXT)}" for file in files]
        yield "\n".join([heading, GALLERY, *pictures, "</gallery>", ""])
