"""What `generate` says to people, and when it keeps silent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from intermt.cli.frame import execute
from intermt.cli.main import build
from intermt.cli.terminal import one_line, width
from intermt.cli.tree_text import cut
from tests.commands.work import put_pictures, seeds, written

STAND_INS = ("--answer", "builtin", "--user", "builtin", "--draw", "builtin")


class Shell:
    """The program in this process, without --json, nobody watching."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capture = capture

    def __call__(self, *words: object, code: int = 0) -> tuple[str, str]:
        self._capture.readouterr()
        argv = ["generate", *map(str, words), "--store", str(self._folder / "store")]
        ended = execute(build, argv)
        said = self._capture.readouterr()
        assert ended == code, said
        assert "Traceback" not in said.err
        return said.out, said.err


@pytest.fixture
def generate(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capfd)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "seeds.jsonl", seeds(2))


def grown(source: Path, **options: Any) -> tuple[object, ...]:
    given = {"turns": 2, **options}
    more = (word for name, value in given.items() for word in (f"--{name}", value))
    return (source, *STAND_INS, "--filter", "none", *more)


# --- cron ---------------------------------------------------------------------------------


def test_success_is_silent_and_so_is_doing_it_again(generate: Shell, source: Path) -> None:
    assert generate(*grown(source, limit=1)) == ("", "")
    assert generate(*grown(source, limit=1)) == ("", "")


def test_a_changed_configuration_is_worth_a_line(generate: Shell, source: Path) -> None:
    generate(*grown(source))
    out, err = generate(*grown(source, beam=1))
    assert (out, err) == ("", "another than in the latest run on these seeds: beam (8 -> 1)\n")
    assert generate(*grown(source, beam=2), "--quiet") == ("", "")


def test_missing_pictures_are_worth_a_line_each_but_not_hundreds(
    generate: Shell, tmp_path: Path
) -> None:
    put_pictures(tmp_path, "there.png")
    rows = [
        {"id": f"s{i}", "text": f"What is in picture {i}?", "images": [f"gone{i}.png", "there.png"]}
        for i in range(7)
    ]
    source = written(tmp_path / "seeds.jsonl", rows)
    _, err = generate(source, *STAND_INS, "--filter", "none", "--turns", 1)
    lines = err.splitlines()
    assert lines[0] == "missing picture: gone0.png: not found"
    assert lines[5:] == ["missing pictures: 2 more (--json lists all)"]


# --- the summary ----------------------------------------------------------------------------


def test_one_summary_at_the_end(generate: Shell, source: Path) -> None:
    _, err = generate(*grown(source), "--verbose")
    lines = err.splitlines()
    assert lines[0] == ("2 seeds: 8 complete conversations of two or more turns, 8 in all")
    assert lines[1] == "12 answers: 4 followed up, 0 pruned, 0 ended by the user"
    assert re.fullmatch(r"\d+ pictures? \(\d+ draw\).*", lines[2])
    assert re.fullmatch(r"\d+ calls made \(\d+ ok\), 0 answers used again", lines[3])
    assert " tokens in, " in lines[4]
    assert lines[5:8] == [
        "2 seeds are short of --min-instances:",
        "  s0: 4, such a tree has 4 at most",
        "  s1: 4, such a tree has 4 at most",
    ]
    assert lines[8].startswith("SIMULATED: ")
    _, err = generate(*grown(source), "--verbose")
    assert "2 seeds (2 begun before): 8 complete" in err
    assert "0 calls made, " in err


def test_what_was_left_out_is_said_with_the_reason(generate: Shell, tmp_path: Path) -> None:
    rows = [
        *seeds(1),
        {"id": "no", "text": "This is an old garden and it is green."},
        {"id": "short", "text": "Why?"},
    ]
    source = written(tmp_path / "seeds.jsonl", rows)
    _, err = generate(source, *STAND_INS, "--turns", 1, "--min-instances", 0, "--verbose")
    taken, left_out, *_ = err.splitlines()
    assert taken == "1 of 3 seed questions taken"
    assert left_out.startswith("  left out by quality: ")
    assert sorted(left_out.partition(": ")[2].split(", ")) == ["1 asks nothing", "1 too short"]


def test_a_limit_that_is_reached_says_what_is_left(generate: Shell, source: Path) -> None:
    _, err = generate(*grown(source), "--max-tokens-total", 1, code=75)
    first, todo = err.splitlines()
    assert "stopped at --max-tokens-total 1: " in first
    assert "2 of 2 trees unfinished, " in first
    assert todo.startswith("  what to do: run the same command again with a limit of its own")


# --- beforehand -----------------------------------------------------------------------------


def test_a_dry_run_says_calls_tokens_and_pictures_also_of_an_empty_store(
    generate: Shell, source: Path, tmp_path: Path
) -> None:
    out, err = generate(*grown(source), "--dry-run")
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "2 seed questions to grow"
    assert lines[1].startswith("every seed will be short: a tree has 4 conversations")
    assert lines[2].startswith("at most: 56 chat calls (48 answer, 8 user), ")
    assert lines[4].startswith("expected: 16 chat calls (12 answer, 4 user), 12 pictures, ")
    assert re.search(r", [\d,]+ tokens in, [\d,]+ tokens out$", lines[4])
    assert "by rule of thumb: 300 tokens an answer" in lines[5]
    assert not (tmp_path / "store").exists()
    generate(*grown(source))
    out, _ = generate(*grown(source), "--dry-run")
    assert "as the 12 answers in the store went" in out


def test_a_dry_run_counts_the_calls_about_seed_questions(generate: Shell, source: Path) -> None:
    words = ("--potential", "builtin", "--rewrite", "builtin", "--limit", 1)
    out, _ = generate(source, *STAND_INS, *words, "--near-duplicate", 1.0, "--dry-run")
    assert ", 2 potential, 1 rewrite)" in out


def test_a_dry_run_of_nothing_exits_like_the_run_would(generate: Shell, source: Path) -> None:
    words = (source, *STAND_INS, "--language", "ko")
    out, err = generate(*words, "--dry-run", code=65)
    assert out.splitlines()[0] == "0 of 2 seed questions taken"
    assert "no seed question is left to grow" in err
    assert "none of 2 seed questions is left to grow" in generate(*words, code=65)[1]


def test_prices_make_a_cost(generate: Shell, source: Path, tmp_path: Path) -> None:
    config = tmp_path / "intermt.toml"
    config.write_text(
        '[servers.m]\nurl = "http://127.0.0.1:9/v1"\nprice_in = 0\nprice_out = 100.0\n'
        '[servers.d]\nkind = "draw"\nurl = "http://127.0.0.1:9/v1"\nprice_picture = 0.5\n'
    )
    servers = ("--answer", "m", "--user", "m", "--draw", "d")
    words = (source, *servers, "--filter", "none", "--turns", 1, "--config", config)
    out, _ = generate(*words, "--dry-run")
    # 4 answers of 300 tokens and a picture each.
    assert "cost 2.12" in out


# --- wrong input ----------------------------------------------------------------------------


def test_every_bad_row_has_a_line_of_its_own(generate: Shell, tmp_path: Path) -> None:
    source = tmp_path / "bad.jsonl"
    source.write_text(
        '{"text": 7}\n{"id": "b", "question": "Is it\\n"}\n{"id": "c", "text": null}\n'
    )
    _, err = generate(source, *STAND_INS, code=65)
    assert err.splitlines() == [
        "intermt: 2 seed questions cannot be used",
        f"  {source}:1: text is 7, expected text",
        f"  {source}:3: text is missing, expected the question, under one of text, question,"
        " prompt",
        "  what to do: mend the rows and run the same command again",
    ]
    out, _ = generate(source, *STAND_INS, "--json", code=65)
    (problem,) = json.loads(out)["errors"]
    assert len(problem["details"]) == 2
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--retrieve", "no-such-folder"), 66, "neither a folder nor a configured server"),
        (("--edit", "no-such-server"), 2, "no server is called 'no-such-server'"),
        (("--filter", "quality,beauty"), 2, "'quality,beauty' is no list of filters"),
        (("--filter", "quality", "--potential", "builtin"), 2, "the filter potential is off"),
        (("--prompts", "no-such-folder"), 78, "cannot read the folder of prompts"),
        (("--max-cost", "1"), 2, "--max-cost needs prices"),
        (("--max-cost", "1", "--dry-run"), 2, "--max-cost needs prices"),
        (("--max-cost", "0"), 2, "--max-cost 0 is not above 0"),
        (("--max-cost", "0", "--dry-run"), 2, "--max-cost 0 is not above 0"),
        (("--max-tokens-total", "0"), 2, "--max-tokens-total"),
        (("--temperature", "-1"), 2, "'--temperature'"),
        (("--show", "s0"), 2, "work on what is in the store"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_done(
    generate: Shell, source: Path, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    _, err = generate(source, *STAND_INS, *words, code=code)
    assert said in err
    assert "  what to do: " in err
    assert not (tmp_path / "store").exists()


# --- a tree -----------------------------------------------------------------------------------


def test_a_tree_fits_eighty_columns(generate: Shell, source: Path) -> None:
    generate(*grown(source, turns=4, beam=2))
    out, err = generate("--show", "s0")
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "seed s0 of generated"
    assert lines[-1].startswith("SIMULATED: ")
    assert all(width(line) <= 80 for line in lines[:-1])
    assert any("[sim; 1 pic" in line for line in lines)
    assert any("pruned]" in line for line in lines)


@pytest.mark.parametrize("most", range(4, 24))
def test_neither_escapes_nor_joined_emoji_are_cut_apart(most: int) -> None:
    family = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
    text = one_line(f"ab \x1b[31m {family} \u202e cd {family} efgh")
    short = cut(text, most)
    assert width(short) <= most
    kept = short.removesuffix("…").rstrip()
    assert text.startswith(kept)
    assert not re.search(r"\\(x[0-9a-f]?)?$|\\x20(2)?$", kept)
    assert not kept.endswith("\u200d")
    assert kept.count("\N{WOMAN}") == 2 * kept.count("\N{GIRL}")


# --- rebuilding ---------------------------------------------------------------------------


def test_a_dry_run_of_rebuilding_says_so(generate: Shell, source: Path) -> None:
    generate(*grown(source))
    out, _ = generate("--rebuild", "--dry-run")
    assert "0 would be new in generated-rebuilt" in out
    assert "nothing was written (--dry-run)" in out
