from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from intermt.errors import ExitCode
from tests.cli.running import command_line, envelope, environment, run

ENDINGS = [
    ("usage", 2, "a and b contradict each other"),
    ("bad-input", 65, "votes.csv:3: score is 7"),
    ("no-input", 66, "a.json: no such file"),
    ("no-server", 69, "http://gpu1:8000/v1: no answer"),
    ("bug", 70, "a bug in intermt"),
    ("cannot-create", 73, "cannot create the store"),
    ("io", 74, "the file is damaged"),
    ("try-later", 75, "the store is in use by process 12"),
    ("protocol", 76, "not JSON"),
    ("no-permission", 77, "key refused"),
    ("config", 78, "unknown key 'a'"),
    ("os-missing", 66, "a.json: No such file or directory"),
    ("os-denied", 77, "b.json: Permission denied"),
    ("os-full", 74, "c.json: No space left on device"),
    ("os-folder", 73, "d: Is a directory"),
    ("group", 75, "busy"),
    ("group-bug", 70, "ValueError: odd"),
    ("bare-error", 70, "a bug in intermt"),
]


@pytest.mark.parametrize(("kind", "code", "words"), ENDINGS)
def test_every_error_is_two_plain_lines_and_its_code(kind, code, words, tmp_path):
    done = run("fail", kind, cwd=tmp_path)
    assert done.returncode == code
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith("intermt: ")
    assert words in first
    assert second.startswith("  what to do: ")


@pytest.mark.parametrize("kind", ["bad-input", "bug", "group", "os-missing"])
def test_failure_writes_the_envelope_as_well(kind, tmp_path):
    done = run("fail", kind, "--json", cwd=tmp_path)
    answer = envelope(done)
    assert answer["status"] == "error"
    assert answer["command"] == "fail"
    assert answer["data"] == {}
    assert answer["errors"][0]["message"]
    if kind == "bad-input":
        assert answer["errors"] == [
            {
                "kind": "bad-input",
                "where": "votes.csv:3",
                "message": "score is 7",
                "todo": "use 0 to 3",
            }
        ]


@pytest.mark.parametrize(
    "words",
    [
        ["make-pairs", "--json", "--min-agree", "two"],
        ["make-pairs", "--min-agree", "2", "--json"],
        ["--json", "make-pairs", "--no-such"],
        ["--json", "no-such-command"],
        ["no-such-command", "--json"],
        ["--json"],
        ["make-pairs", "-o", "-", "--json"],
    ],
)
def test_usage_errors_have_an_envelope_wherever_json_stands(words, tmp_path):
    done = run(*words, cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert envelope(done)["errors"][0]["kind"] == "usage"
    assert len(done.stderr.splitlines()) == 2


def test_a_misspelt_command_gets_a_suggestion(tmp_path):
    done = run("make-pears", cwd=tmp_path)
    assert done.returncode == 2
    assert "'make-pairs'" in done.stderr


def test_traceback_of_a_bug_only_on_request(tmp_path):
    assert "Traceback" not in run("fail", "bug", cwd=tmp_path).stderr
    assert "Traceback" in run("fail", "bug", "--verbose", cwd=tmp_path).stderr
    assert "Traceback" in run("fail", "bug", cwd=tmp_path, INTERMT_VERBOSE="1").stderr
    assert "Traceback" not in run("-v", "fail", "bad-input", cwd=tmp_path).stderr


def test_quoted_text_cannot_move_the_cursor_or_add_lines(tmp_path):
    done = run("fail", "nasty", cwd=tmp_path)
    assert len(done.stderr.splitlines()) == 2
    assert "\x1b" not in done.stderr


def test_no_words_show_help_and_are_a_usage_error(tmp_path):
    done = run(cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Usage: intermt")
    assert "make-pairs" in done.stderr


@pytest.mark.parametrize("words", [["--version"], ["say", "--version"]])
def test_version(words, tmp_path):
    done = run(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("intermt ")


@pytest.mark.parametrize("how", ["thread", "loop"])
@pytest.mark.parametrize(
    ("sent", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_signals_close_what_is_open_and_say_how_to_go_on(how, sent, code, word, tmp_path):
    process = subprocess.Popen(
        command_line("wait", how, "--json"),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    begin = time.monotonic()
    process.send_signal(sent)
    stdout, stderr = process.communicate(timeout=20)
    assert time.monotonic() - begin < 2
    assert process.returncode == code
    assert stderr.splitlines() == [
        "closed",
        f"intermt: {word}",
        "  what to do: run it again: 3 answers are kept",
    ]
    answer = envelope(subprocess.CompletedProcess([], process.returncode, stdout, stderr))
    assert answer["errors"][0]["kind"] == word


@pytest.mark.parametrize("what", ["much", "much-data", "little"])
def test_closed_pipe_is_silent(what, tmp_path):
    process = subprocess.Popen(
        command_line("say", what),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    if what != "little":
        assert process.stdout.readline() == (b"row 0\n")
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=20) == ExitCode.CLOSED_PIPE


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_full_disk_under_stdout_is_an_error(extra, tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command_line("say", "little", *extra),
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == ExitCode.IO
    assert "No space left" in done.stderr
    assert "Exception ignored" not in done.stderr


def test_closed_stdout_is_an_error_not_a_loss(tmp_path):
    words = " ".join(command_line("say", "little", "--json"))
    done = subprocess.run(
        ["bash", "-c", f"{words} >&-"],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == ExitCode.IO
    assert "standard output is closed" in done.stderr
