from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from typer.core import TyperArgument, TyperOption

from intermt.cli import main
from intermt.cli.reference import generate, read_pages, stale_files, write_files
from tests.cli import throwaway
from tests.cli.running import ROOT, environment, run

BUILDERS = {"intermt": main.build, "throwaway": throwaway.build}
builders = pytest.mark.parametrize("build", BUILDERS.values(), ids=list(BUILDERS))


def commands(build):
    program = build()
    with program.make_context("intermt", [], resilient_parsing=True) as context:
        for name in program.list_commands(context):
            yield name, program.get_command(context, name)


def test_committed_files_are_what_the_commands_say():
    stale = stale_files(ROOT, generate(main.build()))
    assert stale == [], "run python -m intermt.cli.reference"


@builders
def test_every_option_is_in_its_man_page_and_in_the_docs(build):
    files = generate(build())
    sections = dict(
        re.findall(r"^## intermt (\S+)\n(.*?)(?=^## |\Z)", files["docs/cli.md"], re.M | re.S)
    )
    shared = files["docs/cli.md"].partition("## Where values come from")[0]
    for name, command in commands(build):
        man = files[f"man/intermt-{name}.1"].replace("\\-", "-")
        for param in command.params:
            if isinstance(param, TyperOption):
                for spelling in (*param.opts, *param.secondary_opts):
                    assert re.search(rf"{spelling}\b", man), (name, spelling)
                    assert re.search(rf"{spelling}\b", sections[name] + shared), (name, spelling)
                if param.envvar:
                    assert str(param.envvar) in man


@builders
def test_every_option_has_help_and_a_metavar(build):
    for name, command in commands(build):
        assert command.help, name
        for param in command.params:
            assert isinstance(param, TyperOption | TyperArgument)
            assert param.help, (name, param.name)
            assert param.help.endswith("."), (name, param.name)
            is_flag = isinstance(param, TyperOption) and param.is_flag
            assert param.metavar or is_flag, (name, param.name)


@builders
def test_every_command_says_what_it_does_in_one_short_sentence(build):
    for page in read_pages(build()):
        assert 0 < len(page.manual.summary) <= 80, page.name


def test_bytes_depend_on_nothing_but_the_commands(tmp_path):
    script = (
        "import sys; from pathlib import Path; from tests.cli.throwaway import build;"
        "from intermt.cli.reference import generate, write_files;"
        "write_files(Path(sys.argv[1]), generate(build()))"
    )
    settings = (
        {"PYTHONHASHSEED": "1", "COLUMNS": "40", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "2", "COLUMNS": "200", "INTERMT_MAKE_PAIRS_TURNS": "9", "TERM": "dumb"},
    )
    for number, env in enumerate(settings):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / str(number))],
            cwd=tmp_path,
            env=environment(**env),
            check=True,
        )
    assert stale_files(tmp_path / "0", generate(throwaway.build())) == []
    assert stale_files(tmp_path / "1", generate(throwaway.build())) == []


def test_check_names_what_is_not_up_to_date(tmp_path):
    words = ["--check", str(tmp_path)]
    done = run(*words, cwd=tmp_path, module="intermt.cli.reference")
    assert done.returncode == 1
    assert "docs/cli.md is not up to date" in done.stderr
    assert run(str(tmp_path), cwd=tmp_path, module="intermt.cli.reference").returncode == 0
    assert run(*words, cwd=tmp_path, module="intermt.cli.reference").returncode == 0
    (tmp_path / "man" / "intermt-gone.1").write_text("old")
    done = run(*words, cwd=tmp_path, module="intermt.cli.reference")
    assert "man/intermt-gone.1" in done.stderr


def test_man_pages_of_commands_that_are_gone_are_removed(tmp_path):
    (tmp_path / "man").mkdir()
    gone = tmp_path / "man" / "intermt-gone.1"
    gone.write_text("old")
    write_files(tmp_path, generate(throwaway.build()))
    assert not gone.exists()


@pytest.mark.parametrize(
    "check",
    [["mandoc", "-Tlint", "-Werror"], ["groff", "-ww", "-man", "-Tutf8", "-z"]],
    ids=["mandoc", "groff"],
)
@builders
def test_man_pages_are_clean_roff(check, build, tmp_path):
    if shutil.which(check[0]) is None:
        pytest.skip(f"{check[0]} is not installed")
    write_files(tmp_path, generate(build()))
    for page in sorted((tmp_path / "man").glob("*.1")):
        done = subprocess.run([*check, str(page)], capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_man_page_reads_as_written(tmp_path):
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    write_files(tmp_path, generate(throwaway.build()))
    page = tmp_path / "man" / "intermt-make-pairs.1"
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-c", str(page)], capture_output=True, text=True
    )
    shown = re.sub(r".\x08", "", done.stdout)
    assert "--min-agree SHARE\n" in shown
    assert "INTERMT_MAKE_PAIRS_MIN_AGREE" in shown
    assert "intermt make-pairs --min-agree 0.8 -o pairs.jsonl" in shown


@pytest.mark.parametrize(
    ("shell", "file"), [("bash", "intermt.bash"), ("zsh", "_intermt"), ("fish", "intermt.fish")]
)
def test_the_program_prints_its_completions(shell, file, tmp_path):
    done = run(cwd=tmp_path, _INTERMT_COMPLETE=f"source_{shell}")
    assert done.returncode == 0
    assert (ROOT / "completions" / file).read_text().startswith(done.stdout.strip())
    if shutil.which(shell) is not None:
        subprocess.run([shell, "-n", str(ROOT / "completions" / file)], check=True)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("intermt ma", ["make-pairs"]),
        ("intermt make-pairs --mi", ["--min-agree"]),
        ("intermt make-pairs --level g", ["global"]),
    ],
)
def test_bash_completes(typed, offered, tmp_path):
    shim = tmp_path / "intermt"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.cli.throwaway "$@"\n')
    shim.chmod(0o755)
    script = (
        f"source {ROOT}/completions/intermt.bash; COMP_WORDS=({typed});"
        f"COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _intermt_completion {shim};"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == offered
