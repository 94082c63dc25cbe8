"""The worst disagreements between judges and people, each with everything said of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from intermt.commands.judging import CRUCIAL_STEP
from intermt.commands.measured import column
from intermt.commands.report_messages import Messages
from intermt.commands.report_plots import SYNTHETIC, marks_of
from intermt.commands.report_titles import NONE
from intermt.commands.report_worst import Disagreement, called
from intermt.dimensions import OVERALL, dimensions_of
from intermt.formats.writing.report_blocks import Case, Cell, Quote, Said, Table
from intermt.formats.writing.svg_plots import shortened
from intermt.records import Choice, Verdict
from intermt.store import report, trees
from intermt.store.images import ImageFolder
from intermt.store.report import Item, RawReply, Written

_MAX_REPLIES = 4
_NAME_ROOM = 480
_MAX_TEXT = 6_000

Votes = Mapping[tuple[str, str, str], tuple[Choice, ...]]
"""Annotators' choices of pairs, by a, b and dimension."""

Side = tuple[str, tuple[Said, ...]]


class Cases:
    """Reads what there is about chosen items and puts it side by side.

    Args:
        db: The open database.
        images: Where pictures are.
        chosen: The items.
        judges: Names of the judges to show, by rater id.
        votes: Annotators' choices of pairs.
    """

    def __init__(
        self,
        db: Any,
        images: ImageFolder,
        chosen: Sequence[Disagreement],
        judges: Mapping[str, str],
        votes: Votes,
    ) -> None:
        self._chosen = chosen
        self._judges = judges
        self._votes = votes
        items = [one.item for one in chosen]
        ids = [key for item in items for key in (item.a_id, item.b_id) if key is not None]
        verdicts = [v for v in report.verdicts_on(db, items) if v.judge_id in judges]
        self._scores = report.human_scores(db, ids)
        self._written = report.written_about(db, ids)
        keys = {key for v in verdicts for key in (v.request_key, v.second_key) if key}
        self._replies = report.raw_replies(db, keys)
        self._seeds = report.names_of(db, (one.seed_id for one in chosen))
        self._conversations = report.conversation_names(db, ids)
        paths = trees.conversation_paths(db, ids) | trees.paths(
            db, (key for item in items if item.level == "local" for key in _ids(item))
        )
        nodes = trees.nodes(db, (node for path in paths.values() for node in path))
        self._messages = Messages(images, paths, nodes)
        self._verdicts: defaultdict[Item, list[Verdict]] = defaultdict(list)
        for verdict in verdicts:
            about = Item(verdict.task, verdict.level, verdict.a_id, verdict.b_id)
            self._verdicts[about].append(verdict)

    def all(self) -> tuple[Case, ...]:
        """The cases, in order."""
        return tuple(self._case(i, one) for i, one in enumerate(self._chosen, 1))

    @property
    def n_pictures(self) -> int:
        """Pictures in the cases made so far, each time one stands there."""
        return self._messages.n_pictures

    @property
    def n_missing(self) -> int:
        """Pictures in them that are named but not there."""
        return self._messages.n_missing

    def _case(self, number: int, one: Disagreement) -> Case:
        item = one.item
        history, sides = self._sides(item)
        return Case(
            heading=f"{number}. {self._name(one)}",
            why=one.why,
            marks=one.marks,
            history=history,
            sides=sides,
            labels=self._labels(one),
            people=tuple(self._quoted(written, item) for written in self._written_about(item)),
            replies=self._quotes_of_judges(item, one.judge),
        )

    def _name(self, one: Disagreement) -> str:
        kinds = {
            ("score", "local"): "Score of an answer",
            ("score", "global"): "Scores of a conversation",
            ("pair", "local"): "Two answers compared",
            ("pair", "global"): "Two conversations compared",
            ("crucial-step", "global"): "Crucial steps of a conversation",
        }
        name, dataset = self._conversations.get(
            one.item.a_id, self._seeds.get(one.seed_id, (one.seed_id, ""))
        )
        place = self._messages.place(one.item.a_id)
        return (
            f"{kinds[one.item.task, one.item.level]}: {shortened(name, _NAME_ROOM)}"
            + (f", {place}" if one.item.level == "local" and place else "")
            + (f" ({shortened(dataset, _NAME_ROOM)})" if dataset else "")
        )

    def _sides(self, item: Item) -> tuple[tuple[Said, ...], tuple[Side, ...]]:
        if item.b_id is not None:
            history, a, b = self._messages.apart(item.a_id, item.b_id)
            return history, (("Candidate A", a), ("Candidate B", b))
        if item.level == "local":
            history, answer = self._messages.last_turn(item.a_id)
            return history, (("The question and the answer that was judged", answer),)
        return (), (("The conversation that was judged", self._messages.whole(item.a_id)),)

    # --- labels side by side -------------------------------------------------------------

    def _labels(self, one: Disagreement) -> Table:
        item = one.item
        said = self._verdicts[item]
        if item.task == "crucial-step":
            keys = [CRUCIAL_STEP]
        else:
            asked = {verdict.dimension for verdict in said}
            known = [d.key for d in dimensions_of(item.level)] + [OVERALL]
            keys = [key for key in known if key in asked]
        names = ((column(item.level, key).replace("_", " "), called(key)) for key in keys)
        columns = [("", ""), *names]
        rows = [] if item.task == "crucial-step" else [self._people(one, keys)]
        for judge_id, name in self._judges.items():
            own = [verdict for verdict in said if verdict.judge_id == judge_id]
            if own:
                marks = marks_of(own)
                cells = (_said_cell([v for v in own if v.dimension == key]) for key in keys)
                rows.append((Cell(name, marks=marks), *cells))
        caption = {
            "score": "Scores: the mean, and what each annotator or reply gave",
            "pair": "Choices: how many chose candidate A, candidate B or a tie",
            "crucial-step": "Grade of the judge's description, 1 to 5",
        }[item.task]
        return Table(caption, tuple(columns), tuple(rows))

    def _people(self, one: Disagreement, keys: Sequence[str]) -> tuple[Cell, ...]:
        a, b = one.item.a_id, one.item.b_id
        cells = [
            _numbers(self._scores.get((a, key), ()))
            if b is None
            else _choices(self._votes.get((a, b, key), ()))
            for key in keys
        ]
        return (Cell("people", marks=(SYNTHETIC,) if SYNTHETIC in one.marks else ()), *cells)

    # --- words ---------------------------------------------------------------------------

    def _written_about(self, item: Item) -> list[Written]:
        wanted = _ids(item)
        return [
            written
            for written in self._written
            if written.target_id in wanted
            and (item.task != "crucial-step" or written.dimension == CRUCIAL_STEP)
        ]

    def _quoted(self, written: Written, item: Item) -> Quote:
        side = ""
        if item.b_id is not None:
            side = f" on candidate {'A' if written.target_id == item.a_id else 'B'}"
        about = f", {called(written.dimension)}" if written.dimension else ""
        who = f"{written.kind.capitalize()}{side}{about}"
        notes = ("SYNTHETIC: invented, nobody's judgement",) if written.synthetic else ()
        return Quote(who, _cut(written.text), notes)

    def _quotes_of_judges(self, item: Item, first: str) -> tuple[Quote, ...]:
        """Replies of the judge that the case is about, then of the others."""
        quotes: list[Quote] = []
        said = self._verdicts[item]
        names = sorted(self._judges.items(), key=lambda judge: judge[1] != first)
        for judge_id, name in names:
            own = [verdict for verdict in said if verdict.judge_id == judge_id]
            told = _one_a_reply(own)
            for verdict in told[:_MAX_REPLIES]:
                quotes += self._reply(name, verdict)
            if len(told) > _MAX_REPLIES:
                quotes.append(Quote(name, "", (f"and {len(told) - _MAX_REPLIES} more replies",)))
        return tuple(quotes)

    def _reply(self, name: str, verdict: Verdict) -> list[Quote]:
        # A reply names what was shown first A, whichever candidate it was.
        how = [f"candidate {verdict.order.upper()} shown as A"] if verdict.order else []
        how += [f"sample {verdict.sample + 1}"] if verdict.sample else []
        how += ["SIMULATED"] if verdict.simulated else []
        head = ", ".join([name, *how])
        quotes = []
        if verdict.text is not None:
            quotes.append(Quote(f"{head}: its description", _cut(verdict.text)))
            head = f"{head}: the grader's reply"
        reply = self._replies.get(verdict.request_key)
        second = self._replies.get(verdict.second_key or "")
        if second is not None and verdict.task == "pair":
            quotes.append(Quote(f"{head}: on candidate B", _cut(second.text)))
            head = f"{head}: on candidate A"
        notes = (*verdict.notes, *_ending(verdict, reply))
        if verdict.members:
            notes = (*notes, f"a jury of {len(verdict.members)} verdicts; its members replied")
        quotes.append(Quote(head, _cut(reply.text) if reply else "", notes))
        return quotes


def _ids(item: Item) -> tuple[str, ...]:
    return (item.a_id,) if item.b_id is None else (item.a_id, item.b_id)


def _one_a_reply(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """One verdict for each reply: several dimensions are read off one."""
    found = {(v.request_key, v.order, v.sample): v for v in reversed(verdicts)}
    return sorted(found.values(), key=lambda v: (v.sample, v.order))


def _ending(verdict: Verdict, reply: RawReply | None) -> tuple[str, ...]:
    if reply is None:
        return ("no raw reply is kept",) if not verdict.members else ()
    if verdict.state == "ok":
        return ()
    return (f"states no verdict ({verdict.state})", *([reply.error] if reply.error else []))


def _said_cell(verdicts: Sequence[Verdict]) -> Cell:
    lost = Counter(v.state for v in verdicts if v.state != "ok")
    under = tuple(f"{n} {state}" for state, n in sorted(lost.items()))
    stated = [v for v in verdicts if v.state == "ok"]
    if any(v.choice is not None for v in stated):
        cell = _choices([v.choice for v in stated if v.choice is not None])
        return Cell(cell.text, (*cell.under, *under))
    numbers = [
        v.estimate if v.value is None else v.value
        for v in stated
        if v.value is not None or v.estimate is not None
    ]
    if not numbers:
        return Cell(NONE, under or ("none",))
    cell = _numbers([number for number in numbers if number is not None])
    expected = [v.estimate for v in stated if v.estimate is not None and v.value is not None]
    under = (*(f"expected {number:.2f}" for number in expected[:1]), *under)
    return Cell(cell.text, (*cell.under, *under))


def _numbers(values: Sequence[float]) -> Cell:
    if not values:
        return Cell(NONE, ("none",))
    each = ", ".join(f"{value:.3g}" for value in values)
    return Cell(f"{_mean(values):.3g}", (f"each: {each}",) if len(values) > 1 else ())


def _choices(choices: Sequence[Choice]) -> Cell:
    if not choices:
        return Cell(NONE, ("none",))
    counted = Counter(choices)
    told = [f"{name} {counted[key]}" for key, name in _SIDES if counted[key]]
    top = max(counted["a"], counted["b"])
    won = "tie" if counted["a"] == counted["b"] else "A" if counted["a"] == top else "B"
    return Cell(won, (" · ".join(told),))


_SIDES: tuple[tuple[Choice, str], ...] = (("a", "A"), ("b", "B"), ("tie", "tie"))


def _cut(text: str) -> str:
    if len(text) <= _MAX_TEXT:
        return text
    return f"{text[:_MAX_TEXT]}\n[… {len(text) - _MAX_TEXT:,} more characters are in the store]"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
