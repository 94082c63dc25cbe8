"""Training records of what people wrote: critiques, and how answers should be changed."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal

import orjson

from intermt import __version__
from intermt.commands.known_datasets import require_dataset
from intermt.commands.pair_choice import PairConfig, raters_left_out
from intermt.commands.pair_files import (
    FOLDER_MANIFEST,
    Destination,
    WrittenFile,
    manifest_path,
    to_file,
    to_folder,
    to_stream,
)
from intermt.commands.pair_fitting import Fitter, Fitting, found_paths
from intermt.commands.pair_records import SplitOf, paths_and_nodes
from intermt.commands.pair_result import manifest_bytes
from intermt.commands.pair_splits import material, split_and_checked
from intermt.dimensions import Level
from intermt.domain.comment_prompts import prompt_name, request_text
from intermt.domain.leakage import Leakage
from intermt.domain.pairing import PairFilters
from intermt.domain.prompts import Prompts
from intermt.errors import StoreIOError, UsageError
from intermt.formats.writing import comments
from intermt.formats.writing.comments import CommentFormat, CommentRecord, captioned, misfits
from intermt.formats.writing.fitting import Rule, pictures_of
from intermt.records import Message, Progress, TextPart, content_id
from intermt.store import commenting, trees, voting
from intermt.store.commenting import CommentScope, Remark, Remarks
from intermt.store.connect import Store

CommentKind = Literal["critique", "refinement"]

_CHUNK = 2000
_NO_VOTES = "it is about how people voted on a pair, and a {} is one person's text"


@dataclass(frozen=True, slots=True)
class CommentResult:
    """What was written.

    Attributes:
        output: The file or folder; None for a stream.
        manifest: Its manifest; None for a stream.
        kind: critique or refinement.
        format: In which format.
        about: The trainer that the format is for.
        files: Every file that was written, pictures included.
        level: local or global.
        dimensions: Dimension keys and `overall`, as asked; empty for whatever there is.
        n_records: Records written.
        funnel: What became of all texts.
        fitting: What became of records that the trainer cannot take.
        prompt_hash: Hash of the instruction's template.
        texts_fingerprint: Hash of all texts that were looked at; None for a stream.
        splits: Records by split, empty ones included; None where no split was asked for.
        leakage: What was checked between the splits; None without splits.
        n_simulated: Records with a message that a stand-in server wrote.
        n_synthetic: Records whose text is an invented one.
        n_missing_pictures: Records with a picture that is missing.
        simulated: Whether there are any of the first.
        synthetic: Whether there are any of the second.
    """

    output: str | None
    manifest: str | None
    kind: CommentKind
    format: str
    about: str
    files: tuple[WrittenFile, ...]
    level: Level
    dimensions: tuple[str, ...]
    n_records: int
    funnel: Remarks
    fitting: Fitting
    prompt_hash: str
    texts_fingerprint: str | None
    splits: dict[str, int] | None
    leakage: Leakage | None
    n_simulated: int
    n_synthetic: int
    n_missing_pictures: int
    simulated: bool
    synthetic: bool


def refuse_votes(kind: CommentKind, config: PairConfig) -> None:
    """Refuse what only means something for votes.

    Raises:
        UsageError: Such a filter was asked for.
    """
    filters, usual = config.filters, PairFilters()
    why = _NO_VOTES.format(kind)
    asked = {
        "--min-agree": (filters.min_agree != usual.min_agree, why),
        "--min-annotators": (filters.min_annotators != usual.min_annotators, why),
        "--min-margin": (filters.min_margin is not None, why),
        "--ties keep": (filters.keep_ties, why),
        "--aggregate": (filters.aggregate != usual.aggregate, why),
        "--per-prompt": (filters.per_prompt is not None, why),
        "--verified-only": (
            filters.verified_only,
            f"verifiers confirm the winner of a pair; nobody confirms a {kind}",
        ),
    }
    for option, (is_asked, reason) in asked.items():
        if is_asked:
            raise UsageError(
                f"{option} does not go with --as {kind}: {reason}",
                todo=f"leave out {option}, or leave out --as",
            )


def run(
    store: Store,
    config: PairConfig,
    output: Path | BinaryIO,
    progress: Progress,
    options: Mapping[str, Any] | None = None,
    *,
    kind: CommentKind,
    prompts: Prompts,
    every_dimension: bool,
    format_name: str = "jsonl",
    rule: Rule = "error",
    folder: bool = False,
) -> CommentResult:
    """Write a record for each text that people wrote about an answer or a conversation.

    Args:
        store: Where texts and messages are.
        config: Which level, collection, dimensions, raters and turns, and the splits.
        output: A file or folder, which appears whole or not at all and with a manifest, or
            a stream.
        progress: Where to report.
        options: What the manifest says was asked for, beside `config`.
        kind: Which texts.
        prompts: The templates in force.
        every_dimension: Whether texts on any dimension count, whatever `config` has.
        format_name: A name of `formats.writing.comments`.
        rule: What becomes of records that the format cannot hold.
        folder: Whether `output` is a folder to write.

    Raises:
        UsageError: What was asked for does not go with records of texts, or with the format.
        MissingInputError: There is no store, or no such collection or rater in it.
        InputError: Records do not fit the format and the rule is `error`.
        CannotCreate: The file or its manifest cannot be made.
        StoreIOError: The store is damaged, or the disk is full.
        TryLater: The store stayed busy.
    """
    refuse_votes(kind, config)
    format_ = comments.find(format_name, kind)
    asked = () if every_dimension else config.dimensions
    writing = _Writing(store, config, kind, prompts, format_, rule, asked, progress)
    told = dict(options or {})
    if not isinstance(output, Path):
        return writing.to(to_stream(output, format_, store), None, None, told)
    if not folder:
        place = to_file(output, format_, store)
        return writing.to(place, str(output), str(manifest_path(output)), told)
    splits = () if config.splits is None else tuple(name for name, _ in config.splits.shares)
    # One folder for all: a text need not be about one dimension.
    place = to_folder(output, format_, store, (), splits)
    return writing.to(place, str(output), str(output / FOLDER_MANIFEST), told)


class _Writing:
    """One writing of records.

    Args:
        store: Where texts and messages are.
        config: Which texts.
        kind: Of which kind.
        prompts: The templates in force.
        format_: In which format.
        rule: What becomes of records that it cannot hold.
        dimensions: Texts on these; empty for all.
        progress: Where to report.
    """

    def __init__(
        self,
        store: Store,
        config: PairConfig,
        kind: CommentKind,
        prompts: Prompts,
        format_: CommentFormat,
        rule: Rule,
        dimensions: tuple[str, ...],
        progress: Progress,
    ) -> None:
        self._store = store
        self._config = config
        self._kind: CommentKind = kind
        self._prompts = prompts
        self._format = format_
        self._rule = rule
        self._dimensions = dimensions
        self._progress = progress
        self._tally: Counter[str] = Counter()
        self._path_of = found_paths(store)
        self._fitter: Fitter[CommentRecord] = Fitter(
            format_.name,
            rule,
            lambda record: misfits(record, format_, self._path_of),
            lambda record: captioned(record, format_, self._path_of),
        )

    def to(
        self,
        place: AbstractContextManager[Destination[CommentRecord]],
        output: str | None,
        manifest: str | None,
        options: Mapping[str, Any],
    ) -> CommentResult:
        """Choose the texts and write their records to a place."""
        with place as destination, ExitStack() as undo:
            spool = undo.enter_context(tempfile.TemporaryFile())
            with self._store.reading() as db:
                funnel = self._choose(db)
                for remark in commenting.chosen(db):
                    spool.write(orjson.dumps(tuple(remark), option=orjson.OPT_APPEND_NEWLINE))
                marks = None if output is None else commenting.fingerprint(db)
                held = None if self._config.splits is None else material(db, commenting.KEPT_SEEDS)
            split_of, leakage = split_and_checked(
                self._store, self._config.splits, held, self._progress
            )
            read = partial(self._records, spool, split_of)
            self._write(destination, read, funnel.kept, streaming=output is None)
            files = tuple(destination.finish(self._made(funnel, options)))
            result = self._result(files, funnel, leakage, output, manifest, marks)
            destination.describe(manifest_bytes(result, options))
        return result

    def _choose(self, db: Any) -> Remarks:
        config = self._config
        if config.dataset is not None:
            require_dataset(config.dataset, voting.datasets(db, config.level), self._store)
        scope = CommentScope(
            config.level,
            self._kind,
            config.dataset,
            self._dimensions or None,
            config.max_turn,
            *raters_left_out(db, config),
        )
        return commenting.choose(db, scope)

    def _made(self, funnel: Remarks, options: Mapping[str, Any]) -> dict[str, Any]:
        return {"version": __version__, "options": dict(options), "funnel": asdict(funnel)}

    def _write(
        self,
        destination: Destination[CommentRecord],
        read: Any,
        n: int,
        *,
        streaming: bool,
    ) -> None:
        if streaming and self._rule == "error" and self._format.pictures != "any":
            # What has gone down a pipe cannot be taken back: look at all records first.
            for record in read():
                self._fitter.fit(record)
            self._fitter.refuse(n, "records")
        self._progress.start("writing records", n, "records")
        for record in read():
            fitted = self._fitter.fit(record)
            if fitted is not None and not self._fitter.refuses:
                destination.write(fitted)
                self._tally.update(self._counts(fitted))
            self._progress.advance()
        self._progress.stop()
        self._fitter.refuse(n, "records")

    def _records(self, spool: IO[bytes], split_of: SplitOf) -> Iterator[CommentRecord]:
        """The records, in the order of their texts; the store is open only while some are read."""
        spool.seek(0)
        remarks = (Remark(*orjson.loads(line)) for line in spool)
        while some := list(islice(remarks, _CHUNK)):
            with self._store.reading() as db:
                ids = {remark.target_id for remark in some}
                paths, nodes = paths_and_nodes(db, self._config.level, ids)
                seeds = trees.seeds(db, {remark.seed_id for remark in some})
            for remark in some:
                path = paths.get(remark.target_id, ())
                if not path or not nodes.keys() >= set(path):
                    raise StoreIOError(
                        "messages that somebody wrote about are not in the store",
                        where=remark.target_id,
                        todo="run: intermt check --repair",
                    )
                seed = seeds.get(remark.seed_id)
                yield self._record(
                    remark,
                    trees.messages(path, nodes),
                    simulated=any(nodes[node].simulated for node in path),
                    split=split_of(remark.seed_id),
                    licence=None if seed is None else seed.licence,
                )

    def _record(
        self,
        remark: Remark,
        messages: tuple[Message, ...],
        *,
        simulated: bool,
        split: str | None,
        licence: str | None,
    ) -> CommentRecord:
        level = self._config.level
        request = request_text(self._prompts, self._kind, level, remark.dimension)
        said = (remark.target_id, remark.dimension, remark.rater_id, remark.text)
        return CommentRecord(
            record_id=content_id("record", self._kind, *said),
            kind=self._kind,
            level=level,
            dimension=remark.dimension,
            seed_id=remark.seed_id,
            turn=remark.turn if level == "local" else None,
            target_id=remark.target_id,
            rater=remark.rater_id,
            prompt=(*messages, Message("user", (TextPart(request),))),
            completion=remark.text,
            split=split,
            simulated=simulated,
            synthetic=remark.synthetic,
            licence=licence,
        )

    def _counts(self, record: CommentRecord) -> dict[str, int]:
        return {
            "written": 1,
            "simulated": record.simulated,
            "synthetic": record.synthetic,
            "missing pictures": any(
                p.sha256 is None or self._path_of(p.sha256) is None
                for p in pictures_of(record.prompt)
            ),
            f"split {record.split}": 1,
        }

    def _result(
        self,
        files: tuple[WrittenFile, ...],
        funnel: Remarks,
        leakage: Leakage | None,
        output: str | None,
        manifest: str | None,
        marks: str | None,
    ) -> CommentResult:
        tally, config = self._tally, self._config
        splits = None
        if config.splits is not None:
            splits = {name: tally[f"split {name}"] for name, _ in config.splits.shares}
        return CommentResult(
            output=output,
            manifest=manifest,
            kind=self._kind,
            format=self._format.name,
            about=self._format.about,
            files=files,
            level=config.level,
            dimensions=self._dimensions,
            n_records=tally["written"],
            funnel=funnel,
            fitting=self._fitter.result(),
            prompt_hash=self._prompts.hash(prompt_name(self._kind, config.level)),
            texts_fingerprint=marks,
            splits=splits,
            leakage=leakage,
            n_simulated=tally["simulated"],
            n_synthetic=tally["synthetic"],
            n_missing_pictures=tally["missing pictures"],
            simulated=tally["simulated"] > 0,
            synthetic=tally["synthetic"] > 0,
        )
