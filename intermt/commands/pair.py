"""Preference pairs out of the votes and scores in a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from intermt import __version__
from intermt.commands.known_datasets import require_dataset
from intermt.commands.pair_choice import PairConfig, Selection, select
from intermt.commands.pair_files import (
    FOLDER_MANIFEST,
    Destination,
    WrittenFile,
    manifest_path,
    to_file,
    to_folder,
    to_stream,
)
from intermt.commands.pair_fitting import Fitter, found_paths
from intermt.commands.pair_records import SplitOf, records
from intermt.commands.pair_result import PairResult, manifest_bytes
from intermt.commands.pair_splits import material, split_and_checked
from intermt.domain.leakage import Leakage
from intermt.errors import UsageError
from intermt.formats.writing import registry
from intermt.formats.writing.fitting import Rule, all_pictures, captioned, misfits
from intermt.formats.writing.pairs import PairFormat, PairRecord
from intermt.records import Progress
from intermt.store import voting
from intermt.store.connect import Store

LINE_EXTENSION = ".jsonl"
MEMORY_MB = 500
"""Of counting votes; more of them are counted on the disk."""


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
        self._path_of = found_paths(store)
        self._fitter: Fitter[PairRecord] = Fitter(
            format_.name,
            rule,
            lambda pair: misfits(pair, format_.holds, self._path_of),
            lambda pair: captioned(pair, format_.holds, self._path_of),
        )

    def to(
        self,
        place: AbstractContextManager[Destination[PairRecord]],
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
                split_of, leakage = split_and_checked(
                    self._store, self._config.splits, trees, self._progress
                )
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
            destination.describe(manifest_bytes(result, options))
        return result

    def _labelled_elsewhere(self, db: Any) -> tuple[str, ...]:
        """Collections with labels, where the one asked for has none."""
        asked = self._config.dataset
        if asked is None:
            return ()
        known = voting.datasets(db, self._config.level)
        require_dataset(asked, known, self._store)
        return () if known[asked] else tuple(name for name, n in known.items() if n)

    def _write(
        self,
        destination: Destination[PairRecord],
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
                self._fitter.fit(record)
            self._progress.stop()
            self._fitter.refuse(n, "pairs")
        self._progress.start("writing pairs", n, "pairs")
        for record in self._read(selection, split_of):
            fitted = self._fitter.fit(record)
            if fitted is not None and not self._fitter.refuses:
                destination.write(fitted)
                self._tally.update(self._counts(fitted))
        self._progress.stop()
        self._fitter.refuse(n, "pairs")

    def _read(self, selection: Selection, split_of: SplitOf) -> Iterator[PairRecord]:
        for record in records(self._store, self._config, selection, split_of):
            yield record
            self._progress.advance()

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
            fitting=self._fitter.result(),
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
