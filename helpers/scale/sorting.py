"""Groups for the captions of a large collection, on Ray Data: learnt from a sample, told of everything.

    part-….parquet ─ a sample ─► cluster_captions ─► predict, part by part ─► groups/part-….parquet
                                                  └► tallies, added up ─► names

Only the sample and the counts of words are ever in one place.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import ray
from pyarrow import parquet

from helpers.base.disks import disk_errors
from helpers.base.errors import UserError
from helpers.base.files import whole_file
from helpers.base.progress import progress
from helpers.scale.captioning import plain_errors, start
from helpers.sort.clustering import Clusters, cluster_captions, cluster_vectors
from helpers.sort.naming import REST, name_groups, tally
from helpers.sort.vectors import cut

GROUP_SAMPLE = 100_000  # pictures from which the groups are learnt


@disk_errors()
def group_collection(
    captions: str | Path,
    out: str | Path,
    k: int | None = None,
    *,
    by="caption",
    sample=GROUP_SAMPLE,
    seed: int = 0,
) -> tuple[Clusters, np.ndarray]:
    """Sort a collection that `caption_collection` has captioned, and write each picture's group below `out`.

    The groups are learnt from a `sample`, always the same, by their "caption" or by their "context" vectors;
    if all pictures fit into it they are those of `cluster_captions`. The names tell what sets each group
    apart in the whole collection. Returns the groups, fit for `.predict` and `.save`, and their sizes (k,).
    Files of an earlier call are replaced.

    Raises UserError when there are no captions, or groups of other pictures in `out`.
    """
    folder, out = Path(captions).resolve(), Path(out).resolve()
    files = sorted(str(path) for path in folder.glob("part-*.parquet"))
    if not files or folder == out:
        raise UserError(f"There are no captions in {folder}, or the groups were to lie among them.")
    out.mkdir(parents=True, exist_ok=True)
    earlier = [*out.glob("part-*.parquet")]
    if {path.name for path in earlier} - {Path(file).name for file in files}:
        raise UserError(f"{out} holds groups of other pictures: delete that folder, or choose another one.")
    for path in earlier:
        path.unlink()  # of two groupings, half of each would be none
    start()
    parts = ray.data.from_items([{"file": file} for file in files])
    clusters = _learn(parts, files, k, by, sample, seed)
    counted = tally([], np.zeros(0, int), clusters.k)
    light = replace(clusters, captions=[], vectors=clusters.vectors[:0])  # it goes to every worker
    told = parts.map(tell, fn_kwargs={"clusters": light, "by": by, "out": out})
    with plain_errors(), progress(desc="sorting", unit=" pictures") as bar:
        for row in told.iter_rows():
            part = row["tally"]
            counted += part
            bar.update(int(part.sizes.sum()))
    rest = clusters.k - 1 if clusters.names[-1] == REST else None
    names, words = name_groups(counted, rest)
    return replace(clusters, names=names, words=words), counted.sizes


def _learn(parts, files: list[str], k, by: str, sample: int, seed: int) -> Clusters:
    share = min(1.0, sample / sum(parquet.read_metadata(file).num_rows for file in files))
    with plain_errors():
        rows = parts.flat_map(keep, fn_kwargs={"share": share, "by": by}).take_all()
    if not rows:
        raise UserError("No picture of this collection could be read: there is nothing to sort.")
    found = [row["found"] for row in rows]
    return cluster_captions(found, k, seed) if by == "caption" else cluster_vectors(found, k, seed)


def _read(file: str) -> list[dict]:
    """The pictures of a part that could be read."""
    columns = ["path", "caption", "context", "error"]
    return [row for row in parquet.read_table(file, columns=columns).to_pylist() if not row["error"]]


def keep(row: dict, share: float, by: str) -> list[dict]:
    """The pictures of a part that are in the sample: those whose names' checksums say so."""
    limit = share * 2**32
    return [{"found": each[by]} for each in _read(row["file"]) if _chance(each["path"]) < limit]


def _chance(path: str) -> int:
    return int(hashlib.sha256(path.encode(errors="surrogatepass")).hexdigest()[:8], 16)  # below 2**32


def tell(row: dict, clusters: Clusters, by: str, out: Path) -> dict:
    """Write the group of each picture of a part; returns their `Tally`."""
    rows = _read(row["file"])
    captions = [each["caption"] for each in rows]
    said = [cut(caption) for caption in captions]
    found = said if by == "caption" else [each[by] for each in rows]
    labels = clusters.predict(found) if rows else np.zeros(0, int)
    table = {"path": [each["path"] for each in rows], "caption": captions, "group": labels.astype(np.int32)}
    with whole_file(out / Path(row["file"]).name) as partial:
        parquet.write_table(pa.table(table), partial)
    return {"tally": tally(said, labels, clusters.k)}
