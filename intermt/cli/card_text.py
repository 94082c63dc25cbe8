"""How `stats card` writes its document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from intermt.cli.stats_words import Document, bar_lines, mark, percent, scope
from intermt.cli.terminal import one_line
from intermt.formats.writing.hf_card import licence_lines, size_category

_SCREEN = 58
"""Characters for the values of a list on a screen; Markdown shows them all."""
_ALL = 1_000_000
_MOST_BARS = 8
_LIST_KEYS = {
    "scores": ("dimension",),
    "votes": ("level", "dimension"),
    "raters": ("role", "kind"),
    "verdicts": ("judge", "task", "level"),
}


def card_lines(card: Document) -> Iterator[str]:
    """The card for a terminal: headed blocks with small bars."""
    yield f"Data card{scope(card)}"
    for title, rows in _card_sections(card, _SCREEN):
        yield ""
        yield title
        width = max(len(name) for name, _ in rows)
        for name, value in rows:
            yield f"  {name:<{width}}  {value}"
        for heading, spread in _spreads_of(title, card):
            yield f"  {heading}"
            yield from bar_lines(_binned(spread))


def as_data_card(
    card: Document,
    told: Sequence[str],
    table: Callable[[Sequence[str], Iterable[Sequence[Any]]], list[str]],
) -> str:
    """The card as the README.md of a dataset on the Hugging Face Hub, YAML head and all.

    Args:
        card: The document.
        told: Lines with what a reader must know before anything else.
        table: Makes the lines of a Markdown table.
    """
    name = f"Conversations of {card['dataset']}" if card["dataset"] else "Conversations"
    lines = ["---", *_head(card, name), "---", "", f"# {one_line(name)}", "", *told]
    lines += [
        "Conversations of several turns with text and pictures on both sides, grown as trees from"
        " seed questions, with labels of people and verdicts of judges. Counted by `intermt stats"
        " card`; what each figure means is in its documentation.",
        "",
    ]
    for title, rows in _card_sections(card, _ALL):
        lines += [f"## {title}", "", *table(("figure", "value"), rows), ""]
        for name, spread in _spreads_of(title, card):
            lines += [f"### {name}", "", *table(("", "n", "share"), _shares(spread)), ""]
    return "\n".join(lines).rstrip() + "\n"


def _head(card: Document, name: str) -> Iterator[str]:
    """The YAML head: what the Hub knows a name for."""
    stated = {None if k == "not stated" else k: n for k, n in card["n_trees_by_licence"].items()}
    yield from licence_lines(stated)
    languages = sorted({k.split("-")[0].lower() for k in card["n_trees_by_language"]})
    if tags := [tag for tag in languages if re.fullmatch("[a-z]{2,3}", tag)]:
        yield from ("language:", *(f"- {json.dumps(tag)}" for tag in tags))
    yield f"pretty_name: {json.dumps(one_line(name), ensure_ascii=False)}"
    task = "image-text-to-text" if card["n_pictures_named"] else "text-generation"
    yield from ("task_categories:", f"- {task}", "tags:", "- multi-turn", "- preference")
    yield from ("- interleaved", *["- synthetic"] * (card["simulated"] or card["synthetic"]))
    yield from ("- intermt", "size_categories:", f"- {size_category(card['n_conversations'])}")


def _shares(spread: Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    total = sum(spread.values())
    for name, n in spread.items():
        yield name, f"{n:,}", f"{n / total:.1%}"


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
        ("two or more turns", f"{card['n_conversations_with_two_or_more_turns']:,} of {n:,}"),
        ("five or more turns", f"{n_long:,} of {n:,}" + percent(share)),
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
        ("tags per conversation", _spread(card, "image_tags")),
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
            + mark(row["simulated"]),
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
            f" {row['n_failed']:,} failed" + mark(row["simulated"]),
        )
        for row in card["verdicts"]
    ]
    n = card["n_requests"]
    if n or not card["verdicts"]:
        states = ", ".join(f"{k} {v:,}" for k, v in card["n_requests_by_state"].items())
        whole = _with_simulated(n, card["n_requests_simulated"])
        rows.append(("calls, whole store", f"{whole}" + (f": {states}" if states else "")))
    return rows


def _spreads_of(title: str, card: Document) -> list[tuple[str, dict[str, int]]]:
    """The distributions that belong to a section, with what each is of."""
    if title == "Conversations":
        found = [("conversations by turns", card["n_conversations_by_n_turns"])]
    elif title == "Trees":
        found = [
            ("seed trees by depth in turns", card["n_trees_by_depth_turns"]),
            ("questions by answers", card["n_prompts_by_n_answers"]),
        ]
    elif title == "Pictures and tags":
        found = [
            ("conversations by pictures", card["n_conversations_by_n_pictures"]),
            ("conversations by tags", card["n_conversations_by_n_image_tags"]),
        ]
    elif title == "Labels":
        pooled: dict[int, int] = {}
        for counts in card["n_scores_by_dimension"].values():
            for value, n in counts.items():
                pooled[int(value)] = pooled.get(int(value), 0) + n
        found = [
            ("scores, all dimensions", {str(value): pooled[value] for value in sorted(pooled)})
        ]
    else:
        return []
    return [(name, dict(spread)) for name, spread in found if spread]


def _binned(spread: Mapping[str, int]) -> dict[str, int]:
    """A distribution in at most `_MOST_BARS` lines, what is beyond in the last."""
    items = list(spread.items())
    if len(items) <= _MOST_BARS:
        return dict(items)
    kept = dict(items[: _MOST_BARS - 1])
    first = items[_MOST_BARS - 1][0]
    return {**kept, f"{first} or more": sum(n for _, n in items[_MOST_BARS - 1 :])}


def _with_simulated(n: int, n_simulated: int) -> str:
    return f"{n:,}" + (f" ({n_simulated:,} SIMULATED)" if n_simulated else "")


def _spread(card: Document, thing: str) -> str:
    mean, median, most = (
        card[f"{kind}_{thing}_per_conversation"] for kind in ("mean", "median", "max")
    )
    if mean is None:
        return "no conversations"
    return f"mean {mean:.2f}, median {median:g}, max {most:,} (n {card['n_conversations']:,})"


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


def flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every figure under its path in the document, joined by dots."""
    start = f"{key}." if key else ""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flat(inner, f"{start}{one_line(str(name))}")
    elif isinstance(value, list):
        names = _LIST_KEYS.get(key, ())
        for i, inner in enumerate(value):
            path = ".".join(one_line(str(inner[n])) for n in names) if names else str(i)
            yield from flat(inner, f"{start}{path}")
    else:
        yield key, value
