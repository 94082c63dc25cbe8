"""How `stats` writes its documents: a screen, lines of CSV, a section of Markdown."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from intermt.cli import annotators_text
from intermt.cli.output import Output
from intermt.cli.terminal import one_line, table_lines

_BAR = 24
_SCREEN = 58
"""Characters for the values of a list on a screen; Markdown shows them all."""
_ALL = 1_000_000
_LIST_KEYS = {
    "votes": ("level", "dimension"),
    "raters": ("role", "kind"),
    "verdicts": ("judge", "task", "level"),
}
_STATISTICS = (("alpha", "alpha"), ("ac2", "AC2"), ("rate", "agreement rate"))
_ROW_COUNTS = ("n_units", "n_raters", "n_pairable", "n_combinations", "n_ratings", "n_clusters")

_HEADINGS = {"card": "Data card", "agreement": "Agreement of raters", "annotators": "Annotators"}

Document = Mapping[str, Any]
Table = tuple[str, list[str], list[list[Any]]]


def as_table(out: Output, document: Document, marks: Sequence[str]) -> None:
    """Write a document for people, on one screen."""
    for line in (*marks, *document["notes"]):
        out.line(line)
    if document["topic"] == "card":
        for line in card_lines(document):
            out.line(line)
    elif document["rows"]:
        heading, tables, explained = _tabled(document)
        out.line(heading)
        for title, columns, rows in tables:
            out.line()
            # Plain also at a terminal: a drawn table would cut names to fit its width.
            for line in table_lines(columns, rows, title=one_line(title)):
                out.line(line)
        out.line()
        for line in explained:
            out.line(one_line(line))


def as_csv(document: Document, marks: Sequence[str]) -> str:
    """A card as lines of key and value; agreement a line a figure; a line an annotator.

    What marks say is in the columns or keys `simulated` and `synthetic`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if document["topic"] == "card":
        writer.writerow(("key", "value"))
        writer.writerows(_flat(document, ""))
        return text.getvalue()
    if document["topic"] == "annotators":
        writer.writerows([_cell(c) for c in row] for row in annotators_text.csv_rows(document))
        return text.getvalue()
    same = ("what", "level", "dimension", "between", "judge")
    own = ("statistic", "value", "low", "high", "undefined")
    writer.writerow((*same, *own, "confidence", *_ROW_COUNTS, "simulated", "synthetic"))
    for row in document["rows"]:
        for key, _ in _STATISTICS:
            if (figure := row[key]) is not None:
                cells = [row[c] for c in same] + [key] + [figure[c] for c in own[1:]]
                cells += [document["confidence"]] + [row[c] for c in _ROW_COUNTS]
                writer.writerow(_cell(c) for c in (*cells, row["simulated"], row["synthetic"]))
    return text.getvalue()


def as_markdown(document: Document, marks: Sequence[str]) -> str:
    """A document as a section of a data card."""
    lines = [f"## {_HEADINGS[document['topic']]}{_scope(document)}", ""]
    for text in (*marks, *document["notes"]):
        lines += [f"**{_escaped(text)}**", ""]
    if document["topic"] == "card":
        for title, rows in _card_sections(document, _ALL):
            rows += [(f"with {name}", f"{n:,}") for name, n in _spread_of(title, document).items()]
            lines += [f"### {title}", "", *_markdown_table(("figure", "value"), rows), ""]
    elif document["rows"]:
        heading, tables, explained = _tabled(document)
        lines += [_escaped(heading), ""]
        for title, columns, cells in tables:
            lines += [f"### {_escaped(title)}", "", *_markdown_table(columns, cells), ""]
        lines += [f"- {_escaped(text)}" for text in explained]
    return "\n".join(lines).rstrip() + "\n"


def _tabled(document: Document) -> tuple[str, list[Table], list[str]]:
    """A line on what it is about, the tables, and why figures are not there."""
    if document["topic"] == "annotators":
        heading = annotators_text.title(document, _scope(document))
        return heading, annotators_text.tables(document), annotators_text.explained(document)
    return _agreement_title(document), _agreement_tables(document), _explained(document["rows"])


# --- the card ----------------------------------------------------------------------------


def card_lines(card: Document) -> Iterator[str]:
    """The card for a terminal: headed blocks with small bars."""
    yield f"Data card{_scope(card)}"
    for title, rows in _card_sections(card, _SCREEN):
        yield ""
        yield title
        width = max(len(name) for name, _ in rows)
        for name, value in rows:
            yield f"  {name:<{width}}  {value}"
        yield from _bar_lines(_spread_of(title, card))


def _card_sections(card: Document, width: int) -> list[tuple[str, list[tuple[str, str]]]]:
    sections = [
        ("Conversations", _conversation_rows(card, width)),
        ("Trees", _tree_rows(card, width)),
        ("Pictures and tags", _picture_rows(card, width)),
        ("Labels", _label_rows(card, width)),
        ("Judges and servers", _judge_rows(card)),
    ]
    return [(title, rows) for title, rows in sections if rows]


def _conversation_rows(card: Document, width: int) -> list[tuple[str, str]]:
    n, n_long = card["n_conversations"], card["n_conversations_with_five_or_more_turns"]
    share = card["share_conversations_with_five_or_more_turns"]
    rows = [
        ("conversations", _with_simulated(n, card["n_conversations_simulated"])),
        ("turns", f"{card['n_turns']:,}; {_spread(card, 'turns')}"),
        ("five or more turns", f"{n_long:,} of {n:,}" + _percent(share)),
    ]
    for name in ("dataset", "scenario", "task", "category"):
        rows += _listed(f"{name}s".replace("ys", "ies"), card[f"n_conversations_by_{name}"], width)
    return rows


def _tree_rows(card: Document, width: int) -> list[tuple[str, str]]:
    nodes = _with_simulated(card["n_nodes"], card["n_nodes_simulated"])
    rows = [
        ("seed trees", f"{card['n_trees']:,}; up to {card['max_depth_turns'] or 0} turns deep"),
        (
            "distinct nodes",
            f"{nodes}: {card['n_prompts']:,} prompts, {card['n_answers']:,} answers",
        ),
    ]
    for one, many in (("prompt", "answers"), ("answer", "prompts")):
        mean = card[f"mean_{many}_per_{one}"]
        if mean is not None:
            most, n = card[f"max_{many}_per_{one}"], card[f"n_{one}s"]
            rows.append((f"{many} per {one}", f"mean {mean:.2f}, max {most} (n {n:,})"))
    rows += _listed("models", card["n_answers_by_model"], width)
    for name in ("language", "source", "licence"):
        rows += _listed(f"{name}s", card[f"n_trees_by_{name}"], width)
    return rows


def _picture_rows(card: Document, width: int) -> list[tuple[str, str]]:
    present, missing = card["n_pictures_present"], card["n_pictures_missing"]
    tags = card["n_turns_by_tags_and_pictures"]
    files = _with_simulated(card["n_image_files"], card["n_image_files_simulated"])
    return [
        (
            "pictures named",
            f"{card['n_pictures_named']:,} ({card['n_picture_names']:,} names):"
            f" {present:,} present, {missing:,} missing, {card['n_pictures_refused']:,} refused",
        ),
        ("per conversation", _spread(card, "pictures")),
        (
            "in distinct nodes",
            f"{card['n_pictures_of_nodes_present']:,} present,"
            f" {card['n_pictures_of_nodes_missing']:,} missing",
        ),
        ("picture files", f"{files}, {_size(card['n_image_bytes'])}"),
        *_listed("no picture because", card["n_pictures_missing_by_reason"], width),
        (
            "<Image, ...> tags",
            f"{card['n_image_tags']:,} and {card['n_stray_image_tags']:,} in another spelling;"
            f" in distinct answers {card['n_image_tags_of_answers']:,} and"
            f" {card['n_stray_image_tags_of_answers']:,}",
        ),
        (
            "tags to pictures",
            f"equal {tags['equal']:,}, more tags {tags['more_tags']:,}, more pictures"
            f" {tags['more_pictures']:,}, neither {tags['neither']:,} (n {card['n_turns']:,})",
        ),
    ]


def _label_rows(card: Document, width: int) -> list[tuple[str, str]]:
    rows = [
        (
            f"{row['role']}s, {row['kind']}",
            f"{row['n_raters']:,}: {row['n_scores']:,} scores, {row['n_votes']:,} votes,"
            f" {row['n_feedback']:,} texts, {row['n_verdicts']:,} verdicts"
            + _mark(row["simulated"]),
        )
        for row in card["raters"]
    ]
    for thing in ("scores", "votes"):
        n, old = card[f"n_{thing}"], card[f"n_{thing}_superseded"]
        invented = card[f"n_{thing}_synthetic"]
        extra = [f"{invented:,} SYNTHETIC"] * bool(invented) + [f"{old:,} older left out"] * bool(
            old
        )
        rows.append((thing, f"{n:,}" + (f" ({', '.join(extra)})" if extra else "")))
    rows += _listed("texts", card["n_feedback_by_kind"], width)
    rows += [
        (
            f"votes, {row['dimension']}",
            f"{row['n_votes']:,} on {row['n_pairs']:,} {row['level']} pairs,"
            f" {row['n_ties']:,} ties",
        )
        for row in card["votes"]
    ]
    rows += [
        (
            f"scores, {name}",
            ", ".join(f"{v}: {n:,}" for v, n in counts.items()) + f" (n {sum(counts.values()):,})",
        )
        for name, counts in card["n_scores_by_dimension"].items()
    ]
    return rows


def _judge_rows(card: Document) -> list[tuple[str, str]]:
    rows = [
        (
            f"judge {one_line(row['judge'])}, {row['task']}, {row['level']}",
            f"{row['n_verdicts']:,} verdicts: {row['n_ok']:,} ok, {row['n_unparsed']:,} unparsed,"
            f" {row['n_failed']:,} failed" + _mark(row["simulated"]),
        )
        for row in card["verdicts"]
    ]
    n = card["n_requests"]
    if n or not card["verdicts"]:
        states = ", ".join(f"{k} {v:,}" for k, v in card["n_requests_by_state"].items())
        whole = _with_simulated(n, card["n_requests_simulated"])
        rows.append(("calls, whole store", f"{whole}" + (f": {states}" if states else "")))
    return rows


def _spread_of(title: str, card: Document) -> dict[str, int]:
    """The distribution that belongs to a section, by name; empty for most."""
    if title == "Conversations":
        spread = card["n_conversations_by_n_turns"]
        return {f"{k} turn{'s' * (k != '1')}": n for k, n in spread.items()}
    if title != "Labels":
        return {}
    pooled: dict[int, int] = {}
    for counts in card["n_scores_by_dimension"].values():
        for value, n in counts.items():
            pooled[int(value)] = pooled.get(int(value), 0) + n
    return {f"score {value}": pooled[value] for value in sorted(pooled)}


def _bar_lines(counts: Mapping[str, int]) -> Iterator[str]:
    total, most = sum(counts.values()), max(counts.values(), default=0)
    width = max((len(name) for name in counts), default=0)
    block = _block()
    for name, n in counts.items():
        bar = block * (max(1, round(_BAR * n / most)) if n else 0)
        yield f"  {name:>{width}} {bar:<{_BAR}} {n:>9,}" + _percent(n / total if total else None)


def _block() -> str:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "█".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "#"
    return "█"


# --- agreement ---------------------------------------------------------------------------


def _agreement_title(document: Document) -> str:
    return (
        f"Agreement of raters{_scope(document)}; {document['confidence']:.0%} intervals:"
        f" {document['n_resamples']:,} resamples of seed trees"
    )


def _agreement_tables(document: Document) -> list[Table]:
    """A table for each kind of label and other side: title, columns, rows."""
    groups: dict[str, list[Document]] = {}
    for row in document["rows"]:
        with_whom = {
            "annotator-annotator": "annotators with each other",
            "annotator-verifier": "annotators with verifiers",
            "annotator-judge": f"annotators with the judge {row['judge']}",
            "verifier-judge": f"verifiers with the judge {row['judge']}",
        }[row["between"]]
        marks = _mark(row["simulated"]) + " SYNTHETIC" * row["synthetic"]
        title = f"{row['level']} {row['what']}s, {with_whom}{marks}"
        groups.setdefault(title, []).append(row)
    tables = []
    for title, rows in groups.items():
        shown = [(key, name) for key, name in _STATISTICS if any(row[key] for row in rows)]
        columns = ["dimension", "things", "by both", "raters", "trees"]
        counts = ("n_units", "n_pairable", "n_raters", "n_clusters")
        cells = [
            [row["dimension"], *(row[n] for n in counts), *(_figure(row[key]) for key, _ in shown)]
            for row in rows
        ]
        tables.append((title, [*columns, *(name for _, name in shown)], cells))
    return tables


def _figure(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return "-"
    if figure["low"] is None:
        return f"{figure['value']:.2f}"
    return f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"


def _explained(rows: Iterable[Document]) -> list[str]:
    """Why figures or intervals are not there: a line a reason, with what it is for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    # That only the rate is pooled goes without saying on every screen.
    for row in (row for row in rows if row["dimension"] != "all"):
        figures = [(title, row[key]) for key, title in _STATISTICS if row[key] is not None]
        for why in dict.fromkeys(f["undefined"] for _, f in figures if f["undefined"]):
            titles = ", ".join(title for title, f in figures if f["undefined"] == why)
            group = f"{row['level']} {row['dimension']} ({row['what']}, {row['between']})"
            reasons.setdefault((titles, why), []).append(group)
    explained = []
    for (titles, why), where in reasons.items():
        more = f"; and {len(where) - 2} more" if len(where) > 2 else ""
        explained.append(f"{titles}: {why}: {'; '.join(where[:2])}{more}")
    return explained


# --- what they share ---------------------------------------------------------------------


def _scope(document: Document) -> str:
    said = [f"{name} {one_line(document[name])}" for name in ("dataset", "level") if document[name]]
    return f" of {', '.join(said)}" if said else " of the whole store"


def _mark(simulated: bool) -> str:
    return " SIMULATED" if simulated else ""


def _with_simulated(n: int, n_simulated: int) -> str:
    return f"{n:,}" + (f" ({n_simulated:,} SIMULATED)" if n_simulated else "")


def _spread(card: Document, thing: str) -> str:
    mean, median, most = (
        card[f"{kind}_{thing}_per_conversation"] for kind in ("mean", "median", "max")
    )
    if mean is None:
        return "no conversations"
    return f"mean {mean:.2f}, median {median:g}, max {most:,} (n {card['n_conversations']:,})"


def _percent(share: float | None) -> str:
    return "" if share is None else f" ({share:.1%})"


def _size(n_bytes: int) -> str:
    size, unit = float(n_bytes), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"


def _listed(name: str, counts: Mapping[str, int], width: int) -> list[tuple[str, str]]:
    """The most frequent values in `width` characters; no line where none is stated."""
    if not counts or list(counts) == ["not stated"]:
        return []
    text = ""
    for i, (value, n) in enumerate(counts.items()):
        item = f"{one_line(value)[: width - 16]} {n:,}"
        if text and len(text) + len(item) > width - 16:
            return [(name, f"{text}, and {len(counts) - i} more")]
        text = f"{text}, {item}" if text else item
    return [(name, text)]


def _flat(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Every figure under its path in the document, joined by dots."""
    start = f"{key}." if key else ""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{start}{one_line(str(name))}")
    elif isinstance(value, list):
        names = _LIST_KEYS.get(key, ())
        for i, inner in enumerate(value):
            path = ".".join(one_line(str(inner[n])) for n in names) if names else str(i)
            yield from _flat(inner, f"{start}{path}")
    else:
        yield key, _cell(value)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _markdown_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    cells: list[Sequence[Any]] = [columns, ["---"] * len(columns), *rows]
    return [f"| {' | '.join(_escaped(str(c)) for c in line)} |" for line in cells]


def _escaped(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
