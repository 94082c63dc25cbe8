from __future__ import annotations

import subprocess
import sys

import pytest

from intermt.cli.help import EXIT_MEANINGS, Manual, read_manual
from intermt.cli.main import COMMANDS
from intermt.errors import ExitCode
from tests.cli.running import environment, run
from tests.cli.test_output import at_terminal

HEAVY = "duckdb numpy httpx aiohttp PIL rich pydantic tqdm orjson matplotlib"

IMPORTS = """
import contextlib, io, runpy, sys
module = sys.argv.pop(1)
with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())), contextlib.suppress(SystemExit):
    runpy.run_module(module, run_name="__main__")
roots = {name.partition(".")[0] for name in sys.modules}
use_cases = {name for name in sys.modules if name.startswith("intermt.commands.")}
print(*sorted(roots & set("%s".split()) | use_cases))
"""


def imported(module: str, *words: str, cwd) -> str:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS % HEAVY, module, *words],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_help_imports_nothing_heavy(tmp_path):
    assert imported("tests.cli.throwaway", "make-pairs", "--help", cwd=tmp_path) == ""
    assert imported("tests.cli.throwaway", "--help", cwd=tmp_path) == ""
    assert imported("intermt", "--help", cwd=tmp_path) == ""
    for name in COMMANDS:
        assert imported("intermt", name, "--help", cwd=tmp_path) == "", name


def test_what_is_heavy_is_noticed(tmp_path):
    assert imported("tests.cli.throwaway", "say", "--json", cwd=tmp_path) == "orjson"


def test_plain_help_says_everything_without_colour(tmp_path):
    done = run("make-pairs", "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout
    assert "\x1b" not in shown
    for words in (
        "Usage: intermt make-pairs [OPTIONS] [FILES...]",
        "[brackets] are kept",
        "--min-agree SHARE       Least agreement. [default: 0.5]",
        "-o, --output FILE|-",
        "--reason / --no-reason  Ask why. [default: --reason]",
        "--lock-timeout SECONDS",
        "-h, --help              Show this help and exit.",
        "  75  Part is left; run again and it resumes.",
        "  # Pairs that four of five agree on\n  intermt make-pairs --min-agree 0.8",
        "INTERMT_MAKE_PAIRS_MIN_AGREE",
    ):
        assert words in shown
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert run("make-pairs", "-h", cwd=tmp_path).stdout == shown


def test_help_at_a_terminal_has_colour_and_the_same_words(tmp_path):
    code, shown = at_terminal("make-pairs", "--help", cwd=tmp_path)
    assert code == 0
    assert "\x1b[" in shown
    for words in ("[brackets] are kept", "--min-agree SHARE", "Part is left", "--lock-timeout"):
        assert words in shown


def test_program_help_lists_commands_in_order(tmp_path):
    shown = run("--help", cwd=tmp_path).stdout
    places = [shown.index(f"  {name} ") for name in ("make-pairs", "fail", "say", "wait")]
    assert places == sorted(places)


def test_every_exit_code_has_a_meaning():
    assert set(EXIT_MEANINGS) == set(ExitCode)


def test_a_manual_is_read_from_a_docstring():
    manual = read_manual(
        """Do it
        at once.

        First
        paragraph.

        Second.

        Reads:
            This
            and that.

        Exits:
            65: Bad.
            75: Later,
                much later.

        Examples:
            # How
            intermt do  it

            # Again
              indented
        """
    )
    assert manual == Manual(
        summary="Do it at once.",
        description=("First paragraph.", "Second."),
        reads="This and that.",
        exits=(("65", "Bad."), ("75", "Later, much later.")),
        examples=("# How", "intermt do  it", "", "# Again", "  indented"),
    )


@pytest.mark.parametrize("docstring", [None, "", "\n"])
def test_no_docstring_is_an_empty_manual(docstring):
    assert read_manual(docstring) == Manual()
