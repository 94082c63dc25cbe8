from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios

import pytest

from intermt.cli.output import to_json
from intermt.cli.terminal import one_line, table_lines, width
from tests.cli.running import command_line, envelope, environment, run


def at_terminal(
    *words: str, cwd, module: str = "tests.cli.throwaway", **env: str
) -> tuple[int, str]:
    """Exit code and everything shown when all streams are one terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        command_line(*words, module=module),
        cwd=cwd,
        env=environment(TERM="xterm", **env),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # how Linux says that nobody has the other end any more
            break
        if not piece:
            break
        shown += piece
    os.close(master)
    return process.wait(timeout=20), shown.decode()


# --- tables ------------------------------------------------------------------------------

FIGURE = "0.83 [0.66, 0.92]"


def rows_of(names: list[str]) -> list[list[object]]:
    return [[name, n, FIGURE, FIGURE, FIGURE] for n, name in enumerate(names, 100)]


COLUMNS = ["name", "n", "alpha", "AC2", "agreement rate"]


@pytest.mark.parametrize("wide", [45, 60, 80, 120])
def test_a_table_fits_the_terminal_and_loses_no_figure(wide: int):
    names = [f"a name of an annotator that goes on and on for a long while {c * 3}" for c in "xyz"]
    lines = table_lines(COLUMNS, rows_of(names), title="a title", wide=wide)
    assert lines[0] == "a title"
    assert max(map(width, lines)) <= wide
    assert sum(line.count(FIGURE) for line in lines) == 9
    n_blocks = sum(line.startswith("name ") for line in lines)
    assert len(lines) == 1 + 4 * n_blocks
    assert [line.split()[0] for line in lines[1:5]] == ["name", "a", "a", "a"]
    assert all("…" in line and c * 3 in line for c, line in zip("xyz", lines[2:5], strict=True))
    assert (n_blocks == 1) == (wide == 120)


def test_a_table_that_fits_and_one_that_is_piped_are_left_alone():
    names = ["anna", "a name of an annotator that goes on and on for a while"]
    plain = table_lines(COLUMNS, rows_of(names))
    assert table_lines(COLUMNS, rows_of(names), wide=200) == plain
    assert names[1] in plain[2]


def test_names_that_would_look_the_same_are_not_cut():
    names = [f"{'same ' * 8}{c}{' same' * 8}" for c in "xy"]
    lines = table_lines(COLUMNS, rows_of(names), wide=80)
    assert all(name in " ".join(lines) for name in names)


def test_success_is_silent_on_stderr_without_a_terminal(tmp_path):
    done = run("make-pairs", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "agree 0.5\n", "")


def test_a_summary_is_for_people_who_watch(tmp_path):
    assert "wrote 1 pair" in at_terminal("make-pairs", cwd=tmp_path)[1]
    assert "wrote 1 pair" not in at_terminal("make-pairs", "--quiet", cwd=tmp_path)[1]


def test_notes_are_said_unless_quiet(tmp_path):
    assert run("say", "progress", cwd=tmp_path).stderr == "a note\n"
    assert run("say", "progress", "--quiet", cwd=tmp_path).stderr == ""
    assert run("say", "progress", "--verbose", cwd=tmp_path).stderr == (
        "a note\na detail\ndone with rows\n"
    )


def test_bars_with_rate_only_at_a_terminal(tmp_path):
    code, shown = at_terminal("say", "progress", cwd=tmp_path)
    assert code == 0
    assert "2/4" in shown
    assert "row/s" in shown
    assert "a note" in shown
    assert "row/s" not in at_terminal("say", "progress", "--quiet", cwd=tmp_path)[1]


def test_plain_tables_line_up(tmp_path):
    assert run("say", "table", cwd=tmp_path).stdout == (
        "A table\nname   n  share  ok\na      1  0.500  -\n图图  22      -  yes\n"
    )


def test_a_table_at_a_terminal_is_the_same_and_stands_below_where_it_is_narrow(tmp_path):
    piped = run("say", "table", cwd=tmp_path).stdout
    assert at_terminal("say", "table", cwd=tmp_path)[1].splitlines() == piped.splitlines()
    _, narrow = at_terminal("say", "table", cwd=tmp_path, COLUMNS="12")
    assert set(narrow.split()) == set(piped.split())
    assert len(narrow.splitlines()) > len(piped.splitlines())


@pytest.mark.parametrize("stdout_encoding", ["ascii", "latin-1"])
def test_a_poor_terminal_is_no_reason_to_fail(stdout_encoding, tmp_path):
    done = run("say", "table", cwd=tmp_path, PYTHONIOENCODING=stdout_encoding)
    assert done.returncode == 0
    assert "\\u56fe" in done.stdout


def test_data_on_stdout_is_alone_there(tmp_path):
    done = run("make-pairs", "-o", "-", cwd=tmp_path)
    assert done.stdout == '{"pair": 1}\n'
    assert done.stderr == "agree 0.5\n"
    assert run("make-pairs", "-o", "-", "-q", cwd=tmp_path).stderr == ""


def test_partial_results_list_their_problems(tmp_path):
    done = run("say", "partial", cwd=tmp_path)
    assert done.returncode == 75
    assert done.stdout == "one done\n"
    lines = done.stderr.splitlines()
    assert lines[0] == "intermt: v.csv:0: score is 7"
    assert lines[-2:] == [
        "intermt: and 10 more (--json lists all)",
        "  what to do: correct the input and run again",
    ]
    answer = envelope(run("say", "partial", "--json", cwd=tmp_path))
    assert answer["status"] == "partial"
    assert len(answer["errors"]) == 30


def test_no_is_an_answer(tmp_path):
    answer = envelope(run("say", "no", "--json", cwd=tmp_path))
    assert (answer["status"], answer["exit_code"]) == ("ok", 1)


def test_a_command_without_an_answer_still_writes_the_envelope(tmp_path):
    answer = envelope(run("say", "--json", cwd=tmp_path))
    assert (answer["status"], answer["data"]) == ("ok", {})


def test_odd_values_in_json(tmp_path):
    data = envelope(run("say", "odd", "--json", cwd=tmp_path))["data"]
    assert data == {"path": "a", "bad": "caf\ufffd", "nan": None, "3": ["x"]}


def test_unknown_types_are_not_guessed():
    with pytest.raises(TypeError):
        to_json({"a": object()})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\t c", "a b c"),
        ("\x1b[31m", "\\x1b[31m"),
        ("图 é", "图 é"),
        ("a\udce9", "a\\xdce9"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u202eb", "a\\x202eb"),
    ],
)
def test_one_line(text, expected):
    assert one_line(text) == expected
