"""Man pages: a small writer of roff over the same pages the terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from intermt.cli.help import EXIT_MEANINGS, Page, Parameter

FILES: tuple[tuple[str, str], ...] = (
    ("./intermt-store", "The store, if no other is named."),
    ("./intermt.toml", "The configuration of the folder the command is run in."),
    (
        "$XDG_CONFIG_HOME/intermt/intermt.toml",
        "The user's configuration (~/.config where the variable is not set); the folder's "
        "file wins over it.",
    ),
)

PRECEDENCE = (
    "A value comes from the strongest place that gives one: the command line, the environment, "
    "./intermt.toml, the user's file, the default. Several values in one variable are separated "
    "by spaces, paths by colons. A flag's variable is 1 or 0. Of an option that is given "
    "twice the last value counts; a second --dataset, --dimension or --model is refused where one "
    "is taken."
)


def write_man_page(page: Page, pages: Sequence[Page]) -> str:
    """The roff source of a page's man page; `pages` are all pages, for SEE ALSO."""
    is_program = page.name == "intermt"
    title = "intermt" if is_program else f"intermt-{page.name}"
    lines = [
        f'.TH {_quoted(title.upper())} 1 "" "intermt" "intermt manual"',
        # Names of variables and options must not be broken or spread over a line.
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{_escaped(title)} \\- {_escaped(page.manual.summary.rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B intermt{'' if is_program else ' ' + _escaped(page.name)}",
        _escaped(page.usage.removeprefix(page.name).strip()),
    ]
    lines += _section("DESCRIPTION", _described(page))
    own = [p for p in page.parameters if not p.is_global]
    lines += _section("ARGUMENTS", _parameters(p for p in own if p.is_argument))
    lines += _section("OPTIONS", _parameters(p for p in own if not p.is_argument))
    shared = _parameters(p for p in page.parameters if p.is_global)
    lines += _section("GLOBAL OPTIONS", shared)
    lines += _section("COMMANDS", _terms(page.commands))
    lines += _section("EXIT STATUS", _exit_status(page, is_program))
    lines += _section("ENVIRONMENT", _paragraphs([PRECEDENCE]))
    lines += _section("FILES", _terms(FILES))
    lines += _section("EXAMPLES", _verbatim(page.manual.examples))
    others = [f"intermt-{p.name}" if p.name != "intermt" else p.name for p in pages if p != page]
    lines += _section("SEE ALSO", _references(others))
    return "\n".join(lines) + "\n"


def _described(page: Page) -> list[str]:
    manual = page.manual
    told = [manual.summary, *manual.description]
    told += [f"Reads: {manual.reads}"] if manual.reads else []
    told += [f"Writes: {manual.writes}"] if manual.writes else []
    return _paragraphs(told)


def _exit_status(page: Page, is_program: bool) -> list[str]:
    if is_program:
        return _terms([(str(int(code)), text) for code, text in EXIT_MEANINGS.items()])
    said = _terms(page.manual.exits)
    rest = "All exit codes are listed in" if not said else "The other exit codes are listed in"
    return [*said, *([".PP"] if said else []), rest, ".BR intermt (1)."]


def _parameters(parameters: Iterable[Parameter]) -> list[str]:
    lines: list[str] = []
    for parameter in parameters:
        text = parameter.full_text()
        if parameter.env:
            text += f" Environment: {parameter.env}."
        lines += [".TP", f"\\fB{_escaped(parameter.spelling)}\\fR", _escaped(text)]
    return lines


def _terms(rows: Iterable[tuple[str, str]]) -> list[str]:
    lines: list[str] = []
    for term, text in rows:
        lines += [".TP", f"\\fB{_escaped(term)}\\fR", _escaped(text)]
    return lines


def _paragraphs(texts: Iterable[str]) -> list[str]:
    lines: list[str] = []
    for text in texts:
        lines += [*([".PP"] if lines else []), _escaped(text)]
    return lines


def _verbatim(examples: Sequence[str]) -> list[str]:
    if not examples:
        return []
    return [".nf", *(_escaped(line) for line in examples), ".fi"]


def _references(names: Sequence[str]) -> list[str]:
    last = len(names) - 1
    return [f".BR {_escaped(name)} (1){',' if i < last else ''}" for i, name in enumerate(names)]


def _section(title: str, lines: list[str]) -> list[str]:
    return [f".SH {_quoted(title)}", *lines] if lines else []


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _escaped(text: str) -> str:
    """The text as roff prints it: hyphens that can be copied, no line taken for a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti")
    text = text.replace("^", "\\(ha").replace("`", "\\(ga").replace("'", "\\(aq")
    return f"\\&{text}" if text.startswith(".") else text
