"""Importing labels: what lands where, what is counted, what comes back as rejects."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intermt.commands import annotate_import
from intermt.commands.import_batches import looking_mb
from intermt.errors import InputError, UsageError
from intermt.formats.reading.rows import ReadOptions
from intermt.records import PreferenceVote, Rater, rater_id
from intermt.store.connect import Store
from intermt.store.inserting import known
from intermt.store.labels import candidates, stored_choices
from intermt.store.rows import to_row
from tests.commands.work import Program, Silent, counted, ended, rows, start, written
from tests.formats.test_label_lines import line as label_line
from tests.formats.test_label_studio import MAP, REAL, annotation, result, task
from tests.store.samples import small_tree

LABELS = ("rater", "annotation", "score", "preference_vote", "feedback", "verdict")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store", lock_timeout_s=20)
    tree = [r for r in small_tree() if type(r).__name__ in ("Seed", "Node", "Conversation", "Run")]
    made.write(tree)
    return made


@pytest.fixture
def pair(store: Store) -> tuple[str, str]:
    """Ids of two answers to one question, the one that sorts first in front."""
    with store.reading() as db:
        found = db.execute(
            "SELECT node_id FROM node WHERE role = 'assistant' AND turn = 1 ORDER BY 1"
        ).fetchall()
    return found[0][0], found[1][0]


def bring(store: Store, *paths: Path, **more: Any) -> annotate_import.ImportResult:
    config = annotate_import.ImportConfig(tuple(map(str, paths)), **more)
    return annotate_import.run(store, config, Silent())


def adds_up(result: annotate_import.ImportResult) -> bool:
    return all(
        f.rows == f.imported + f.would_import + f.unchanged + sum(f.skipped.values()) + f.rejected
        for f in result.files
    )


def lines(path: Path, *made: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in made))
    return path


def of(pair: tuple[str, str], *annotations: Any, **more: Any) -> dict[str, Any]:
    """A task that shows the answer that sorts second on the left."""
    made = task(*annotations, **more)
    made["data"]["intermt"] |= {"left": pair[1], "right": pair[0]}
    return made


def test_the_memory_for_finding_keys_is_enough_for_any_number(
    store: Store, pair: tuple[str, str]
) -> None:
    ids = [f"{n:032x}" for n in range(60_000)]
    vote = PreferenceVote(
        ids[0], "r", "local", "prefix", "s", *pair, "overall", "tie", "d", "t", run_id="r"
    )
    store.write([vote])
    made = [to_row(replace(vote, vote_id=one)) for one in ids]
    with store.reading(looking_mb(len(ids))) as db:
        assert stored_choices(db, ids) == {ids[0]: "tie"}
        assert candidates(db, [*ids, *pair]).keys() == set(pair)
        assert known(db, made) == {("preference_vote", (ids[0],))}


def test_an_error_names_the_field_that_the_line_has(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    unknown = "0" * 32
    path = lines(
        tmp_path / "labels.jsonl",
        label_line(a=unknown, b=pair[1]),
        label_line(a=pair[0], b=unknown),
        label_line(
            a=unknown,
            b=None,
            choices={},
            scores={"a": {"text_quality": 1}},
            texts=[],
            shown_first=None,
        ),
    )
    result = bring(store, path, on_error="skip")
    assert [problem.field for problem in result.problems] == ["a", "b", "a"]


# --- sides, history, roles -----------------------------------------------------------------


def test_sides_are_undone_exactly(store: Store, pair: tuple[str, str], tmp_path: Path) -> None:
    said = result(
        better_overall="left",
        score_left_text_quality="3",
        score_right_text_quality="0",
        critique_right=["no boat"],
        rationale=["clear"],
    )
    bring(store, written(tmp_path / "x", [of(pair, annotation(result=said))]))
    found = rows(store, "preference_vote", "score", "feedback")
    a, b = pair
    (vote,) = found["preference_vote"]
    assert vote[5:7] == (a, b)
    assert counted(store, "SELECT choice FROM preference_vote") == "b"
    assert counted(store, "SELECT shown_first FROM preference_vote") == "b"
    assert counted(store, f"SELECT value FROM score WHERE target_id = '{b}'") == 3
    assert counted(store, f"SELECT value FROM score WHERE target_id = '{a}'") == 0
    assert counted(store, f"SELECT text FROM feedback WHERE target_id = '{a}'") == "no boat"
    # What decided it is kept with the one that won.
    assert counted(store, f"SELECT text FROM feedback WHERE target_id = '{b}'") == "clear"
    assert counted(store, "SELECT seconds FROM annotation") == 4.5


def test_swapping_the_sides_of_a_line_changes_nothing(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    a, b = pair
    first = label_line(a=a, b=b)
    swapped = label_line(
        a=b,
        b=a,
        shown_first="a",
        choices={"overall": "B", "text_quality": "tie"},
        scores={"b": {"text_quality": 0}, "a": {"text_quality": 3}},
        texts=[{"side": "a", "kind": "critique", "dimension": None, "text": " as is\n"}],
    )
    bring(store, lines(tmp_path / "one", first))
    before = rows(store, *LABELS, per_run=True)
    again = bring(store, lines(tmp_path / "two", swapped))
    assert again.new == {}
    assert again.files[0].unchanged == 1
    assert rows(store, *LABELS, per_run=True) == before


def test_the_latest_of_several_annotations_counts_and_the_rest_stay(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    work = [
        annotation(1, result=result(better_overall="left"), updated_at="2026-03-02T00:00:00Z"),
        annotation(2, result=result(better_overall="tie"), updated_at="2026-03-03T00:00:00Z"),
        annotation(3, result=result(better_overall="right"), updated_at="2026-03-01T00:00:00Z"),
    ]
    done = bring(store, written(tmp_path / "x", [of(pair, *work)]))
    assert done.new == {"rater": 1, "annotation": 3, "preference_vote": 3}
    from intermt.store import scope

    with store.reading() as db:
        scope.narrow(db, None, None)
        found = db.execute("SELECT choice FROM in_preference_vote WHERE counts").fetchall()
    assert found == [("tie",)]


def test_one_annotation_with_two_contents_is_a_conflict(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    path = written(tmp_path / "x", [of(pair, annotation(result=result(better_overall="left")))])
    other = written(tmp_path / "y", [of(pair, annotation(result=result(better_overall="tie")))])
    with pytest.raises(InputError, match="an earlier row has it"):
        bring(store, path, other)
    bring(store, path)
    with pytest.raises(InputError, match="the store has it"):
        bring(store, other)
    assert counted(store, "SELECT choice FROM preference_vote") == "b"


def test_verifiers_are_other_raters(store: Store, pair: tuple[str, str], tmp_path: Path) -> None:
    path = lines(tmp_path / "x", label_line(a=pair[0], b=pair[1]))
    bring(store, path)
    bring(store, path, reading=ReadOptions(role="verifier"))
    assert counted(store, "SELECT list(role ORDER BY role) FROM rater") == ["annotator", "verifier"]
    assert counted(store, "SELECT count(*) FROM preference_vote") == 4


def test_predictions_come_in_as_verdicts_of_a_judge(
    store: Store, pair: tuple[str, str], tmp_path: Path, intermt: Program
) -> None:
    said = result(better_overall="left", score_right_text_quality="1")
    made = of(pair, annotation(result=said), predictions=[{"id": 1, "result": said}])
    path = written(tmp_path / "x", [made])
    left_out = bring(store, path)
    assert left_out.files[0].skipped == {"prediction": 1}
    taken = bring(store, path, reading=ReadOptions(predictions_as="tuned"))
    assert taken.files[0].imported == 1
    assert taken.files[0].unchanged == 1
    assert taken.new == {"rater": 1, "verdict": 2}
    with store.reading() as db:
        found = db.execute(
            'SELECT r.name, r.role, r.kind, v.task, v.choice, v.value, v."order", v.request_key'
            " FROM verdict v JOIN rater r ON r.rater_id = v.judge_id ORDER BY v.task"
        ).fetchall()
    assert found == [
        ("tuned", "judge", "model", "pair", "b", None, "", ""),
        ("tuned", "judge", "model", "score", None, 1, "", ""),
    ]
    assert "tuned" in intermt("eval").out
    assert intermt("check").code == 0


@pytest.mark.parametrize("kind", ["model", "jury"])
@pytest.mark.parametrize("said", ["m", " m "])
def test_predictions_do_not_take_the_name_of_another_judge(
    store: Store, pair: tuple[str, str], tmp_path: Path, kind: Any, said: str
) -> None:
    name = rater_id("m", "judge", kind)
    store.write([Rater(name, "m", "judge", kind, model="m", settings="other")])
    path = written(tmp_path / "x", [of(pair, predictions=[])])
    with pytest.raises(UsageError, match="a judge that was asked"):
        bring(store, path, reading=ReadOptions(predictions_as=said))


# --- tasks that show their answers -----------------------------------------------------------


@pytest.mark.skipif(not REAL.exists(), reason="the real export is not here")
@pytest.mark.real_data
def test_the_real_export_makes_one_tree_and_every_form_of_it_is_the_same(
    tmp_path: Path, intermt: Program
) -> None:
    store = Store(tmp_path / "store", lock_timeout_s=20)
    first = bring(store, REAL / "export.json", dataset="ls", reading=MAP)
    assert adds_up(first)
    report = first.files[0]
    assert (report.rows, report.imported) == (13, 10)
    assert report.skipped == {"cancelled": 1, "draft": 1, "prediction": 1}
    assert counted(store, "SELECT count(*) FROM seed") == 1
    # Three messages before the answers, and two answers for each of six tasks.
    assert counted(store, "SELECT count(*) FROM node") == 3 + 12
    assert counted(store, "SELECT count(*) FROM image") > 0
    assert counted(store, "SELECT count(*) FROM picture_use WHERE name LIKE 'data:%'") == 0
    others = [REAL / name for name in ("export_min.json", "export.csv", "export.tsv")]
    again = bring(store, *others, dataset="ls", reading=MAP)
    assert again.new == {}
    assert [f.unchanged for f in again.files] == [10, 10, 10]
    assert intermt("check").code == 0


def test_a_whole_conversation_may_be_labelled(tmp_path: Path) -> None:
    store = Store(tmp_path / "s", lock_timeout_s=20)
    chat = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    said = [{"from_name": "help", "type": "rating", "value": {"rating": 2}}]
    made = {"id": 1, "data": {"chat": chat}, "annotations": [annotation(result=said)]}
    reading = ReadOptions(columns={"messages": "chat", "score.helpfulness": "help"})
    bring(store, written(tmp_path / "x", [made]), reading=reading)
    assert rows(store, "score")["score"][0][2:6] == (
        "conversation",
        counted(store, "SELECT conversation_id FROM conversation"),
        "helpfulness",
        2,
    )


# --- rejects, and counting -----------------------------------------------------------------


def test_bad_annotations_come_back_alone_and_import_once_mended(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    bad = annotation(2, completed_by=8, result=result(better_overall="maybe"))
    unknown = of(("1" * 32, "2" * 32), annotation(3))
    path = written(tmp_path / "x", [of(pair, annotation(1), bad), unknown, {"id": 1}])
    rejects = tmp_path / "bad.json"
    done = bring(store, path, on_error="skip", rejects=rejects)
    assert adds_up(done)
    assert (done.files[0].imported, done.files[0].rejected) == (1, 3)
    assert done.rejects == str(rejects)
    left = json.loads(rejects.read_text())
    assert [[a["id"] for a in one.get("annotations", [])] for one in left] == [[2], [3], []]
    left[0]["annotations"][0]["result"] = result(better_overall="tie")
    mended = bring(store, written(tmp_path / "y", left[:1]))
    assert mended.files[0].imported == 1
    assert counted(store, "SELECT count(*) FROM preference_vote") == 2


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_bad_rows_of_a_table_come_back_under_their_header(
    store: Store, pair: tuple[str, str], tmp_path: Path, end: str
) -> None:
    a, b = pair
    header = "rater;answer_a;answer_b;choice;rationale"
    good, bad = f"ann;{a};{b};A;x", f'bob;{a};{b};C;"two{end}lines; one cell"'
    path = tmp_path / "x"
    path.write_bytes(f"{header}{end}{good}{end}{bad}{end}".encode())
    rejects = tmp_path / "bad.csv"
    done = bring(store, path, on_error="skip", rejects=rejects)
    assert adds_up(done)
    assert rejects.read_bytes() == f"{header}{end}{bad}{end}".encode()
    rejects.write_bytes(rejects.read_bytes().replace(b";C;", b";B;"))
    assert bring(store, rejects).files[0].imported == 1


def test_bad_lines_come_back_as_lines_even_in_a_wrong_encoding(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    good = json.dumps(label_line(a=pair[0], b=pair[1])).encode()
    bad = b'{"intermt_label": 1, "rater": "\xe9"}'
    path = tmp_path / "x"
    path.write_bytes(good + b"\n\n" + bad + b"\n")
    rejects = tmp_path / "bad.jsonl"
    bring(store, path, on_error="skip", rejects=rejects)
    assert rejects.read_bytes() == bad + b"\n"


def test_where_nothing_is_bad_an_old_file_of_rejects_does_not_stay(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    rejects = tmp_path / "bad.jsonl"
    rejects.write_text("old")
    path = lines(tmp_path / "x", label_line(a=pair[0], b=pair[1]))
    bring(store, path, on_error="skip", rejects=rejects)
    assert rejects.read_bytes() == b""


def test_rejects_that_could_not_be_used_are_refused(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    path = lines(tmp_path / "x", label_line(a=pair[0], b=pair[1]))
    table = tmp_path / "y"
    table.write_text(f"rater,answer_a,answer_b,choice\nann,{pair[0]},{pair[1]},A\n")
    rejects = tmp_path / "bad"
    with pytest.raises(UsageError, match="leaves none out"):
        bring(store, path, rejects=rejects)
    with pytest.raises(UsageError, match="names an input"):
        bring(store, path, on_error="skip", rejects=path)
    with pytest.raises(UsageError, match="do not go in one file"):
        bring(store, path, table, on_error="skip", rejects=rejects)
    assert not rejects.exists()
    assert counted(store, "SELECT count(*) FROM preference_vote") == 0


def test_a_dry_run_says_what_would_be_new_and_writes_nothing(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    a, b = pair
    old = lines(tmp_path / "old", label_line(a=a, b=b))
    bring(store, old)
    more = lines(
        tmp_path / "more",
        label_line(a=a, b=b),
        label_line(a=a, b=b, rater="bob"),
        label_line(a=a, b=b, rater="bob"),
        label_line(a=a, b=b, state="skipped"),
        label_line(a=a, b="no"),
    )
    before = rows(store, *LABELS, per_run=True)
    rejects = tmp_path / "bad"
    dry = bring(store, more, on_error="skip", rejects=rejects, dry_run=True)
    assert adds_up(dry)
    assert rows(store, *LABELS, per_run=True) == before
    assert not rejects.exists()
    wet = bring(store, more, on_error="skip")
    assert adds_up(wet)
    dry_file, wet_file = dry.files[0], wet.files[0]
    assert (dry_file.would_import, dry_file.unchanged) == (wet_file.imported, wet_file.unchanged)
    assert (wet_file.imported, wet_file.unchanged) == (1, 2)
    assert dry_file.skipped == wet_file.skipped == {"cancelled": 1}
    assert dry.new == wet.new


def test_labels_on_conversations_of_the_same_import_are_found(tmp_path: Path) -> None:
    from tests.commands.work import conversation, turn

    other = Store(tmp_path / "other", lock_timeout_s=20)
    made = [conversation(n, turn(1, "Why?", f"Because of {n}.")) for n in "ab"]
    source = written(tmp_path / "c.json", made)
    bring(other, source)
    with other.reading() as db:
        ids = [
            r[0] for r in db.execute("SELECT node_id FROM node WHERE role = 'assistant'").fetchall()
        ]
    votes = lines(tmp_path / "v", label_line(a=ids[0], b=ids[1]))
    store = Store(tmp_path / "store", lock_timeout_s=20)
    done = bring(store, source, votes)
    assert [f.imported for f in done.files] == [2, 1]


# --- the command line ----------------------------------------------------------------------


def test_a_map_file_says_where_and_what(
    store: Store, pair: tuple[str, str], tmp_path: Path, intermt: Program
) -> None:
    table = tmp_path / "t.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["who", "x", "y", "q", "note"], ["ann", *pair, "both_bad", "no"]]
        )
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        '[map]\nanswer_a = "x"\nanswer_b = "y"\nchoice = "q"\nrationale = "note"\n'
        '[values.choice]\nboth_bad = "tie"\n'
    )
    done = intermt("annotate-import", table, "--map", "rater=who", "--map-file", mapping)
    assert done.answer["data"]["files"][0]["imported"] == 1
    assert counted(store, "SELECT choice FROM preference_vote") == "tie"
    assert counted(store, "SELECT name FROM rater") == "ann"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--map", "rater"), 2, "FIELD=COLUMN"),
        (("--map", "rater=a", "--map", "rater=b"), 2, "twice"),
        (("--map", "writer=rater"), 2, "writer"),
        (("--predictions-as", "j"), 2, "says nothing about"),
        (("--map-file", "nowhere.toml"), 66, "no such file"),
    ],
)
def test_options_that_say_nothing_are_errors(
    store: Store,
    pair: tuple[str, str],
    tmp_path: Path,
    intermt: Program,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    table = tmp_path / "t.csv"
    table.write_text(f"rater,answer_a,answer_b,choice\nann,{pair[0]},{pair[1]},A\n")
    done = intermt("annotate-import", table, *arguments, code=code)
    assert said in done.err


@pytest.mark.parametrize(
    "content", ["[maps]\n", "map = 3\n", "[map]\nrater = 1.5\n", "[values]\nchoice = 3\n", "x ="]
)
def test_a_bad_map_file_is_told(tmp_path: Path, content: str) -> None:
    from intermt.commands.import_map import read_map

    path = tmp_path / "m.toml"
    path.write_text(content)
    with pytest.raises(InputError):
        read_map([], path)


def test_dotted_fields_need_no_quotes_in_a_map_file(tmp_path: Path) -> None:
    from intermt.commands.import_map import read_map

    path = tmp_path / "m.toml"
    path.write_text('[map]\nscore_a.L4 = "q1"\n[values.score_a.L4]\n5 = 3\n"n/a" = ""\n')
    columns, values = read_map(["rater=who,x,choice = better"], path)
    assert columns == {"rater": "who,x", "choice": "better", "score_a.L4": "q1"}
    assert values == {"score_a.L4": {"5": "3", "n/a": ""}}


def test_two_imports_at_once_that_contradict_each_other(
    store: Store, pair: tuple[str, str], tmp_path: Path
) -> None:
    """The second one looks at what the first one wrote, not at what was there before."""
    names = ["one.csv", "other.csv"]
    for name, choice in zip(names, "AB", strict=True):
        head = "task,rater,answer_a,answer_b,choice\n"
        table = "".join(f"t{n},r{n % 7},{pair[0]},{pair[1]},{choice}\n" for n in range(3000))
        (tmp_path / name).write_text(head + table)
    running = [start("annotate-import", tmp_path / name, store=store.folder) for name in names]
    done = [ended(process) for process in running]
    assert sorted(one.code for one in done) == [0, 65]
    won = "a" if done[0].code == 0 else "b"
    said = "SELECT list(DISTINCT choice) FROM preference_vote"
    assert counted(store, said) == [won]
    assert counted(store, "SELECT count(*) FROM preference_vote") == 3000
