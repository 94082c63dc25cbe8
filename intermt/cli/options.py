"""The options every command has, where values come from, and how a command is declared.

    @command("pair")
    def pair(ctx: Context, *, min_agree: Annotated[float, Option(...)] = 0.0) -> None:
        \"\"\"Write preference pairs.\"\"\"

A value comes from the strongest place that gives one: the command line, the environment
variable INTERMT_<COMMAND>_<OPTION>, the command's table in the configuration file, the
default. Global options can stand before or after the command; after it wins. Their
variables are INTERMT_<OPTION>, and INTERMT_<COMMAND>_<OPTION> for one command alone.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from intermt import __version__
from intermt.cli.file_defaults import file_defaults
from intermt.cli.help import GLOBAL_PANEL, option_key, read_manual, show
from intermt.cli.output import Output
from intermt.config import DEFAULT_LOCK_TIMEOUT_S, DEFAULT_STORE, Config, load_config
from intermt.errors import UsageError

if TYPE_CHECKING:
    from typer._click import Context as ParseContext
    from typer._click import HelpFormatter

PROGRAM = "intermt"

_CONFIG = "intermt.config"


@dataclass(frozen=True, slots=True)
class Context:
    """What a command's body gets beside its own options.

    Attributes:
        command: The command's name.
        config: What the configuration files say.
        store_path: The store folder; it need not exist yet.
        json: Whether stdout gets the envelope.
        quiet: Whether to leave out what only a person wants.
        verbose: Whether to say more.
        lock_timeout_s: How long to wait for the store.
        out: Where everything is said.
        options: The command's own options and arguments as they were resolved, in types
            that JSON holds, for the record of the run: `min_agree` for `--min-agree`.
        given: Those of them that stand on the command line or in the environment.
        typed: Those that stand on the command line.
    """

    command: str
    config: Config
    store_path: Path
    json: bool
    quiet: bool
    verbose: bool
    lock_timeout_s: float
    out: Output
    options: Mapping[str, Any]
    given: frozenset[str] = frozenset()
    typed: frozenset[str] = frozenset()


# --- the global options ------------------------------------------------------------------


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


def _global(name: str, kind: Any, default: Any, *spellings: str, **settings: Any) -> Any:
    option = typer.Option(*spellings, rich_help_panel=GLOBAL_PANEL, **settings)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


GLOBAL_OPTIONS: tuple[inspect.Parameter, ...] = (
    _global(
        "store",
        Path | None,
        None,
        "--store",
        metavar="DIR",
        # Whether it can be used is the store's to say, which knows what to do about it.
        readable=False,
        show_default=f"./{DEFAULT_STORE}",
        help="The store folder.",
    ),
    _global(
        "config",
        Path | None,
        None,
        "--config",
        metavar="FILE",
        show_default="./intermt.toml, then the user's file",
        help="The configuration file; only this one is read.",
    ),
    _global(
        "json",
        bool,
        False,
        "--json",
        help="Write one JSON envelope to stdout, also on failure.",
    ),
    _global(
        "quiet",
        bool,
        False,
        "--quiet",
        "-q",
        help="Leave out notes, summaries and progress.",
    ),
    _global(
        "verbose",
        bool,
        False,
        "--verbose",
        "-v",
        help="Say more; show the traceback of a bug.",
    ),
    _global(
        "lock_timeout",
        float | None,
        None,
        "--lock-timeout",
        metavar="SECONDS",
        min=0,
        show_default=f"{DEFAULT_LOCK_TIMEOUT_S:g}",
        help="How long to wait for a store that is in use.",
    ),
    _global(
        "version",
        bool,
        False,
        "--version",
        is_eager=True,
        callback=_print_version,
        help="Show the version and exit.",
    ),
)
_GLOBAL_NAMES = tuple(p.name for p in GLOBAL_OPTIONS)
_ENV_LESS = ("version",)
_NAMES = ("dataset", "dimension", "model")


_TYPED = 2


def _rank(source: Any) -> int:
    return {"COMMANDLINE": _TYPED, "ENVIRONMENT": 1}.get(getattr(source, "name", ""), 0)


def _strongest(ctx: ParseContext, name: str) -> Any:
    """A global option's value, given after or before the command; None if not given."""
    levels = [level for level in (ctx, ctx.parent) if level is not None]
    best = max(levels, key=lambda level: _rank(level.get_parameter_source(name)))
    return best.params.get(name) if _rank(best.get_parameter_source(name)) else None


def _name_variables(command: TyperCommand | TyperGroup, prefix: str) -> None:
    for param in command.params:
        if isinstance(param, TyperOption) and param.name not in _ENV_LESS:
            param.envvar = f"{prefix}_{option_key(param)}".upper().replace("-", "_")


# --- commands ----------------------------------------------------------------------------


class Command(TyperCommand):
    """A command whose defaults come from the configuration file."""

    def parse_args(self, ctx: ParseContext, args: list[str]) -> list[str]:
        """The words left over, after options were read with the file's defaults.

        The words are parsed twice, because `--config` may stand anywhere among them.
        """
        if isinstance(ctx.obj, Output):
            ctx.obj.command = self.name or ""
        given, _, order = self.make_parser(ctx).parse_args(args=list(args))
        _refuse_second_names(ctx, order)
        _refuse_empty(ctx, given, order)
        if not (ctx.resilient_parsing or given.get("help") or given.get("version")):
            config_option = next(p for p in self.params if p.name == "config")
            ctx.params["config"], source = config_option.consume_value(ctx, given)
            ctx.set_parameter_source("config", source)
            path = _strongest(ctx, "config")
            config = load_config(Path(path) if path is not None else None)
            ctx.meta[_CONFIG] = config
            ctx.default_map = file_defaults(self, ctx, config, _GLOBAL_NAMES)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: ParseContext, formatter: HelpFormatter) -> None:
        """Show the help page."""
        show(self, ctx, formatter)

    def get_short_help_str(self, limit: int = 45) -> str:
        """The summary, however long."""
        return read_manual(self.help).summary


def _refuse_second_names(ctx: ParseContext, order: Sequence[Any]) -> None:
    """Refuse a second name where an option takes one: it would read as both, and be the last.

    Of other options the last value counts, as people who wrap commands expect.

    Args:
        ctx: Nothing is refused while a shell completes a line.
        order: The parameters, as often as they were given.

    Raises:
        UsageError: There is one.
    """
    for param in () if ctx.resilient_parsing else order:
        if param.name in _NAMES and not param.multiple and order.count(param) > 1:
            raise UsageError(
                f"{param.opts[-1]} is given {order.count(param)} times and takes one name",
                todo="give it once, or run the command once for each",
            )


def _refuse_empty(ctx: ParseContext, given: Mapping[str, Any], order: Sequence[Any]) -> None:
    """Refuse an option with nothing for a value, which an unset shell variable leads to.

    Raises:
        UsageError: There is one.
    """
    for param in () if ctx.resilient_parsing else order:
        values = given.get(param.name)
        if isinstance(param, TyperOption) and "" in (
            values if isinstance(values, list) else [values]
        ):
            raise UsageError(
                f"{param.opts[-1]} is empty",
                todo="give it a value (is a shell variable unset?) or leave it out",
            )


class Group(TyperGroup):
    """The program itself."""

    def parse_args(self, ctx: ParseContext, args: list[str]) -> list[str]:
        """The words left over for the command."""
        given, _, order = self.make_parser(ctx).parse_args(args=list(args))
        _refuse_empty(ctx, given, order)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: ParseContext) -> list[str]:
        """The commands' names, in order, without loading any."""
        return list(self.commands)

    def format_help(self, ctx: ParseContext, formatter: HelpFormatter) -> None:
        """Show the help page."""
        show(self, ctx, formatter)


def command(name: str) -> Callable[[Callable[..., None]], Command]:
    """Make a command of a function that takes a `Context` and its own options.

    The options are declared as typer does, in the signature; the global options are added.
    """

    def declare(body: Callable[..., None]) -> Command:
        own = list(inspect.signature(body, eval_str=True).parameters.values())[1:]

        def callback(parse_context: typer.Context, **values: Any) -> None:
            own_values = {key: values[key] for key in values if key not in _GLOBAL_NAMES}
            named = {keys.get(key, key): value for key, value in own_values.items()}
            ranks = {
                keys.get(key, key): _rank(parse_context.get_parameter_source(key))
                for key in own_values
            }
            context = replace(
                _context(name, parse_context, named),
                given=frozenset(key for key, rank in ranks.items() if rank),
                typed=frozenset(key for key, rank in ranks.items() if rank == _TYPED),
            )
            _check_finite(named)
            try:
                body(context, **own_values)
            finally:
                context.out.stop_progress()

        first = inspect.Parameter(
            "parse_context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
        )
        own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        _declare_as(callback, [first, *own, *GLOBAL_OPTIONS], body.__doc__)
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, cls=Command)(callback)
        built = cast(Command, get_command(app))
        _name_variables(built, f"{PROGRAM}_{name}")
        keys = {p.name: option_key(p) for p in built.params if isinstance(p, TyperOption)}
        return built

    return declare


def group(commands: Mapping[str, TyperCommand], docstring: str) -> Group:
    """The program with these commands; the mapping may load them when asked for."""

    def callback(**values: Any) -> None:
        """Nothing to do: commands read the values from the parser."""

    _declare_as(callback, list(GLOBAL_OPTIONS), docstring)
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.callback(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})(callback)
    built = cast(Group, get_command(app))
    built.commands = cast("MutableMapping[str, Any]", commands)
    built.name = PROGRAM
    _name_variables(built, PROGRAM)
    return built


def _declare_as(
    function: Callable[..., Any], parameters: Sequence[inspect.Parameter], docstring: str | None
) -> None:
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {}
    function.__doc__ = docstring


def _context(name: str, parse_context: ParseContext, options: Mapping[str, Any]) -> Context:
    config: Config = parse_context.meta[_CONFIG]
    out: Output = parse_context.obj
    out.command = name
    out.json = bool(_strongest(parse_context, "json"))
    out.quiet = bool(_strongest(parse_context, "quiet"))
    out.verbose = bool(_strongest(parse_context, "verbose"))
    store = _strongest(parse_context, "store") or config.store or DEFAULT_STORE
    wait = _strongest(parse_context, "lock_timeout")
    if wait is None:
        wait = config.lock_timeout_s
    wait_s = DEFAULT_LOCK_TIMEOUT_S if wait is None else float(wait)
    if wait_s != wait_s:
        raise UsageError("--lock-timeout is not a number", todo="give seconds, as in 60")
    return Context(
        command=name,
        config=config,
        store_path=_store_path(str(store)),
        json=out.json,
        quiet=out.quiet,
        verbose=out.verbose,
        lock_timeout_s=wait_s,
        out=out,
        options={key: _jsonable(value) for key, value in options.items()},
    )


def _check_finite(options: Mapping[str, Any]) -> None:
    for key, value in options.items():
        for number in value if isinstance(value, list | tuple) else (value,):
            if isinstance(number, float) and not math.isfinite(number):
                raise UsageError(
                    f"--{key.replace('_', '-')} must be a finite number, not {number:g}",
                    todo="give an ordinary number",
                )


def _store_path(text: str) -> Path:
    if "://" in text:
        raise UsageError(f"the store is a folder, not a URL: {text}", todo="name a folder")
    # A shell expands ~ on the command line; cron and environment files do not.
    return Path(text).expanduser()


def _jsonable(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_jsonable(v) for v in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
