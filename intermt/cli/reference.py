"""Write man pages, completions and docs/cli.md from the commands themselves.

`python -m intermt.cli.reference [--check] [ROOT]`: with `--check` nothing is written and
the exit code says whether the files in ROOT are up to date. The bytes depend on nothing but
the commands: not on the terminal, the environment or the time.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from pathlib import Path

from typer._completion_shared import get_completion_script

from intermt.cli.frame import COMPLETE_VARIABLE
from intermt.cli.help import EXIT_MEANINGS, Page, Parameter, read_page
from intermt.cli.main import build
from intermt.cli.manpage import FILES, PRECEDENCE, write_man_page
from intermt.cli.options import PROGRAM, Group

_COMPLETIONS = {"bash": "intermt.bash", "zsh": "_intermt", "fish": "intermt.fish"}

_JSON_TEXT = """\
With `--json` a command writes one object to stdout, also on failure:

```json
{"intermt_result": 1, "command": "pair", "status": "ok", "exit_code": 0, "data": {}, "errors": []}
```

`status` is `ok`, `partial` (the command ended, but part of its work failed or is left) or
`error` (it stopped). Each of `errors` has `kind`, `where`, `message` and `todo`."""


def read_pages(program: Group) -> list[Page]:
    """The page of the program and of each command, in order."""
    pages: list[Page] = []
    with program.make_context(PROGRAM, [], resilient_parsing=True) as context:
        pages.append(read_page(program, context))
        for name in program.list_commands(context):
            found = program.get_command(context, name)
            assert found is not None
            # The words of a command line are not looked at here, only the declarations.
            with found.make_context(name, [], parent=context, resilient_parsing=True) as inner:
                pages.append(read_page(found, inner))  # type: ignore[arg-type]
    return pages


def generate(program: Group) -> dict[str, str]:
    """The text of every generated file by its path."""
    pages = read_pages(program)
    files = {f"completions/{file}": _completion(s) for s, file in _COMPLETIONS.items()}
    for page in pages:
        name = PROGRAM if page.name == PROGRAM else f"{PROGRAM}-{page.name}"
        files[f"man/{name}.1"] = write_man_page(page, pages)
    files["docs/cli.md"] = _markdown(pages)
    return files


def _completion(shell: str) -> str:
    script = get_completion_script(prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE, shell=shell)
    if shell == "zsh":
        # zsh loads the file at the first TAB and expects it to complete at once.
        script += f'\n\nif [ "$funcstack[1]" = "_{PROGRAM}" ]; then _{PROGRAM}_completion "$@"; fi'
    return script + "\n"


# --- docs/cli.md -------------------------------------------------------------------------


def _markdown(pages: list[Page]) -> str:
    program, *commands = pages
    blocks = [
        "# Command line",
        "<!-- Written by `python -m intermt.cli.reference`; edit the commands instead. -->",
        program.manual.summary,
        *program.manual.description,
        f"```\n{PROGRAM} {program.usage}\n```",
        _table(("command", "does"), [(f"[`{n}`](#{PROGRAM}-{n})", t) for n, t in program.commands]),
        "## Global options",
        "They can stand before or after the command; after it wins. The variable for one "
        "command alone is `INTERMT_<COMMAND>_<OPTION>`.",
        _options(p for p in program.parameters),
        "## Where values come from",
        PRECEDENCE,
        "In a configuration file a command's options stand in the table of its name, as in "
        "`[pair]` and `min-agree = 0.8`; options that can be repeated take a list.",
        _table(("file", "is"), [(f"`{name}`", text) for name, text in FILES]),
        "## Exit codes",
        _table(("code", "means"), [(str(int(c)), t) for c, t in EXIT_MEANINGS.items()]),
        "## JSON",
        _JSON_TEXT,
    ]
    for page in commands:
        blocks += _command(page)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _command(page: Page) -> list[str]:
    manual = page.manual
    own = [p for p in page.parameters if not p.is_global]
    return [
        f"## {PROGRAM} {page.name}",
        manual.summary,
        *manual.description,
        f"```\n{PROGRAM} {page.usage}\n```",
        f"**Reads:** {manual.reads}" if manual.reads else "",
        f"**Writes:** {manual.writes}" if manual.writes else "",
        _table(
            ("argument", "meaning"),
            [(f"`{p.spelling}`", p.full_text()) for p in own if p.is_argument],
        ),
        _options(p for p in own if not p.is_argument),
        _table(("exit code", "means here"), manual.exits),
        "```sh\n" + "\n".join(manual.examples) + "\n```" if manual.examples else "",
    ]


def _options(parameters: Iterable[Parameter]) -> str:
    return _table(
        ("option", "meaning", "default", "environment"),
        [
            (
                f"`{p.spelling}`",
                p.text
                + (" (repeatable)" if p.repeats else "")
                + (" (required)" if p.required else ""),
                f"`{p.default}`" if p.default else "",
                f"`{p.env}`" if p.env else "",
            )
            for p in parameters
        ],
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    if not lines:
        return ""
    bar = "|".join("---" for _ in head)
    return "\n".join([f"| {' | '.join(head)} |", f"|{bar}|", *(f"| {line} |" for line in lines)])


# --- the files ---------------------------------------------------------------------------


def stale_files(root: Path, files: Mapping[str, str]) -> list[str]:
    """The generated files that are missing, differ, or belong to no command any more."""
    stale = [
        name
        for name, text in files.items()
        if not (root / name).is_file() or (root / name).read_bytes() != text.encode()
    ]
    return sorted(stale + _left_over(root, files))


def _left_over(root: Path, files: Mapping[str, str]) -> list[str]:
    found = (f"man/{page.name}" for page in (root / "man").glob("*.1"))
    return [name for name in found if name not in files]


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Write the generated files and remove man pages of commands that are gone."""
    for name in _left_over(root, files):
        (root / name).unlink()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def main() -> int:
    """0, or 1 if `--check` finds files that are not up to date."""
    parser = ArgumentParser(prog="python -m intermt.cli.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("root", nargs="?", type=Path, default=Path(), metavar="ROOT")
    arguments = parser.parse_args()
    files = generate(build())
    if not arguments.check:
        write_files(arguments.root, files)
        return 0
    stale = stale_files(arguments.root, files)
    for name in stale:
        sys.stderr.write(f"{name} is not up to date\n")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
