"""Preference pairs out of the votes and scores in a store."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from intermt import __version__
from intermt.commands.pair_choice import PairConfig, PairFunnel, Selection, select
from intermt.commands.pair_files import (
    FOLDER_MANIFEST,
    Destination,
    WrittenFile,
    manifest_path,
    to_file,
    to_folder,
    to_stream,
)
from intermt.commands.pair_records import SplitOf, records
from intermt.commands.pair_splits import Trees, material, split
from intermt.dimensions import Level
from intermt.domain.leakage import Leakage
from intermt.errors import InputError, MissingInputError, StoreIOError, UsageError
from intermt.formats.writing import registry
from intermt.formats.writing.fitting import Rule, all_pictures, captioned, misfits
from intermt.formats.writing.pairs import PairFormat, PairRecord, PicturePath
from intermt.records import PairMode, Progress
from intermt.store import voting
from intermt.store.connect import Store

MANIFEST_VERSION = 2
LINE_EXTENSION = ".jsonl"
MEMORY_MB = 500
"""Of counting votes; more of them are counted on the disk."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """What became of pairs that the trainer cannot take as they are.

    Attributes:
        rule: What was to become of them.
        reasons: How many pairs have each reason; one pair may have several.
        n_dropped: Pairs that were left out.
        n_captioned: Pairs in which words stand in the place of pictures.
    """

    rule: Rule
    reasons: dict[str, int]
    n_dropped: int
    n_captioned: int


@dataclass(frozen=True, slots=True)
class PairResult:
    """What was written.

    Attributes:
        output: The file or folder; None for a stream.
        manifest: Its manifest; None for a stream.
        format: In which format.
        about: The trainer that the format is for.
        files: Every file that was written, pictures included.
        level: local or global.
        mode: prefix or chain.
        dimensions: Dimension keys and `overall`, as asked.
        n_pairs: Pairs written.
        funnel: What became of all others.
        fitting: What became of pairs that the trainer cannot take.
        labels_fingerprint: Hash of the votes and scores they were chosen by; None for a
            stream.
        splits: Pairs by split, empty ones included; None where no split was asked for.
        leakage: What was checked between the splits; None without splits.
        n_ties: Pairs that neither side won.
        n_simulated: Pairs with a message that a stand-in server wrote.
        n_synthetic: Pairs with an invented vote.
        n_missing_pictures: Pairs with a picture that is missing.
        simulated: Whether there are any of the first.
        synthetic: Whether there are any of the second.
        labelled_datasets: Collections with votes or scores at this level, where the one
            asked for has none; empty otherwise.
    """

    output: str | None
    manifest: str | None
    format: str
    about: str
    files: tuple[WrittenFile, ...]
    level: Level
    mode: PairMode
    dimensions: tuple[str, ...]
    n_pairs: int
    funnel: PairFunnel
    fitting: Fitting
    labels_fingerprint: str | None
    splits: dict[str, int] | None
    leakage: Leakage | None
    n_ties: int
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
    *,
    format_name: str = "jsonl",
    rule: Rule = "error",
    folder: bool = False,
) -> PairResult:
    """Write preference pairs.

    The store is never held while something is written, so a slow reader of a pipe keeps
    nobody waiting.

    Args:
        store: Where votes, scores and messages are.
        config: Which pairs.
        output: A file or folder, which appears whole or not at all and with a manifest, or
            a stream.
        progress: Where to report.
        options: What the manifest says was asked for, beside `config`.
        format_name: A name of `formats.writing.registry`.
        rule: What becomes of pairs that the format cannot hold.
        folder: Whether `output` is a folder to write.

    Raises:
        UsageError: What was asked for does not fit the format.
        MissingInputError: There is no store, or no collection of that name in it.
        InputError: A vote names a rater that is not in the store, or pairs do not fit the
            format and the rule is `error`.
        CannotCreate: The file or its manifest cannot be made.
        StoreIOError: The store is damaged, or the disk is full.
        TryLater: The store stayed busy.
    """
    format_ = registry.find(format_name)
    _refuse_impossible(config, format_, output, folder=folder)
    asked = dict(options or {})
    if not isinstance(output, Path):
        return _Pairing(store, config, format_, rule, progress).to(
            to_stream(output, format_, store), None, None, asked
        )
    pairing = _Pairing(store, config, format_, rule, progress)
    if not folder:
        place = to_file(output, format_, store)
        return pairing.to(place, str(output), str(manifest_path(output)), asked)
    splits = () if config.splits is None else tuple(name for name, _ in config.splits.shares)
    place = to_folder(output, format_, store, config.dimensions, splits)
    return pairing.to(place, str(output), str(output / FOLDER_MANIFEST), asked)


def _refuse_impossible(
    config: PairConfig, format_: PairFormat, output: Path | BinaryIO, *, folder: bool
) -> None:
    name = f"--format {format_.name}"
    if (
        not isinstance(output, Path)
        and not format_.folder_only
        and format_.extension != LINE_EXTENSION
    ):
        raise UsageError(
            f"{name} is no format of lines and cannot be streamed", todo="name a file with -o"
        )
    if config.filters.keep_ties and "tie" not in format_.room:
        raise UsageError(
            f"--ties keep: {name} has no room for pairs that nobody won; its trainer would take"
            " the first side for the better one",
            todo="leave out --ties, or use --format jsonl",
        )
    if folder:
        return
    if format_.folder_only:
        raise UsageError(f"{name} is a folder", todo="write one with -o DIR/")
    if len(config.dimensions) > 1 and "dimension" not in format_.room:
        raise UsageError(
            f"one file of {name} cannot say which dimension a pair is about",
            todo="write a folder with -o DIR/, ask for one dimension, or use --format jsonl",
        )
    if config.splits is not None and "split" not in format_.room:
        raise UsageError(
            f"one file of {name} cannot say which split a pair is in",
            todo="write a folder with -o DIR/, or use --format jsonl",
        )


class _Pairing:
    """One writing of pairs.

    Args:
        store: Where votes, scores and messages are.
        config: Which pairs.
        format_: In which format.
        rule: What becomes of pairs that it cannot hold.
        progress: Where to report.
    """

    def __init__(
        self,
        store: Store,
        config: PairConfig,
        format_: PairFormat,
        rule: Rule,
        progress: Progress,
    ) -> None:
        self._store = store
        self._config = config
        self._format = format_
        self._rule = rule
        self._progress = progress
        self._tally: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._path_of = _found(store)

    def to(
        self,
        place: AbstractContextManager[Destination],
        output: str | None,
        manifest: str | None,
        options: Mapping[str, Any],
    ) -> PairResult:
        """Choose the pairs and write them to a place."""
        # The place is made first: a name that cannot be written is known at once.
        with place as destination:
            with self._store.reading(MEMORY_MB) as db:
                labelled = self._labelled_elsewhere(db)
                selection = select(db, self._config)
                marks = (
                    None
                    if output is None
                    else voting.fingerprint(db, self._config.level, self._config.dataset)
                )
                trees = None if self._config.splits is None else material(db)
            try:
                split_of, leakage = self._splits(trees)
                self._write(destination, selection, split_of, streaming=output is None)
                result = self._result(
                    tuple(destination.finish(_made(self._config, selection, options))),
                    selection,
                    leakage,
                    output,
                    manifest,
                    marks,
                    labelled,
                )
            finally:
                selection.close()
            destination.describe(_manifest(result, options))
        return result

    def _made(self, selection: Selection, options: Mapping[str, Any]) -> dict[str, Any]:
        """How the pairs were chosen, for files that tell of it."""
        config = self._config
        return {
            "intermt": __version__,
            "level": config.level,
            "mode": config.mode,
            "dimensions": list(config.dimensions),
            "options": dict(options),
            "funnel": asdict(selection.funnel),
        }

    def _labelled_elsewhere(self, db: Any) -> tuple[str, ...]:
        """Collections with labels, where the one asked for has none."""
        asked = self._config.dataset
        if asked is None:
            return ()
        known = voting.datasets(db, self._config.level)
        if asked not in known:
            raise MissingInputError(
                f"there is no dataset {asked!r}",
                where=str(self._store.folder),
                todo=f"the store has {', '.join(known) or 'none yet'}",
            )
        return () if known[asked] else tuple(name for name, n in known.items() if n)

    def _splits(self, trees: Trees | None) -> tuple[SplitOf, Leakage | None]:
        if self._config.splits is None or trees is None:
            return lambda _: None, None
        made = split(self._store, self._config.splits, *trees, self._progress)
        if made.leakage.n_leaks:
            raise StoreIOError(
                f"{made.leakage.n_leaks} things are on two sides of the split",
                todo="nothing was written; please report this",
            )
        return made.of, made.leakage

    def _write(
        self,
        destination: Destination,
        selection: Selection,
        split_of: SplitOf,
        *,
        streaming: bool,
    ) -> None:
        n = selection.funnel.kept
        if streaming and self._rule == "error" and not self._format.holds.any_pair:
            # What has gone down a pipe cannot be taken back: look at all pairs first.
            self._progress.start("checking pairs", n, "pairs")
            for record in self._read(selection, split_of):
                self._fitted(record)
            self._progress.stop()
            self._refuse_misfits(n)
        self._progress.start("writing pairs", n, "pairs")
        for record in self._read(selection, split_of):
            fitted = self._fitted(record)
            if fitted is not None and not (self._rule == "error" and self._reasons):
                destination.write(fitted)
                self._tally.update(self._counts(fitted))
        self._progress.stop()
        self._refuse_misfits(n)

    def _read(self, selection: Selection, split_of: SplitOf) -> Iterator[PairRecord]:
        for record in records(self._store, self._config, selection, split_of):
            yield record
            self._progress.advance()

    def _fitted(self, record: PairRecord) -> PairRecord | None:
        """The pair as the format can hold it, or None; the reasons are counted."""
        holds = self._format.holds
        reasons = misfits(record, holds, self._path_of)
        if not reasons:
            return record
        self._reasons.update(reasons)
        self._tally["misfits"] += 1
        if self._rule == "caption":
            worded = captioned(record, holds, self._path_of)
            if not misfits(worded, holds, self._path_of):
                self._tally["captioned"] += 1
                return worded
        self._tally["unfit"] += 1
        return None

    def _refuse_misfits(self, n_pairs: int) -> None:
        if self._rule == "error" and self._reasons:
            told = ", ".join(f"{why} ({n})" for why, n in sorted(self._reasons.items()))
            raise InputError(
                f"--format {self._format.name} cannot hold {self._tally['misfits']} of {n_pairs}"
                f" pairs: {told}",
                todo="leave them out with --on-response-images drop, put words in the place of"
                " their pictures with --on-response-images caption, or use another format",
            )

    def _counts(self, record: PairRecord) -> dict[str, int]:
        pictures = all_pictures(record)
        return {
            "written": 1,
            "ties": record.tie,
            "simulated": record.simulated,
            "synthetic": record.synthetic,
            "missing pictures": any(
                p.sha256 is None or self._path_of(p.sha256) is None for p in pictures
            ),
            f"split {record.split}": 1,
        }

    def _result(
        self,
        files: tuple[WrittenFile, ...],
        selection: Selection,
        leakage: Leakage | None,
        output: str | None,
        manifest: str | None,
        marks: str | None,
        labelled: tuple[str, ...],
    ) -> PairResult:
        tally, config = self._tally, self._config
        splits = None
        if config.splits is not None:
            splits = {name: tally[f"split {name}"] for name, _ in config.splits.shares}
        return PairResult(
            output=output,
            manifest=manifest,
            format=self._format.name,
            about=self._format.about,
            files=files,
            level=config.level,
            mode=config.mode,
            dimensions=config.dimensions,
            n_pairs=tally["written"],
            funnel=selection.funnel,
            fitting=Fitting(
                self._rule,
                dict(sorted(self._reasons.items())),
                tally["unfit"],
                tally["captioned"],
            ),
            labels_fingerprint=marks,
            splits=splits,
            leakage=leakage,
            n_ties=tally["ties"],
            n_simulated=tally["simulated"],
            n_synthetic=tally["synthetic"],
            n_missing_pictures=tally["missing pictures"],
            simulated=tally["simulated"] > 0,
            synthetic=tally["synthetic"] > 0,
            labelled_datasets=labelled,
        )


def _made(config: PairConfig, selection: Selection, options: Mapping[str, Any]) -> dict[str, Any]:
    """How the pairs were chosen, for readers of a folder."""
    return {
        "version": __version__,
        "level": config.level,
        "mode": config.mode,
        "dimensions": list(config.dimensions),
        "options": dict(options),
        "funnel": asdict(selection.funnel),
    }


def _found(store: Store) -> PicturePath:
    """Tells which pictures have a file; each is looked up once."""
    known: dict[str, str | None] = {}

    def path_of(sha256: str) -> str | None:
        if sha256 not in known:
            path = store.images.find(sha256)
            known[sha256] = None if path is None else str(path)
        return known[sha256]

    return path_of


def _manifest(result: PairResult, options: Mapping[str, Any]) -> bytes:
    """What was written, out of what and how; the same bytes for the same store and options."""
    told = {key: value for key, value in asdict(result).items() if key not in _ELSEWHERE}
    content = {
        "intermt_manifest": MANIFEST_VERSION,
        "command": "pair",
        "versions": {"intermt": __version__, "python": platform.python_version()},
        "options": dict(options),
        **told,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


_ELSEWHERE = ("output", "manifest")
"""Where the files are says nothing about what is in them."""
