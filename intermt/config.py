"""One frozen configuration: flag > environment > ./intermt.toml > user file > default.

Flags and environment are merged by the command line; this module reads the files and
resolves what SERVER means. Keys never appear in a file: `api_key_env` names the variable
that holds one.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from intermt.errors import ConfigError, UsageError
from intermt.records import ServerKind

BUILTIN = "builtin"
DEFAULT_STORE = Path("intermt-store")
DEFAULT_LOCK_TIMEOUT_S = 60.0

RewardEndpoint = Literal["classify", "pooling"]
"""Where a reward server is asked, beside its `/v1`."""


@dataclass(frozen=True, slots=True)
class Server:
    """A model or tool behind one or more URLs.

    Attributes:
        name: How commands and records call it.
        kind: What it does; a server given as a URL takes the kind of the option it is given to.
        url: Base URLs that serve the same model, as in `http://gpu1:8000/v1`.
        model: Model name to send; None asks the server which one it serves.
        api_key_env: Environment variable that holds the key.
        endpoint: Where a reward server is asked; None finds out at the first call.
        max_in_flight: Most requests under way at once, over all URLs.
        max_images: Most pictures in one request; None for no limit.
        max_image_px: Longest side of a picture sent; larger ones are scaled down.
        max_context_tokens: Most tokens of a prompt and its answer together; None if unknown.
        timeout_s: Deadline of one attempt.
        max_attempts: Attempts per call before it is `exhausted`.
        max_reply_bytes: Cap on the size of a reply.
        price_in: Price of a million prompt tokens, in any one currency.
        price_out: Price of a million completion tokens.
        price_picture: Price of a picture made.
    """

    name: str
    kind: ServerKind
    url: tuple[str, ...]
    model: str | None = None
    api_key_env: str | None = None
    endpoint: RewardEndpoint | None = None
    max_in_flight: int = 64
    max_images: int | None = None
    max_image_px: int = 1024
    max_context_tokens: int | None = None
    timeout_s: float = 120.0
    max_attempts: int = 5
    max_reply_bytes: int = 64 * 1024 * 1024
    price_in: float = 0.0
    price_out: float = 0.0
    price_picture: float = 0.0


@dataclass(frozen=True, slots=True)
class Config:
    """What the configuration files say.

    Attributes:
        files: The files that were read, strongest first.
        servers: Servers by name.
        commands: Default options per command, as in `{"generate": {"turns": 3}}`.
        store: The store folder, where a file names one.
        lock_timeout_s: How long to wait for the store, where a file says.
    """

    files: tuple[Path, ...] = ()
    servers: Mapping[str, Server] = field(default_factory=dict)
    commands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    store: Path | None = None
    lock_timeout_s: float | None = None

    def server(self, spec: str, kind: ServerKind) -> Server:
        """The server that `spec` means for a job of `kind`.

        `spec` is a configured name, `builtin`, or base URLs separated by commas with an
        optional `#model`. `builtin` (which takes a `#model` too) has no URL yet: the command
        starts it.

        Raises:
            UsageError: Neither a known name nor a URL, or of another kind.
        """
        name, _, model = spec.partition("#")
        if name == BUILTIN:
            return Server(name=spec, kind=kind, url=(), model=model or None)
        if (known := self.servers.get(spec)) is not None:
            if known.kind != kind:
                raise UsageError(
                    f"server {spec!r} is of kind {known.kind!r}, not {kind!r}",
                    todo=f"name a server of kind {kind!r} or change its kind in the configuration",
                )
            return known
        if "://" in spec:
            return _server_from_url(spec, kind)
        names = ", ".join(sorted(self.servers)) or "none"
        raise UsageError(
            f"no server is called {spec!r} (configured: {names})",
            todo="give a configured name, a base URL such as http://gpu1:8000/v1, or builtin",
        )


def _server_from_url(spec: str, kind: ServerKind) -> Server:
    urls_text, _, model = spec.partition("#")
    urls = tuple(_checked_url(u.strip(), "the command line") for u in urls_text.split(","))
    name = f"{urls[0]}#{model}" if model else urls[0]
    return Server(name=name, kind=kind, url=urls, model=model or None)


def _checked_url(url: str, where: str) -> str:
    try:
        split = urlsplit(url)
        usable = split.scheme in ("http", "https") and bool(split.hostname)
        has_secret = "@" in split.netloc
    except ValueError:
        usable, has_secret = False, False
    if not usable:
        raise ConfigError(
            f"{url!r} is not an http or https URL",
            where=where,
            todo="write it like http://gpu1:8000/v1",
        )
    if has_secret:
        raise ConfigError(
            f"the URL of host {split.hostname} carries a user or password",
            where=where,
            todo="put the key in an environment variable and name it with api_key_env",
        )
    return url.rstrip("/")


def load_config(
    path: Path | None, *, environ: Mapping[str, str] = os.environ, cwd: Path | None = None
) -> Config:
    """The merged configuration of the given or found files.

    With `path`, only that file is read. Without, `./intermt.toml` is read over the user's
    file (`$XDG_CONFIG_HOME/intermt/intermt.toml`); either may be absent.

    Raises:
        ConfigError: A file cannot be read or understood; the message names file and key.
    """
    if path is not None:
        return _read(path)
    user_dir = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "~")) / ".config")
    found = [
        f
        for f in ((cwd or Path()) / "intermt.toml", user_dir / "intermt" / "intermt.toml")
        if f.is_file()
    ]
    merged = Config()
    for file in reversed(found):
        merged = _over(_read(file), merged)
    return merged


def _over(strong: Config, weak: Config) -> Config:
    commands = {name: dict(options) for name, options in weak.commands.items()}
    for name, options in strong.commands.items():
        commands[name] = {**commands.get(name, {}), **options}
    return Config(
        files=strong.files + weak.files,
        servers={**weak.servers, **strong.servers},
        commands=commands,
        store=strong.store or weak.store,
        lock_timeout_s=(
            weak.lock_timeout_s if strong.lock_timeout_s is None else strong.lock_timeout_s
        ),
    )


def _read(path: Path) -> Config:
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise ConfigError(
            f"cannot read the configuration: {error.strerror}", where=str(path)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(path)) from error
    servers: dict[str, Server] = {}
    commands: dict[str, Mapping[str, Any]] = {}
    store: Path | None = None
    lock_timeout_s: float | None = None
    for key, value in data.items():
        if key == "servers" and isinstance(value, dict):
            servers = {name: _server(name, entry, path) for name, entry in value.items()}
        elif key == "store" and isinstance(value, str):
            # A relative store belongs to the file that names it, not to the caller's folder.
            store = path.parent / Path(value).expanduser()
        elif key == "lock_timeout" and isinstance(value, int | float) and value >= 0:
            lock_timeout_s = float(value)
        elif isinstance(value, dict):
            commands[key] = value
        else:
            raise ConfigError(
                f"unknown or unusable key {key!r} = {value!r}",
                where=str(path),
                todo="use store, lock_timeout, [servers.NAME] or a [COMMAND] table",
            )
    return Config((path,), servers, commands, store, lock_timeout_s)


_TYPES: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "api_key_env": (str,),
    "endpoint": (str,),
    "max_in_flight": (int,),
    "max_images": (int,),
    "max_image_px": (int,),
    "max_context_tokens": (int,),
    "timeout_s": (int, float),
    "max_attempts": (int,),
    "max_reply_bytes": (int,),
    "price_in": (int, float),
    "price_out": (int, float),
    "price_picture": (int, float),
}


def _server(name: str, entry: Any, path: Path) -> Server:
    where = f"{path}: [servers.{name}]"
    if name == BUILTIN or "://" in name or not isinstance(entry, dict):
        raise ConfigError(f"{name!r} cannot be a server's name or entry", where=where)
    if "api_key" in entry:
        raise ConfigError(
            "keys do not belong in the configuration file",
            where=where,
            todo="put the key in an environment variable and name it with api_key_env",
        )
    known = {f.name for f in fields(Server)} - {"name"}
    if unknown := sorted(set(entry) - known):
        raise ConfigError(
            f"unknown key {unknown[0]!r}", where=where, todo=f"known: {', '.join(sorted(known))}"
        )
    kind = entry.get("kind", "chat")
    if kind not in get_args(ServerKind):
        raise ConfigError(
            f"kind = {kind!r} is not one of {', '.join(get_args(ServerKind))}", where=where
        )
    urls = entry.get("url")
    urls = [urls] if isinstance(urls, str) else urls
    if not isinstance(urls, list) or not urls or not all(isinstance(u, str) for u in urls):
        raise ConfigError(
            "url is missing or not a list of URLs",
            where=where,
            todo='write url = ["http://gpu1:8000/v1"]',
        )
    options: dict[str, Any] = {}
    for key, types in _TYPES.items():
        if key not in entry:
            continue
        value: Any = entry[key]
        usable = isinstance(value, types) and not isinstance(value, bool)
        if usable and key.startswith("price_"):
            usable = 0 <= value < math.inf
        elif usable and not isinstance(value, str):
            usable = value > 0
        if key == "endpoint":
            usable = kind == "reward" and value in get_args(RewardEndpoint)
        if not usable or value == "":
            raise ConfigError(
                f"{key} = {value!r} cannot be used",
                where=where,
                todo='only kind = "reward" has one: "classify" or "pooling"'
                if key == "endpoint"
                else "",
            )
        options[key] = value
    return Server(name, kind, tuple(_checked_url(u, where) for u in urls), **options)
