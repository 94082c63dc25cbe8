"""The defaults that a command's table in the configuration file gives its options."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from intermt.cli.help import option_key
from intermt.config import Config
from intermt.errors import ConfigError

if TYPE_CHECKING:
    from typer._click import Context as ParseContext


def file_defaults(
    command: TyperCommand, ctx: ParseContext, config: Config, apart: Sequence[str | None]
) -> dict[str, Any]:
    """The defaults of a command by parameter name, checked.

    Args:
        command: The command.
        ctx: What it is parsed in.
        config: What the configuration files say.
        apart: Names of the parameters that have no place in its table.

    Raises:
        ConfigError: A table is no command's, a key no option's, or a value cannot be used.
    """
    files = ", ".join(str(f) for f in config.files)
    assert ctx.parent is not None
    names = list(cast(TyperGroup, ctx.parent.command).commands)
    for table in config.commands:
        if table not in names:
            raise ConfigError(
                f"[{table}] is not a command{_meant(table, names)}",
                where=files,
                todo=f"tables are [servers.NAME] and the commands: {', '.join(names)}",
            )
    assert command.name is not None
    known = {
        option_key(p): p
        for p in command.params
        if isinstance(p, TyperOption) and p.name not in apart
    }
    defaults: dict[str, Any] = {}
    for key, value in config.commands.get(command.name, {}).items():
        option = known.get(key.replace("-", "_"))
        if option is None:
            raise ConfigError(
                f"[{command.name}] has no option {key!r}{_meant(key, list(known))}",
                where=files,
                todo=f"known: {', '.join(sorted(known))}",
            )
        assert option.name is not None
        defaults[option.name] = _file_value(command.name, key, option, value, ctx, files)
    return defaults


def _file_value(
    table: str, key: str, option: TyperOption, value: Any, ctx: ParseContext, files: str
) -> Any:
    values = value if isinstance(value, list) else [value]
    wrong = isinstance(value, list) and not option.multiple
    for single in values:
        plain = isinstance(single, str | int | float)
        wrong = wrong or not plain or (isinstance(single, bool) and not option.is_flag)
        # The parser would cut 2.5 to 2.
        wrong = wrong or (isinstance(single, float) and option.type.name.startswith("int"))
    value = values if option.multiple else value
    reason = "of the wrong type"
    if not wrong:
        try:
            option.type_cast_value(ctx, value)
        except typer.BadParameter as error:
            wrong, reason = True, error.message
    if wrong:
        raise ConfigError(
            f"[{table}] {key} = {value!r} cannot be used: {reason}",
            where=files,
            todo=f"see intermt {table} --help",
        )
    return value


def _meant(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name.replace("-", "_"), [k.replace("-", "_") for k in known])
    by_key = {k.replace("-", "_"): k for k in known}
    return f" (did you mean {', '.join(by_key[k] for k in near)}?)" if near else ""
