"""How `stats` alone writes its document: one screen of 80 columns and 24 lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from intermt.cli.stats_words import Document, bar, scope, sparkline
from intermt.cli.terminal import counted, one_line, shortened, width
from intermt.dimensions import BY_KEY

_COLUMNS = 80
_MORE = "More: stats card|agreement|annotators|scores|correlation|bias|usage|scaling"
_NAME = 15
_MOST_NOTES = 2
_MOST_LISTED = 3
_BAR = 10
_SPARKS = 14


def lines(document: Document) -> list[str]:
    """The screen, with its marks and notes."""
    marks = ["SIMULATED"] * document["simulated"] + ["SYNTHETIC"] * document["synthetic"]
    title = f"Overview{scope(document)}"
    found = [f"{title}; some of it is {' and '.join(marks)}" if marks else title]
    found += [one_line(note) for note in document["notes"][:_MOST_NOTES]]
    found.append("")
    found += [f"{name:<{_NAME}}{text}" for name, text in _rows(document)]
    found += _score_lines(document)
    found += ["", _MORE]
    return [_cut(line) for line in found]


def _cut(line: str) -> str:
    """A line in the columns there are; words at its end go first."""
    if width(line) <= _COLUMNS:
        return line
    while width(line) > _COLUMNS - 1:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _rows(document: Document) -> Iterator[tuple[str, str]]:
    n = document["n_conversations"]
    turns = document["n_conversations_by_n_turns"]
    yield "conversations", f"{n:,}" + (f"; {_spark(turns)} turns" if n else "")
    if n:
        share = document["share_conversations_with_five_or_more_turns"]
        mean = document["mean_turns_per_conversation"]
        yield "turns", f"{document['n_turns']:,}; mean {mean:.2f}; {share:.1%} with five or more"
    deep = document["max_depth_turns"] or 0
    trees = f"{document['n_trees']:,}; {counted(document['n_nodes'], 'message')}"
    branching = document["mean_answers_per_prompt"]
    if branching is not None:
        trees += f"; up to {counted(deep, 'turn')} deep; {branching:.2f} answers a question"
    yield "seed trees", trees
    named = document["n_pictures_named"]
    pictures = f"{named:,}; {document['n_pictures_present']:,} of them in the store"
    if named:
        pictures += f"; {_spark(document['n_conversations_by_n_pictures'])} a conversation"
    yield "pictures", pictures
    for name, key in (
        ("tasks", "n_conversations_by_task"),
        ("languages", "n_trees_by_language"),
        ("models", "n_answers_by_model"),
    ):
        if set(document[key]) - {"not stated"}:
            yield name, _listed(document[key])
    people = [
        ("1 jury" if row["n_raters"] == 1 else f"{row['n_raters']} juries")
        if row["kind"] == "jury"
        else counted(row["n_raters"], row["role"]) + " SYNTHETIC" * (row["kind"] == "synthetic")
        for row in document["raters"]
    ]
    yield "raters", ", ".join(people) or "none"
    tied = f" ({document['n_votes_tied']:,} ties)" if document["n_votes"] else ""
    yield (
        "labels",
        f"{document['n_votes']:,} votes{tied}, {document['n_scores']:,} scores,"
        f" {document['n_feedback']:,} texts",
    )
    if document["n_verdicts"]:
        states = document["n_verdicts_by_state"]
        ended = ", ".join(f"{k:,} {state}" for state, k in states.items())
        yield "verdicts", f"{document['n_verdicts']:,}: {ended}"
    if calls := document["n_calls"]:
        days = document["n_calls_by_day"]
        yield (
            "calls",
            f"{calls:,}; {document['n_calls_failed'] / calls:.1%} failed;"
            f" {sparkline(list(days.values())[-20:])} {_from_to(list(days)[-20:])}",
        )


def _score_lines(document: Document) -> Iterator[str]:
    """Scores from the lowest to the highest, two dimensions a line."""
    rows = document["scores"]
    if not rows:
        return
    yield f"{'scores':<{_NAME}}of people and n, of judges and n; from 0 on the left to 3"
    halves = [[row for row in rows if row["level"] == level] for level in ("local", "global")]
    for i in range(max(map(len, halves))):
        cells = [_score_cell(half[i]) if i < len(half) else "" for half in halves if half]
        yield "  " + "".join(cell + " " * max(1, 40 - width(cell)) for cell in cells).rstrip()


def _score_cell(row: Document) -> str:
    text = BY_KEY[row["dimension"]].id
    for side in ("people", "judges"):
        counts = {value: n for value, n in row[side].items() if int(value) >= 0}
        total = sum(counts.values())
        drawn = f"[{sparkline(list(counts.values()))}]" if total else f"{'-':<{len(counts) + 2}}"
        text += f" {drawn} {total:>9,}"
    return text


def _spark(counts: Mapping[str, int]) -> str:
    """How counts are spread over whole numbers, with both ends."""
    numbers = {int(key): n for key, n in counts.items()}
    low, high = min(numbers), max(numbers)
    step = max(1, -(-(high - low + 1) // _SPARKS))
    heights = [
        sum(numbers.get(k, 0) for k in range(start, start + step))
        for start in range(low, high + 1, step)
    ]
    return f"{low} [{sparkline(heights)}] {high}"


def _listed(counts: Mapping[str, int]) -> str:
    """The most frequent values, each with a bar."""
    most = max(counts.values())
    shown = list(counts.items())[:_MOST_LISTED]
    items = [
        f"{shortened(one_line(value), 14)} {bar(n, most, _BAR // len(shown) + 1)} {n:,}"
        for value, n in shown
    ]
    left = len(counts) - len(shown)
    return ", ".join(items) + (f", {left} more" if left else "")


def _from_to(days: list[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
