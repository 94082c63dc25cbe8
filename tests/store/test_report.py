"""What the page of an evaluation reads from the store."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from intermt.records import PreferenceVote, Rater, Score
from intermt.store import report
from intermt.store.connect import Store
from intermt.store.report import Item
from tests.store.samples import answered, feedback, verdict


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store")
    made.write(
        [
            Rater("j", "judge", "judge", "model"),
            Rater("r", "ann", "annotator", "human"),
            Rater("v", "checker", "verifier", "human"),
            verdict("w1"),
            verdict("w2", "unparsed", value=None, dimension="context_coherence"),
            verdict("w3", "failed", value=None, sample=1),
            verdict("w4", task="pair", b_id="o", order="a", value=None, choice="a"),
            Score("s1", "r", "node", "n", "text_quality", 1, "d", "t", datetime(2026, 1, 1)),
            Score("s2", "r", "node", "n", "text_quality", 3, "d", "t", datetime(2026, 1, 2)),
            Score("s3", "v", "node", "n", "text_quality", 0, "d", "t"),
            feedback("f1", text="good", rater_id="v"),
            feedback("f2", text="a judge's words", rater_id="j"),
            answered("k", text="3", model="m"),
        ]
    )
    return made


def test_verdicts_are_counted_by_how_they_ended(store: Store) -> None:
    with store.reading() as db:
        pair, score = report.counts(db)
    assert (pair.task, pair.n_items, pair.n_asked, pair.n_ok) == ("pair", 1, 1, 1)
    assert (score.n_items, score.n_asked, score.n_ok) == (1, 3, 1)
    assert (score.n_unparsed, score.n_failed, score.simulated) == (1, 1, False)


def test_verdicts_are_found_by_item(store: Store) -> None:
    with store.reading() as db:
        scores = report.verdicts_on(db, [Item("score", "local", "n", None)])
        pairs = report.verdicts_on(db, [Item("pair", "local", "n", "o")])
        assert report.verdicts_on(db, [Item("pair", "global", "n", "o")]) == []
        assert report.verdicts_on(db, []) == []
    assert {v.verdict_id for v in scores} == {"w1", "w2", "w3"}
    assert [v.verdict_id for v in pairs] == ["w4"]


def test_the_latest_score_of_each_annotator_is_shown(store: Store) -> None:
    with store.reading() as db:
        assert report.human_scores(db, ["n"]) == {("n", "text_quality"): (3,)}


def test_what_people_wrote_is_not_what_judges_wrote(store: Store) -> None:
    with store.reading() as db:
        written = report.written_about(db, ["n"])
    assert [(w.text, w.synthetic) for w in written] == [("good", False)]


def test_raw_replies_come_from_the_ledger(store: Store) -> None:
    with store.reading() as db:
        replies = report.raw_replies(db, ["k", "unknown"])
    assert replies.keys() == {"k"}
    assert (replies["k"].text, replies["k"].state) == ("3", "ok")


def test_the_fingerprint_changes_with_what_is_said_and_with_nothing_else(store: Store) -> None:
    def fingerprint() -> str:
        with store.reading() as db:
            return report.fingerprint(db)

    first = fingerprint()
    store.write([answered("other"), verdict("w1", run_id="another run")])
    assert fingerprint() == first
    vote = ("r", "local", "prefix", "s", "n", "o", "overall", "a", "d", "t")
    store.write([PreferenceVote("p", *vote)])  # type: ignore[arg-type]
    second = fingerprint()
    assert second != first
    store.write([verdict("w5", sample=2)])
    assert len({first, second, fingerprint()}) == 3
