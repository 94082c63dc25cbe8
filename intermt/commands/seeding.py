"""From files of seed questions to the roots of trees: filters, selection, another wording.

The order is quality, diversity, potential, limit, rewriting. Nothing hangs on the order of
rows: where one of two has to go, their content decides.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from intermt.commands.calling import Caller, completed, started
from intermt.commands.seed_config import SeedingConfig, SeedReport, Selection
from intermt.commands.seed_filters import (
    DIVERSITY,
    IDENTICAL,
    LIMIT,
    QUALITY,
    Dropped,
    Fault,
    FilterReport,
    drop_records,
    exact_duplicates,
    identical,
    near_duplicates,
    quality_fault,
    ranked,
    report,
    split,
)
from intermt.commands.seed_models import POTENTIAL, Rewritten, SeedModels, reasons
from intermt.commands.seed_reading import Candidate, SeedInputs, read_inputs
from intermt.config import Server
from intermt.domain.near_duplicates import Vectors
from intermt.domain.seed_text import language_hint
from intermt.errors import InputError
from intermt.records import (
    Image,
    Node,
    Part,
    Progress,
    Run,
    Seed,
    TextPart,
    node_id,
    seed_drop_id,
)
from intermt.store import seeding as stored
from intermt.store.connect import Store
from intermt.store.flushing import flushing
from intermt.store.inserting import insert
from intermt.store.rows import to_row

REWRITE = "rewrite"

_MOST_UNUSED = 20

CallerFactory = Callable[[Mapping[str, Server]], Caller]
"""Makes a caller, not yet open, for servers by name; they have URLs."""

__all__ = [
    "CallerFactory",
    "SeedReport",
    "Seeding",
    "SeedingConfig",
    "Selection",
    "planned",
    "read_seeds",
    "select",
]


def planned(config: SeedingConfig, progress: Progress) -> SeedReport:
    """What would become of the seed questions; nobody is asked and nothing is written.

    What only a model can tell is left out: with `embed`, `potential` or `rewrite` fewer may
    be kept.

    Raises:
        InputError: A seed file has bad rows.
        MissingInputError: A file or the picture folder is not there.
    """
    work = read_seeds(config, progress)
    return work.report(work.limited(work.ranking(None)))


def read_seeds(config: SeedingConfig, progress: Progress) -> Seeding:
    """The seed questions of the files; what is identical or not good enough is out already.

    Raises:
        InputError: A seed file has bad rows.
        MissingInputError: A file or the picture folder is not there.
    """
    work = Seeding(config, progress)
    work.read()
    return work


def select(store: Store, seeds: Seeding, run: Run, caller_factory: CallerFactory) -> Selection:
    """The seed questions to grow; what was left out is written down.

    Seeds and root nodes are for the caller to write.

    Raises:
        InputError: The filters leave nothing.
        ServerUnreachable: A server does not answer.
        TryLater: Too many calls fail, embeddings are missing, or the store stays busy.
    """
    config, progress = seeds.config, seeds.progress
    store.create()
    if config.servers:
        with started(config.servers) as running, flushing(store, progress.note):
            chosen, rewritten = completed(store, seeds.ask(store, run, caller_factory(running)))
    else:
        chosen, rewritten = seeds.limited(seeds.ranking(None)), []
    selection = seeds.written(store, run, chosen, rewritten)
    if not selection.roots and not selection.report.n_waiting:
        raise _nothing_left(selection.report, config)
    return selection


def _nothing_left(report: SeedReport, config: SeedingConfig) -> InputError:
    why = "; ".join(
        f"{one.filter} left out {one.n_dropped} ("
        + ", ".join(f"{kind}: {n}" for kind, n in one.kinds.items())
        + ")"
        for one in report.filters
        if one.n_dropped
    )
    return InputError(
        f"none of {report.n_read} seed questions is left to grow: {why}",
        where=", ".join(config.files),
        todo="set the filters otherwise (--filter none switches them off)",
    )


class Seeding:
    """One selection under way; see `read_seeds`."""

    def __init__(self, config: SeedingConfig, progress: Progress) -> None:
        self.config = config
        self.progress = progress
        self._inputs = SeedInputs(())
        self._candidates: list[Candidate] = []
        self._dropped: list[Dropped] = []
        self._filters: list[FilterReport] = []
        self._images: dict[str, Image] = {}
        self._waiting: list[Candidate] = []
        self._simulated = False

    def read(self) -> None:
        """Read the inputs; what is identical, not good enough or an exact duplicate goes."""
        config = self.config
        self._inputs = read_inputs(config.files, config.images, self.progress)
        self._candidates = self._pass(IDENTICAL, self._inputs.candidates, identical)
        if QUALITY in config.filters:
            self._candidates = self._pass(
                QUALITY,
                self._candidates,
                lambda all_: split(all_, QUALITY, lambda c: quality_fault(c, config.quality)),
            )

    def ranking(self, vectors: Vectors | None) -> Iterator[Candidate]:
        """The candidates that differ from each other, the first n of which are n chosen ones."""
        config = self.config
        spread = DIVERSITY in config.filters
        kept = self._candidates
        if spread:
            self.progress.start("comparing seed questions", None, "seeds")
            at = {candidate.position: i for i, candidate in enumerate(kept)}
            kept = self._pass(DIVERSITY, kept, lambda all_: self._diverse(all_, vectors))
            if vectors is not None:
                vectors = vectors[[at[candidate.position] for candidate in kept]]
            self.progress.stop()
        self._candidates = kept
        # Without a limit every one is taken, and no order costs anything.
        if config.limit is None or config.limit >= len(kept):
            return iter(kept)
        return ranked(kept, config.seed, spread=spread, vectors=vectors)

    def _diverse(
        self, candidates: Sequence[Candidate], vectors: Vectors | None
    ) -> tuple[list[Candidate], list[Dropped]]:
        config = self.config
        kept, dropped = exact_duplicates(candidates)
        if vectors is not None:
            staying = {candidate.position for candidate in kept}
            vectors = vectors[[c.position in staying for c in candidates]]
        kept, near = near_duplicates(kept, config.threshold, config.picture_distance, vectors)
        return kept, [*dropped, *near]

    def limited(self, ranking: Iterator[Candidate]) -> list[Candidate]:
        """As many of the ranking as there is room for."""
        return list(islice(ranking, self.config.limit))

    async def ask(
        self, store: Store, run: Run, caller: Caller
    ) -> tuple[list[Candidate], list[Rewritten]]:
        """The chosen candidates, and what became of their wording."""
        config = self.config

        def take_in(candidates: Sequence[Candidate]) -> None:
            taken = self._inputs.take_in(candidates, store.images)
            caller.keep(taken.values())
            self._images |= taken

        async with caller:
            # Replies name the run, and this may be as far as it gets.
            caller.keep([run])
            models = SeedModels(caller, store, config.prompts, take_in, self.progress)
            vectors = None
            if config.embed is not None:
                vectors = await models.embedded(self._candidates, config.embed)
            ranking = await asyncio.to_thread(self.ranking, vectors)
            chosen: list[Candidate]
            if config.potential is None:
                chosen = await asyncio.to_thread(self.limited, ranking)
            else:
                chosen = await models.with_potential(
                    ranking, config.potential, config.min_potential, config.limit
                )
                work = models.work
                self._dropped += work.dropped
                n_in = work.n_rated + len(work.waiting)
                self._filters.append(report(POTENTIAL, n_in, work.dropped))
            chosen.sort(key=lambda candidate: candidate.position)
            rewritten = []
            if config.rewrite is not None:
                limit = config.quality.max_chars
                rewritten = await models.rewritten(chosen, config.rewrite, limit)
        self._waiting = models.work.waiting
        self._simulated = models.work.simulated
        return chosen, rewritten

    def written(
        self,
        store: Store,
        run: Run,
        chosen: Sequence[Candidate],
        rewritten: Sequence[Rewritten],
    ) -> Selection:
        """The selection, with everything but seeds and root nodes written down."""
        config = self.config
        waiting = {candidate.position for candidate in self._waiting}
        kept = sorted(
            (candidate for candidate in chosen if candidate.position not in waiting),
            key=lambda candidate: candidate.position,
        )
        self._leave_out_the_rest(kept)
        lacking = [c for c in kept if any(p.sha256 not in self._images for p in c.pictures)]
        self._images |= self._inputs.take_in(lacking, store.images)
        wording = {one.candidate.seed_id: one for one in rewritten}
        roots: dict[str, tuple[Seed, Node]] = {}
        growing: list[tuple[Candidate, tuple[Seed, Node]]] = []
        merged: list[Dropped] = []
        for candidate in sorted(kept, key=lambda one: one.seed_id):
            pair = self._root(candidate, wording.get(candidate.seed_id), run.run_id)
            known = roots.setdefault(pair[0].seed_id, pair)
            if known is pair:
                growing.append((candidate, pair))
                continue
            reason = f"rewritten to the same question as {known[0].source_id}"
            fault = Fault("same wording", reason, {"like": known[0].source_id})
            merged.append(Dropped(candidate, REWRITE, fault))
        if config.rewrite is not None:
            self._dropped += merged
            self._filters.append(report(REWRITE, len(kept), merged))
        growing.sort(key=lambda both: both[0].position)
        kept = [candidate for candidate, _ in growing]
        self._write(store, run, kept)
        named = {picture.sha256 for candidate in kept for picture in candidate.pictures}
        return Selection(
            [pair for _, pair in growing],
            [image for sha256, image in self._images.items() if sha256 in named],
            self.report(kept, rewritten),
        )

    def _leave_out_the_rest(self, kept: Sequence[Candidate]) -> None:
        """Note who was good enough and had no room."""
        if self.config.limit is None:
            return
        settled = {one.candidate.position for one in self._dropped}
        settled.update(candidate.position for candidate in (*kept, *self._waiting))
        figures = {"limit": self.config.limit}
        how = "the spread selection" if DIVERSITY in self.config.filters else "the draw"
        fault = Fault("no room", f"not among the {self.config.limit} of {how}", figures)
        rest = [c for c in self._candidates if c.position not in settled]
        dropped = [Dropped(candidate, LIMIT, fault) for candidate in rest]
        self._dropped += dropped
        self._filters.append(report(LIMIT, len(kept) + len(dropped), dropped))

    def _root(
        self, candidate: Candidate, wording: Rewritten | None, run_id: str
    ) -> tuple[Seed, Node]:
        row = candidate.row
        text = row.text if wording is None or wording.text is None else wording.text
        pictures: list[Part] = [picture.part for picture in candidate.pictures]
        parts = (*pictures, TextPart(text))
        seed_id = node_id(None, "user", parts)
        changed = wording is not None and wording.text is not None
        seed = Seed(
            seed_id,
            self.config.dataset,
            row.source_id,
            row.source,
            row.licence,
            row.task,
            row.scenario,
            row.language,
            row.intention,
            row.text if changed else None,
        )
        reply = wording.reply if wording is not None and changed else None
        why_not = wording.why_not if wording is not None else ""
        root = Node(
            seed_id,
            None,
            seed_id,
            "user",
            1,
            parts,
            place="1",
            model=wording.model if wording is not None and reply is not None else None,
            server=wording.server if wording is not None and reply is not None else None,
            request_key=None if reply is None else reply.request_key,
            run_id=run_id,
            simulated=reply is not None and reply.simulated,
            notes=(f"not rewritten: {why_not}",) if why_not else (),
        )
        return seed, root

    def _write(self, store: Store, run: Run, kept: Sequence[Candidate]) -> None:
        """Write down what was left out, and that nothing of it is kept now."""
        config = self.config
        records = drop_records(self._dropped, config.dataset, run.run_id)
        back = [seed_drop_id(config.dataset, c.row.source_id, c.seed_id) for c in kept]
        with store.writing() as db:
            insert(db, [to_row(run), *(to_row(record) for record in records)])
            stored.take_back_drops(db, back)

    def _pass(
        self,
        name: str,
        candidates: Sequence[Candidate],
        work: Callable[[Sequence[Candidate]], tuple[list[Candidate], list[Dropped]]],
    ) -> list[Candidate]:
        kept, dropped = work(candidates)
        self._dropped += dropped
        self._filters.append(report(name, len(candidates), dropped))
        return kept

    def report(self, kept: Sequence[Candidate], rewritten: Sequence[Rewritten] = ()) -> SeedReport:
        """What became of the seed questions."""
        missing = Counter(
            f"{picture.name}: {picture.missing}"
            for candidate in kept
            for picture in candidate.pictures
            if picture.missing
        )
        languages = Counter(language_hint(candidate.row.text) for candidate in kept)
        unused = self._inputs.unused
        return SeedReport(
            n_read=len(self._inputs.candidates),
            n_kept=len(kept),
            n_waiting=len(self._waiting),
            filters=tuple(self._filters),
            languages=dict(languages.most_common()),
            n_rewritten=sum(one.text is not None for one in rewritten),
            not_rewritten=reasons(rewritten),
            missing_pictures=dict(missing),
            n_unused_pictures=len(unused),
            unused_pictures=tuple(unused[:_MOST_UNUSED]),
            simulated=self._simulated,
        )
