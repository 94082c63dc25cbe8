"""Help pages: a command's docstring and options, read once, shown in several ways.

A command's docstring is its manual. The first paragraph is the summary, the paragraphs
after it the description. Then follow, each optional, the sections `Reads:`, `Writes:` (prose),
`Exits:` (`75: what this code means for this command`, a line or more per code) and
`Examples:` (shown as written: a `# comment` line, a command line, and so on).

The terminal, the man pages and docs/cli.md are all made from `Manual` and `Parameter`, so
they cannot say different things. rich is imported only to write to a terminal.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from intermt.cli.terminal import is_terminal
from intermt.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import RenderableType
    from typer._click import Context as ParseContext
    from typer._click import HelpFormatter

GLOBAL_PANEL = "Global options"

EXIT_MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "Done.",
    ExitCode.ANSWER_IS_NO: "The work is done and the answer is no.",
    ExitCode.USAGE: "The command line cannot be understood or contradicts itself.",
    ExitCode.BAD_INPUT: "Input rows cannot be used.",
    ExitCode.NO_INPUT: "A named file or record is not there.",
    ExitCode.NO_SERVER: "No server could be reached.",
    ExitCode.BUG: "A bug in intermt.",
    ExitCode.CANNOT_CREATE: "The store or an output cannot be created.",
    ExitCode.IO: "Reading or writing failed, or a file is damaged.",
    ExitCode.TRY_LATER: "Locked, busy, or part of the work is left: run the same command again.",
    ExitCode.PROTOCOL: "A server answers, but not in the agreed form.",
    ExitCode.NO_PERMISSION: "No permission.",
    ExitCode.CONFIG: "The configuration cannot be used.",
    ExitCode.INTERRUPTED: "Interrupted (Ctrl-C).",
    ExitCode.CLOSED_PIPE: "The reader of the output closed the pipe.",
    ExitCode.TERMINATED: "Terminated.",
}

_SECTION = re.compile(r"(Reads|Writes|Exits|Examples):\s*")
_EXIT_LINE = re.compile(r"(\d+):\s+(.*)")


@dataclass(frozen=True, slots=True)
class Manual:
    """What a command's docstring says.

    Attributes:
        summary: The first paragraph, on one line.
        description: The other paragraphs, each on one line.
        reads: What the command reads, on one line; "" if it does not say.
        writes: What it writes, likewise.
        exits: Exit codes with a meaning of their own for this command.
        examples: Lines of the examples, as written.
    """

    summary: str = ""
    description: tuple[str, ...] = ()
    reads: str = ""
    writes: str = ""
    exits: tuple[tuple[str, str], ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option or argument as a reader sees it.

    Attributes:
        name: The option's name, as in `--min-agree`, or the argument's metavar.
        spelling: All spellings and the metavar, as in `-o, --output FILE`.
        text: What it does.
        default: The default, as it would be typed; "" if there is none.
        env: Environment variable that sets it; "" for arguments and `--help`.
        required: Whether the command needs it.
        repeats: Whether it can be given several times.
        is_argument: Whether it stands by its position.
        is_global: Whether every command has it.
    """

    name: str
    spelling: str
    text: str
    default: str
    env: str
    required: bool
    repeats: bool
    is_argument: bool
    is_global: bool

    def full_text(self) -> str:
        """What it does, with repetition, default and necessity, on one line."""
        extras = [
            "repeatable" if self.repeats and not self.is_argument else "",
            f"default: {self.default}" if self.default else "",
            "required" if self.required and not self.is_argument else "",
        ]
        extra = "; ".join(e for e in extras if e)
        return f"{self.text} [{extra}]" if extra else self.text


@dataclass(frozen=True, slots=True)
class Page:
    """Everything known about one command.

    Attributes:
        name: `intermt` or a command's name.
        usage: The words after `intermt`.
        manual: What its docstring says.
        parameters: Arguments, own options and global options, in that order.
        commands: Name and summary of each sub-command.
        closing: A last line for the terminal.
    """

    name: str
    usage: str
    manual: Manual
    parameters: tuple[Parameter, ...]
    commands: tuple[tuple[str, str], ...] = ()
    closing: str = ""

    def groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The lists of the page with their headings: what a term means, in order."""
        own = [p for p in self.parameters if not p.is_global]
        found = [
            ("Arguments", [(p.spelling, p.full_text()) for p in own if p.is_argument]),
            ("Options", [(p.spelling, p.full_text()) for p in own if not p.is_argument]),
            ("Commands", list(self.commands)),
            (
                GLOBAL_PANEL,
                [(p.spelling, p.full_text()) for p in self.parameters if p.is_global],
            ),
            ("Exit status", list(self.manual.exits)),
        ]
        return [(title, rows) for title, rows in found if rows]


def read_manual(docstring: str | None) -> Manual:
    """What a docstring of the form shown at the top of this module says."""
    body: dict[str, list[str]] = {"": []}
    section = ""
    for line in inspect.cleandoc(docstring or "").splitlines():
        if heading := _SECTION.fullmatch(line):
            section = heading[1]
            body[section] = []
        else:
            body[section].append(line)
    summary, *description = _paragraphs(body[""]) or [""]
    return Manual(
        summary=summary,
        description=tuple(description),
        reads=" ".join(_paragraphs(body.get("Reads", []))),
        writes=" ".join(_paragraphs(body.get("Writes", []))),
        exits=_exits(body.get("Exits", [])),
        examples=tuple(inspect.cleandoc("\n".join(["", *body.get("Examples", [])])).splitlines()),
    )


def _paragraphs(lines: Sequence[str]) -> list[str]:
    blocks = re.split(r"\n\s*\n", "\n".join(lines))
    return [" ".join(block.split()) for block in blocks if block.strip()]


def _exits(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for line in filter(None, (raw.strip() for raw in lines)):
        if start := _EXIT_LINE.fullmatch(line):
            found.append((start[1], start[2]))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line}")
    return tuple(found)


def option_key(option: TyperOption) -> str:
    """The name of an option in the configuration file: the long one, with underscores."""
    long = [o for o in option.opts if o.startswith("--")] or option.opts
    return long[0].lstrip("-").replace("-", "_")


def read_parameter(param: Any) -> Parameter:
    """An option or argument of the parser as a reader sees it."""
    if isinstance(param, TyperArgument):
        metavar = param.metavar or (param.name or "").upper()
        if param.nargs == -1 and not metavar.endswith("..."):
            metavar += "..."
        return Parameter(
            name=metavar,
            spelling=metavar,
            text=param.help or "",
            default=_default(param),
            env="",
            required=param.required,
            repeats=param.nargs == -1,
            is_argument=True,
            is_global=False,
        )
    assert isinstance(param, TyperOption)
    # The parser keeps the spellings of --help in a set: the order is not to be relied on.
    spelling = ", ".join(sorted(param.opts, key=lambda o: (len(o) > 2, o)))
    if param.secondary_opts:
        spelling += " / " + ", ".join(param.secondary_opts)
    if not param.is_flag:
        spelling += f" {param.metavar}"
    is_help = param.name == "help"
    return Parameter(
        name="--" + option_key(param).replace("_", "-"),
        spelling=spelling,
        text="Show this help and exit." if is_help else param.help or "",
        default=_default(param),
        env=param.envvar if isinstance(param.envvar, str) else "",
        required=param.required,
        repeats=param.multiple,
        is_argument=False,
        is_global=is_help or param.rich_help_panel == GLOBAL_PANEL,
    )


def _default(param: TyperOption | TyperArgument) -> str:
    """The default as it would be typed, without looking at the environment."""
    if isinstance(param.show_default, str):
        return param.show_default
    value = param.default
    if value is None or param.required or not param.show_default or callable(value):
        return ""
    if isinstance(param, TyperOption) and param.is_flag:
        if not param.secondary_opts:
            return ""
        return (param.opts if value else param.secondary_opts)[0]
    if isinstance(value, list | tuple):
        return " ".join(str(getattr(v, "value", v)) for v in value)
    return str(getattr(value, "value", value))


def read_page(command: TyperCommand | TyperGroup, context: ParseContext) -> Page:
    """Everything known about a command."""
    shown = [p for p in command.get_params(context) if not getattr(p, "hidden", False)]
    parameters = [read_parameter(p) for p in shown]
    name = command.name or "intermt"
    words = [] if isinstance(command, TyperGroup) else [name]
    words.append("[OPTIONS]")
    words += [p.name if p.required else f"[{p.name}]" for p in parameters if p.is_argument]
    commands: list[tuple[str, str]] = []
    closing = ""
    if isinstance(command, TyperGroup):
        words.append("COMMAND [ARGS]...")
        for sub in command.list_commands(context):
            found = command.get_command(context, sub)
            assert found is not None
            commands.append((sub, read_manual(found.help).summary))
        closing = "intermt COMMAND --help tells more about a command."
    elif own := [p for p in parameters if p.env and not p.is_global]:
        closing = (
            f"Every option has an environment variable ({own[0].env} for {own[0].name}) and a "
            f"key in the [{name}] table of intermt.toml."
        )
    return Page(
        name=name,
        usage=" ".join(words),
        manual=read_manual(command.help),
        parameters=tuple(sorted(parameters, key=lambda p: (p.is_global, not p.is_argument))),
        commands=tuple(commands),
        closing=closing,
    )


def write_plain(page: Page, formatter: HelpFormatter) -> None:
    """Put a page into the parser's own formatter."""
    formatter.write_usage("intermt", page.usage)
    for text in _prose(page):
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(text)
    for title, rows in page.groups():
        with formatter.section(title):
            formatter.write_dl(rows)
    if page.manual.examples:
        with formatter.section("Examples"):
            for line in page.manual.examples:
                formatter.write(f"  {line}\n" if line else "\n")
    if page.closing:
        formatter.write_paragraph()
        formatter.write_text(page.closing)


def write_rich(page: Page) -> None:
    """Write a page to the terminal with colours and panels."""
    from rich.console import Console, Group
    from rich.padding import Padding
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    def panel(title: str, content: RenderableType) -> Panel:
        return Panel(content, title=title, title_align="left", border_style="dim")

    console = Console(highlight=False)
    blocks: list[RenderableType] = [Text.assemble(("Usage: ", "bold"), f"intermt {page.usage}")]
    blocks += [Padding(Text(text), (1, 0, 0, 1)) for text in _prose(page)]
    blocks.append(Text())
    for title, rows in page.groups():
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(max_width=34, style="cyan")
        table.add_column(ratio=1)
        for term, text in rows:
            table.add_row(Text(term), Text(text))
        blocks.append(panel(title, table))
    if page.manual.examples:
        lines = [
            Text(line, style="dim" if line.startswith("#") else "") for line in page.manual.examples
        ]
        blocks.append(panel("Examples", Group(*lines)))
    if page.closing:
        blocks.append(Padding(Text(page.closing, style="dim"), (0, 1)))
    console.print(Group(*blocks))


def _prose(page: Page) -> list[str]:
    manual = page.manual
    told = [manual.summary, *manual.description]
    told += [f"Reads: {manual.reads}"] if manual.reads else []
    told += [f"Writes: {manual.writes}"] if manual.writes else []
    return [text for text in told if text]


def show(command: TyperCommand | TyperGroup, ctx: ParseContext, formatter: HelpFormatter) -> None:
    """Show a command's help: with rich at a terminal, plain elsewhere."""
    page = read_page(command, ctx)
    if is_terminal(sys.stdout):
        write_rich(page)
    else:
        write_plain(page, formatter)
