from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from intermt.dimensions import BY_KEY, OVERALL, dimensions_of
from intermt.formats.reading.registry import detect, read
from intermt.formats.reading.rows import LabelRow
from intermt.formats.reading.source import open_source
from intermt.records import SCENARIOS
from intermt.sample import sample_files

FILES = sample_files()
SEEDS = [json.loads(line) for line in FILES.seeds.read_text("utf-8").splitlines()]
with FILES.votes.open(encoding="utf-8", newline="") as _file:
    VOTES = list(csv.DictReader(_file))
CONVERSATIONS = json.loads(FILES.conversations.read_text("utf-8"))
ANSWERS = [
    (
        item["id"],
        turn["round"],
        turn["response"],
        [name for name in turn["response_images"] if name],
    )
    for item in CONVERSATIONS
    for turn in item["conversations"]
]
LEFT_OUT = {"chain-hands.png", "story-second-page.png"}
COLUMNS = [
    *("task", "seed", "answer_a", "answer_b", "level", "dimension", "rater", "role", "kind"),
    *("choice", "score_a", "score_b", "shown_first", "rated_at", "rationale"),
    *("critique_a", "critique_b", "refinement_a", "refinement_b"),
]
SEED_IDS = {seed["id"] for seed in SEEDS}
LOCAL = [row for row in VOTES if row["level"] == "local"]
GLOBAL = [row for row in VOTES if row["level"] == "global"]
QUESTION = r"1(?:[ab]\.1)*"
CONVERSATION = r"1[ab]\.1[ab]\.1[ab]"


def test_seed_questions_cover_tasks_scenarios_and_languages():
    assert 14 <= len(SEEDS) <= 16
    assert len(SEED_IDS) == len(SEEDS)
    assert len({seed["task"] for seed in SEEDS}) >= 10
    scenarios = Counter(seed["scenario"] for seed in SEEDS)
    assert set(scenarios) == set(SCENARIOS)
    assert min(scenarios.values()) >= 2
    languages = Counter(seed["language"] for seed in SEEDS)
    assert languages["en"] > len(SEEDS) / 2
    assert len(languages) >= 2


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed["id"])
def test_a_seed_question_says_where_it_comes_from_and_what_its_user_wants(seed):
    keys = "id text images source licence task scenario language intention"
    assert list(seed) == keys.split()
    assert seed["licence"] == "CC0-1.0"
    assert seed["text"].count("?") >= 1
    assert seed["intention"] not in seed["text"]
    assert 2 <= len(re.findall(r"[.!?](?:\s|$)", seed["intention"])) <= 3
    for name in seed["images"]:
        assert (FILES.seeds.parent / name).is_file()


def test_seed_questions_have_no_one_or_two_pictures():
    n_pictures = Counter(len(seed["images"]) for seed in SEEDS)
    assert n_pictures[0] == 2
    assert n_pictures[2] == 2
    assert n_pictures[1] + n_pictures[2] >= 11


def test_every_picture_belongs_to_exactly_one_question_or_is_shown_by_an_answer():
    named = Counter(Path(name).name for seed in SEEDS for name in seed["images"])
    assert set(named.values()) == {1}
    shown = {Path(name).name for *_, names in ANSWERS for name in names} - LEFT_OUT
    assert not shown & set(named)
    assert set(named) | shown == {path.name for path in FILES.pictures.iterdir()}


@pytest.mark.parametrize("path", sorted(FILES.pictures.iterdir()), ids=lambda path: path.stem)
def test_a_picture_opens_and_shows_something(path):
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "P", (640, 480))
        assert len(image.info["caption"]) > 20
        grey = image.convert("L")
    counts = grey.histogram()
    assert sum(n > 50 for n in counts) >= 5
    assert max(counts) < 0.96 * grey.width * grey.height


def test_the_sample_is_small():
    assert sum(path.stat().st_size for path in FILES.pictures.iterdir()) < 400_000
    assert FILES.votes.stat().st_size < 450_000
    assert FILES.conversations.stat().st_size < 80_000


def test_votes_have_the_agreed_columns_and_are_all_marked_synthetic():
    assert list(VOTES[0]) == COLUMNS
    assert 2000 <= len(VOTES) <= 3000
    assert {row["kind"] for row in VOTES} == {"synthetic"}
    roles = {(row["rater"], row["role"]) for row in VOTES}
    assert roles == {(f"annotator-{letter}", "annotator") for letter in "ABCDE"} | {
        ("verifier-V", "verifier")
    }


def test_the_votes_are_known_as_a_table_of_votes_and_no_row_is_refused():
    with open_source(FILES.votes) as source:
        rows = list(read(source, detect(source)))
    assert len(rows) == len(VOTES)
    assert all(isinstance(row, LabelRow) for row in rows)


def test_local_votes_compare_two_answers_to_one_question_of_a_known_tree():
    for row in LOCAL:
        assert row["seed"] in SEED_IDS
        question = row["answer_a"][:-1]
        assert re.fullmatch(QUESTION, question)
        assert (row["answer_a"], row["answer_b"]) == (question + "a", question + "b")
        assert row["task"] == f"{row['seed']}/{question}"
    by_seed = defaultdict(set)
    for row in LOCAL:
        by_seed[row["seed"]].add(row["answer_a"][:-1])
    assert set(by_seed) == SEED_IDS
    for questions in by_seed.values():
        assert {"1", "1a.1", "1b.1"} < questions
        assert sum(question.count(".") == 2 for question in questions) == 2


def test_global_votes_compare_conversations_of_which_every_answer_was_voted_on():
    answers = {(row["seed"], row[side]) for row in LOCAL for side in ("answer_a", "answer_b")}
    by_seed = defaultdict(set)
    for row in GLOBAL:
        places = (row["answer_a"], row["answer_b"])
        assert row["task"] == f"{row['seed']}/{'-'.join(places)}"
        assert [place[:2] for place in places] == ["1a", "1b"]
        by_seed[row["seed"]].add(places)
        for place in places:
            assert re.fullmatch(CONVERSATION, place)
            assert {(row["seed"], place[:end]) for end in (2, 5, 8)} <= answers
    assert set(by_seed) == SEED_IDS
    assert {len(pairs) for pairs in by_seed.values()} == {2}


@pytest.mark.parametrize("level", ["local", "global"])
def test_every_rater_of_a_pair_votes_on_the_dimensions_of_its_level_and_overall(level):
    voted = defaultdict(list)
    for row in VOTES:
        if row["level"] == level:
            voted[row["task"], row["rater"]].append(row["dimension"])
    keys = sorted([*(d.key for d in dimensions_of(level)), OVERALL])
    assert all(sorted(dimensions) == keys for dimensions in voted.values())


def test_choices_orders_scores_and_times_are_on_their_scales():
    for row in VOTES:
        assert row["choice"] in {"A", "B", "tie"}
        assert row["shown_first"] in {"A", "B"}
        time = datetime.fromisoformat(row["rated_at"])
        assert (time.year, time.tzinfo) == (2026, None)
        scores = [row["score_a"], row["score_b"]]
        if row["dimension"] == OVERALL:
            assert scores == ["", ""]
        else:
            assert all(BY_KEY[row["dimension"]].allows(int(score)) for score in scores)


def test_scores_mostly_go_with_the_choice_but_not_always():
    signs = Counter()
    for row in VOTES:
        if row["choice"] != "tie" and row["score_a"]:
            gap = int(row["score_a"]) - int(row["score_b"])
            signs[(gap if row["choice"] == "A" else -gap) > 0, gap == 0] += 1
    against = signs[False, False]
    assert 0 < against < 0.05 * signs.total()
    assert signs[True, False] > 0.6 * signs.total()


def test_some_votes_have_a_rationale_that_names_no_side():
    said = [row["rationale"] for row in VOTES if row["rationale"]]
    assert 0.04 < len(said) / len(VOTES) < 0.2
    # Sides are sorted anew on import, so a letter would point to the wrong answer.
    assert not [words for words in said if re.search(r"\b(?:[AB]|answer a|answer b)\b", words)]


def test_what_is_said_of_conversations_is_about_their_overall_choice():
    # On a conversation's decisive steps it would be taken for what these steps are.
    assert {row["dimension"] for row in GLOBAL if row["rationale"]} == {OVERALL}


def test_some_answers_have_a_critique_and_some_of_these_a_wish():
    overall = [row for row in LOCAL if row["dimension"] == OVERALL]
    sides = [(row[f"critique_{s}"], row[f"refinement_{s}"]) for row in overall for s in "ab"]
    n_faults, n_wishes = (sum(map(bool, words)) for words in zip(*sides, strict=True))
    assert 0.2 < n_faults / len(sides) < 0.5
    assert 0.4 * n_faults < n_wishes < 0.9 * n_faults
    assert not [wish for fault, wish in sides if wish and not fault]
    assert not any(row["critique_a"] or row["critique_b"] for row in VOTES if row not in overall)


def _votes_by_pair(dimension: str) -> dict[str, dict[str, str]]:
    pairs = defaultdict(dict)
    for row in LOCAL:
        if row["dimension"] == dimension:
            pairs[row["task"]][row["rater"]] = row["choice"]
    return pairs


def test_three_to_five_annotators_vote_on_a_pair_and_the_verifier_on_a_third():
    pairs = _votes_by_pair(OVERALL)
    overlap = Counter(len(set(votes) - {"verifier-V"}) for votes in pairs.values())
    assert set(overlap) == {3, 4, 5}
    verified = sum("verifier-V" in votes for votes in pairs.values())
    assert 0.25 <= verified / len(pairs) <= 0.42


@pytest.mark.parametrize("with_verifier", [True, False])
@pytest.mark.parametrize("dimension", [OVERALL, *(d.key for d in dimensions_of("local"))])
def test_agreement_of_eight_tenths_keeps_about_half_of_the_pairs(dimension, with_verifier):
    agreements = []
    for votes in _votes_by_pair(dimension).values():
        choices = Counter(c for r, c in votes.items() if with_verifier or r != "verifier-V")
        winner = max(choices["A"], choices["B"])
        even = choices["A"] == choices["B"]
        agreements.append(0.0 if even else winner / choices.total())
    kept = sum(agreement >= 0.8 for agreement in agreements) / len(agreements)
    assert 0.4 <= kept <= 0.6
    assert 0.0 in agreements
    assert 1.0 in agreements


def test_raters_have_habits_that_can_be_seen():
    pairs = _votes_by_pair(OVERALL)

    def with_others(rater: str) -> float:
        same = [
            votes[rater] == choice
            for votes in pairs.values()
            if rater in votes
            for other, choice in votes.items()
            if other != rater
        ]
        return sum(same) / len(same)

    def mean_score(rater: str) -> float:
        scores = [
            int(r[k]) for r in VOTES for k in ("score_a", "score_b") if r["rater"] == rater and r[k]
        ]
        return sum(scores) / len(scores)

    def share(rater: str, choice: str) -> float:
        mine = [row["choice"] for row in VOTES if row["rater"] == rater]
        return mine.count(choice) / len(mine)

    annotators = [f"annotator-{letter}" for letter in "ABCDE"]
    assert min(annotators, key=with_others) == "annotator-E"
    assert with_others("verifier-V") > max(map(with_others, annotators))
    assert min(annotators, key=mean_score) == "annotator-B"
    assert max(annotators, key=lambda rater: share(rater, "tie")) == "annotator-C"


def test_finding_the_files_loads_no_drawing_code():
    code = (
        "import sys; from intermt.sample import sample_files; f = sample_files();"
        "assert f.seeds.is_file() and f.votes.is_file() and f.pictures.is_dir();"
        "assert f.conversations.is_file();"
        "assert 'PIL' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
