"""Preference pairs out of the votes and scores in a store."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal

import orjson

from intermt import __version__
from intermt.commands.pair_choice import Chosen, PairConfig, PairFunnel, choose, fingerprint
from intermt.commands.whole_file import whole_file
from intermt.dimensions import Level
from intermt.errors import MissingInputError, StoreIOError
from intermt.formats.writing.pair_lines import PairLines
from intermt.formats.writing.pairs import PairRecord, PicturePath, Pictures
from intermt.records import ImagePart, Node, PairMode, Part, Progress
from intermt.store import trees, voting
from intermt.store.connect import Store
from intermt.store.voting import Labels

Format = Literal["jsonl"]
MANIFEST_VERSION = 1
_CHUNK = 200
_OF_THE_FILE = ("format", "n_bytes", "sha256")


@dataclass(frozen=True, slots=True)
class PairResult:
    """What was written.

    Attributes:
        file: Where; None for a stream.
        manifest: The manifest beside it; None for a stream.
        format: In which format.
        n_bytes: Size of what was written.
        sha256: Its hash.
        level: local or global.
        mode: prefix or chain.
        dimensions: Dimension keys and `overall`, as asked.
        n_pairs: Pairs written.
        funnel: What became of all others.
        labels_sha256: Fingerprint of the votes and scores they were chosen by.
        splits: Pairs by split, empty ones included; None where no split was asked for.
        n_simulated: Pairs with a message that a stand-in server wrote.
        n_synthetic: Pairs with an invented vote.
        n_missing_pictures: Pairs with a picture that is missing.
        simulated: Whether there are any of the first.
        synthetic: Whether there are any of the second.
        labelled_datasets: Collections with votes or scores at this level, where the one
            asked for has none; empty otherwise.
    """

    file: str | None
    manifest: str | None
    format: Format
    n_bytes: int
    sha256: str
    level: Level
    mode: PairMode
    dimensions: tuple[str, ...]
    n_pairs: int
    funnel: PairFunnel
    labels_sha256: str
    splits: dict[str, int] | None
    n_simulated: int
    n_synthetic: int
    n_missing_pictures: int
    simulated: bool
    synthetic: bool
    labelled_datasets: tuple[str, ...] = ()


def run(
    store: Store,
    config: PairConfig,
    output: Path | BinaryIO,
    progress: Progress,
    options: Mapping[str, Any] | None = None,
) -> PairResult:
    """Write preference pairs.

    The store is never held while something is written, so a slow reader of a pipe keeps
    nobody waiting.

    Args:
        store: Where votes, scores and messages are.
        config: Which pairs.
        output: A file, which appears whole or not at all and with a manifest beside it, or
            a stream.
        progress: Where to report.
        options: What the manifest says was asked for, beside `config`.

    Raises:
        MissingInputError: There is no store, or no collection of that name in it.
        InputError: A vote names a rater that is not in the store.
        CannotCreate: The file or its manifest cannot be made.
        StoreIOError: The store is damaged, or the disk is full.
        TryLater: The store stayed busy.
    """
    if not isinstance(output, Path):
        return _write(store, config, output, None, progress)
    with whole_file(output) as sink, whole_file(_manifest_path(output)) as description:
        result = _write(store, config, sink, output, progress)
        description.write(_manifest(result, output.name, options or {}))
    return result


def _write(
    store: Store, config: PairConfig, stream: BinaryIO, file: Path | None, progress: Progress
) -> PairResult:
    labels, labelled = _read(store, config)
    chosen, funnel = choose(labels, config)
    used = fingerprint(labels)
    del labels
    sink = _Measured(stream)
    path_of = _PictureFiles(store)
    writer = PairLines(sink, Pictures(path_of, store.images.read))
    tally: Counter[str] = Counter()
    progress.start("writing pairs", len(chosen), "pairs")
    for start in range(0, len(chosen), _CHUNK):
        for record in _records(store, config, chosen[start : start + _CHUNK]):
            writer.write(record)
            tally.update(_counts(record, path_of))
            progress.advance()
    progress.stop()
    splits = None
    if config.splits is not None:
        splits = {name: tally[f"split {name}"] for name, _ in config.splits.shares}
    return PairResult(
        file=None if file is None else str(file),
        manifest=None if file is None else str(_manifest_path(file)),
        format="jsonl",
        n_bytes=sink.n_bytes,
        sha256=sink.sha256,
        level=config.level,
        mode=config.mode,
        dimensions=config.dimensions,
        n_pairs=len(chosen),
        funnel=funnel,
        labels_sha256=used,
        splits=splits,
        n_simulated=tally["simulated"],
        n_synthetic=tally["synthetic"],
        n_missing_pictures=tally["missing pictures"],
        simulated=tally["simulated"] > 0,
        synthetic=tally["synthetic"] > 0,
        labelled_datasets=labelled,
    )


def _read(store: Store, config: PairConfig) -> tuple[Labels, tuple[str, ...]]:
    """What was said, and, where that is nothing in a named collection, which ones have some."""
    with store.reading() as db:
        labels = voting.labels(db, config.level, config.dataset)
        if config.dataset is None or labels.preferences or labels.scores:
            return labels, ()
        known = voting.datasets(db, config.level)
    if config.dataset not in known:
        raise MissingInputError(
            f"there is no dataset {config.dataset!r}",
            where=str(store.folder),
            todo=f"the store has {', '.join(known) or 'none yet'}",
        )
    return labels, tuple(name for name, n_labels in known.items() if n_labels)


def _records(store: Store, config: PairConfig, chosen: Sequence[Chosen]) -> list[PairRecord]:
    """The pairs with their messages; the store is closed again when this returns."""
    ids = {side for c in chosen for side in (c.pair.chosen_id, c.pair.rejected_id)}
    with store.reading() as db:
        find = trees.paths if config.level == "local" else trees.conversation_paths
        paths = find(db, ids)
        nodes = trees.nodes(db, {node for path in paths.values() for node in path})
        incomplete = [node for node in nodes.values() if any(map(_is_missing, node.parts))]
        missing = voting.missing_pictures(db, [node.node_id for node in incomplete])
    nodes |= {node.node_id: _with_names(node, missing) for node in incomplete}
    return [_record(c, config, paths, nodes) for c in chosen]


def _is_missing(part: Part) -> bool:
    return isinstance(part, ImagePart) and part.sha256 is None


def _with_names(
    node: Node, missing: Mapping[tuple[str, int], tuple[str | None, str | None]]
) -> Node:
    """The node with names and reasons of missing pictures that no order of imports changes."""

    def renamed(position: int, part: Part) -> Part:
        known = missing.get((node.node_id, position))
        if known is None or not isinstance(part, ImagePart) or part.sha256 is not None:
            return part
        return replace(part, name=known[0], missing=known[1])

    return replace(node, parts=tuple(renamed(*item) for item in enumerate(node.parts)))


def _record(
    chosen: Chosen,
    config: PairConfig,
    paths: Mapping[str, tuple[str, ...]],
    nodes: Mapping[str, Node],
) -> PairRecord:
    pair = chosen.pair
    winner, loser = paths.get(pair.chosen_id, ()), paths.get(pair.rejected_id, ())
    local = config.level == "local"
    n_shared = len(winner) - 1 if local else 1
    if not winner or winner[:n_shared] != loser[:n_shared] or not nodes.keys() >= {*winner, *loser}:
        raise StoreIOError(
            "messages of a pair are not in the store",
            where=f"pair {pair.pair_id}",
            todo="run: intermt check --repair",
        )
    return PairRecord(
        pair_id=pair.pair_id,
        level=pair.level,
        mode=pair.mode,
        dimension=pair.dimension,
        seed_id=pair.seed_id,
        turn=chosen.turn if local else None,
        prefix=trees.messages(winner[:n_shared], nodes),
        chosen=trees.messages(winner[n_shared:], nodes),
        rejected=trees.messages(loser[n_shared:], nodes),
        chosen_id=pair.chosen_id,
        rejected_id=pair.rejected_id,
        agreement=pair.agreement,
        n_annotators=pair.n_annotators,
        n_chosen=pair.n_chosen,
        n_rejected=pair.n_rejected,
        n_tie=pair.n_tie,
        margin=pair.margin,
        verified=pair.verified,
        split=None if config.splits is None else config.splits.of_seed(pair.seed_id),
        simulated=any(nodes[node].simulated for node in (*winner, *loser)),
        synthetic=chosen.synthetic,
        strength=pair.agreement,
    )


def _counts(record: PairRecord, path_of: PicturePath) -> dict[str, int]:
    messages = (*record.prefix, *record.chosen, *record.rejected)
    pictures = [p for message in messages for p in message.parts if isinstance(p, ImagePart)]
    return {
        "simulated": record.simulated,
        "synthetic": record.synthetic,
        "missing pictures": any(p.sha256 is None or path_of(p.sha256) is None for p in pictures),
        f"split {record.split}": 1,
    }


def _manifest_path(file: Path) -> Path:
    return file.parent / f"{file.name}.manifest.json"


def _manifest(result: PairResult, name: str, options: Mapping[str, Any]) -> bytes:
    """What was written, out of what and how; the same bytes for the same store and options."""
    written = {"name": name, **{key: getattr(result, key) for key in _OF_THE_FILE}}
    told = {
        key: getattr(result, key)
        for key in PairResult.__slots__
        if key not in ("file", "manifest", *_OF_THE_FILE)
    }
    content = {
        "intermt_manifest": MANIFEST_VERSION,
        "command": "pair",
        "version": __version__,
        "options": dict(options),
        "file": written,
        **told,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


class _PictureFiles:
    """Absolute paths of the store's pictures; each is looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, str | None] = {}

    def __call__(self, sha256: str) -> str | None:
        """The path of a picture's file, or None."""
        if sha256 not in self._known:
            path = self._store.images.find(sha256)
            self._known[sha256] = None if path is None else _readable(path.absolute())
        return self._known[sha256]


def _readable(path: Path) -> str:
    # JSON is UTF-8; a folder's name need not be, and then only the hash leads to the file.
    return os.fsencode(path).decode(errors="replace")


class _Measured:
    """A stream whose bytes are counted and hashed on the way."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.n_bytes = 0

    @property
    def sha256(self) -> str:
        """Hash of everything written so far."""
        return self._hash.hexdigest()

    def write(self, data: bytes, /) -> None:
        """Pass the bytes on."""
        self._stream.write(data)
        self._hash.update(data)
        self.n_bytes += len(data)
