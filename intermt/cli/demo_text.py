"""What the demo says of each of its steps."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from intermt.cli.terminal import table_lines

if TYPE_CHECKING:
    from intermt.commands.demo import StepResult


def said_of(result: StepResult) -> str:
    """What came of a step: a line or two, or the tables worth a look."""
    if result.step.saved in ("card.txt", "tree.txt"):
        return result.text.rstrip()
    if result.step.saved == "scaling.md":
        return _scaling(result.text)
    if result.step.saved == "correlation.csv":
        pairs = [row for row in csv.DictReader(io.StringIO(result.text)) if _is_across(row)]
        return "\n".join(table_lines(_COLUMNS, [_correlation(row) for row in pairs]))
    if result.step.saved == "card.md":
        return f"{len(result.text.splitlines())} lines"
    if result.step.saved is not None:
        rows = [row for row in csv.DictReader(io.StringIO(result.text)) if _is_main(row)]
        return "\n".join(table_lines(_COLUMNS, [_figure(row) for row in rows]))
    return {
        "generate": _generate,
        "annotate-export": _annotate_export,
        "annotate-import": _annotate_import,
        "pair": _pair,
        "judge": _judge,
        "report": _report,
        "check": _check,
    }[result.step.words.split()[0]](result.data)


_AVERAGES = "### Average over the turns after k"
_COLUMNS = ("figure", "of", "value", "95% from", "to", "n", "seeds")


def _is_main(row: dict[str, str]) -> bool:
    """Whether a figure is over all dimensions, or the only one of its kind, and is defined."""
    main = row["dimension"] in ("overall", "average", "crucial_step_recognition")
    return main and bool(row["value"]) and row["statistic"] not in ("tie_rate", "ac2")


def _figure(row: dict[str, str]) -> tuple[Any, ...]:
    whose = row.get("between") or row["judge"]
    judge = f" {row['judge']}" if row.get("between") == "annotator-judge" else ""
    return (
        f"{row['level']} {row.get('task') or row['what']} {row['statistic']}",
        f"{row['dimension']}, {whose}{judge}",
        *(float(row[key]) if row[key] else None for key in ("value", "low", "high")),
        int(row.get("n") or row["n_pairable"]),
        int(row["n_clusters"]),
    )


def _is_across(row: dict[str, str]) -> bool:
    """Whether a correlation is that of a turn's dimension with crucial steps overall."""
    return row["x_level"] == "local" and row["y"] == "crucial_step_recognition"


def _correlation(row: dict[str, str]) -> tuple[Any, ...]:
    figures = (row["pearson"], row["pearson_low"], row["pearson_high"])
    return (
        "pearson",
        f"{row['x']}, {row['y']}",
        *(float(figure) if figure else None for figure in figures),
        int(row["n"]),
        int(row["n_clusters"]),
    )


def _scaling(text: str) -> str:
    """The averages over later turns, and what is said below the tables."""
    table = text.partition(_AVERAGES)[2].partition("\n#")[0]
    notes = [line[2:] for line in text.splitlines() if line.startswith("- ")]
    rows = [line for line in table.splitlines() if line.startswith("|")]
    head = "judges of the first k turns on the turns after these; chance is 0.5"
    return "\n".join([head, *rows, *notes])


def _report(data: dict[str, Any]) -> str:
    there, missing = data["there"], data["missing"]
    lines = [
        f"{data['folder']}/index.html: {len(there)} of {len(there) + len(missing)} tables and"
        " figures of the paper",
        *(f"missing: {entry['name']}" for entry in missing),
        *([] if data["has_figures"] else ["no figures: matplotlib is missing"]),
    ]
    return "\n".join(lines)


def _calls(data: dict[str, Any]) -> str:
    return f"{data['calls']['states'].get('ok', 0)} calls answered"


def _generate(data: dict[str, Any]) -> str:
    if "n_joined" in data:
        depths = ", ".join(f"{n} of {turns} turns" for turns, n in data["by_turns"].items())
        return (
            f"{data['n_conversations']} conversations in {data['dataset']} ({depths}), "
            f"of {data['n_answers_kept']} answers kept in {data['n_trees']} trees"
        )
    tools = ", ".join(f"{n} {tool}" for tool, n in data["pictures_by_tool"].items())
    return (
        f"{data['n_seeds']} seed questions: {data['n_conversations']} conversations, "
        f"{data['n_answers']} answers, {data['n_pictures']} pictures ({tools}); {_calls(data)}"
    )


def _annotate_export(data: dict[str, Any]) -> str:
    n_tasks = sum(level["n_tasks"] for level in data["levels"].values())
    return f"{n_tasks} tasks with {data['n_pictures']} pictures in {data['folder']}"


def _annotate_import(data: dict[str, Any]) -> str:
    new, pictures = data["new"], data["pictures"]
    return (
        f"{new.get('preference_vote', 0)} votes and {new.get('score', 0)} scores of "
        f"{new.get('rater', 0)} raters, {new.get('conversation', 0)} conversations; pictures: "
        f"{pictures['named']} named, {pictures.get('present', 0)} present, "
        f"{pictures.get('missing', 0)} missing"
    )


def _pair(data: dict[str, Any]) -> str:
    splits = ", ".join(f"{n} {name}" for name, n in (data["splits"] or {}).items())
    return f"{data['n_pairs']} pairs ({splits})"


def _judge(data: dict[str, Any]) -> str:
    verdicts = data["verdicts"]
    return (
        f"{data['n_items']} items, {verdicts['ok']} verdicts, {verdicts['unparsed']} not stated, "
        f"{verdicts['failed']} failed; {_calls(data)}"
    )


def _check(data: dict[str, Any]) -> str:
    return f"{data['n_findings']} findings"
