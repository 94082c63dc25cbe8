"""Times votes to pairs against one query that a person would write for it.

    python benchmarks/pair_votes.py [--folder DIR] [--pairs 200000] [--ratio 2]

Makes a store with five votes on each pair (1,000,000 by default; of 40 raters every tenth a
verifier), then, three times, chooses the pairs on which four of five annotators agree with
`pair_choice.select` and with the query. Both must find the same pairs in the same order.
Prints the medians and this process's largest size; exits 1 above the ratio. A folder that
holds the store already is used again.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from intermt.commands.pair import MEMORY_MB
from intermt.commands.pair_choice import PairConfig, select
from intermt.store.connect import Store

BY_HAND = """
WITH latest AS (
    SELECT a_id, b_id, v.rater_id, role,
           arg_max(choice, (coalesce(rated_at, TIMESTAMP '-infinity'), vote_id)) AS choice
    FROM preference_vote v JOIN rater USING (rater_id)
    WHERE role <> 'judge' AND level = 'local' AND dimension = 'overall' GROUP BY ALL
), counted AS (
    SELECT a_id, b_id, count(*) FILTER (role = 'annotator') AS n,
           count(*) FILTER (role = 'annotator' AND choice = 'a') AS n_a,
           count(*) FILTER (role = 'annotator' AND choice = 'b') AS n_b,
           bool_and(choice = 'a') FILTER (role = 'verifier') AS verified_a,
           bool_and(choice = 'b') FILTER (role = 'verifier') AS verified_b
    FROM latest GROUP BY ALL HAVING greatest(n_a, n_b) * 5 >= 4 * n AND n_a <> n_b
)
SELECT a.seed_id, a.turn,
       left(sha256('["pair","local","prefix","' || a_id || '","' || b_id || '","overall"]'), 32)
           AS pair_id,
       CASE WHEN n_a > n_b THEN a_id ELSE b_id END, CASE WHEN n_a > n_b THEN b_id ELSE a_id END,
       greatest(n_a, n_b) / n, CASE WHEN n_a > n_b THEN verified_a ELSE verified_b END
FROM counted JOIN node a ON a.node_id = a_id
JOIN node b ON b.node_id = b_id AND b.parent_id = a.parent_id
ORDER BY a.seed_id, a.turn, pair_id
"""


def make(store: Store, n_pairs: int) -> None:
    """Fill a store with questions, two answers each, and five votes on them."""
    with store.writing() as db:
        db.execute(
            "INSERT INTO rater SELECT md5('r' || i), 'r' || i,"
            " CASE WHEN i % 10 = 0 THEN 'verifier' ELSE 'annotator' END, 'human', 'd', NULL, NULL,"
            " false FROM range(40) t(i)"
        )
        columns = (
            '1 AS turn, \'[{"text":"some words"}]\'::JSON AS parts, 0 AS n_images,'
            " 0 AS n_missing, 0 AS n_tags, 0 AS n_stray_tags, false AS simulated"
        )
        db.execute(
            "INSERT INTO node BY NAME SELECT md5('q' || i) AS node_id, md5('q' || i) AS seed_id,"
            f" 'user' AS role, {columns} FROM range({n_pairs}) t(i)"
        )
        db.execute(
            "INSERT INTO node BY NAME SELECT md5('a' || i || '-' || k) AS node_id,"
            " md5('q' || i) AS parent_id, md5('q' || i) AS seed_id, 'assistant' AS role,"
            f" {columns} FROM range({n_pairs}) t(i), range(2) u(k)"
        )
        sides = "md5('a' || i || '-0'), md5('a' || i || '-1')"
        db.execute(
            f"""
            INSERT INTO preference_vote BY NAME
            SELECT md5('v' || i || '-' || j) AS vote_id,
                   md5('r' || ((i * 7 + j * 3) % 40)) AS rater_id, 'local' AS level,
                   'prefix' AS mode, md5('q' || i) AS seed_id, least({sides}) AS a_id,
                   greatest({sides}) AS b_id, 'overall' AS dimension,
                   CASE (hash(i * 11 + j) % 10) WHEN 0 THEN 'b' WHEN 1 THEN 'tie' WHEN 2 THEN 'b'
                        ELSE 'a' END AS choice,
                   'd' AS dataset, i::VARCHAR AS task_key,
                   TIMESTAMP '2026-01-01' + INTERVAL (j) SECOND AS rated_at
            FROM range({n_pairs}) t(i), range(5) u(j)
            """
        )


def main() -> int:
    """Time both; 0 if the ratio is kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--pairs", type=int, default=200_000)
    parser.add_argument("--ratio", type=float, default=2.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = Store(asked.folder or Path(scratch) / "store")
        if not store.exists():
            make(store.create(), asked.pairs)
        times: dict[str, list[float]] = {"by hand": [], "intermt": []}
        for _ in range(3):
            with store.reading() as db:
                begin = time.perf_counter()
                rows = db.execute(BY_HAND).fetchall()
                times["by hand"].append(time.perf_counter() - begin)
            with store.reading(MEMORY_MB) as db:
                begin = time.perf_counter()
                selection = select(db, PairConfig.of(min_agree="0.8"))
                times["intermt"].append(time.perf_counter() - begin)
            found = [
                (p.seed_id, p.turn, p.pair_id, p.chosen_id, p.rejected_id, p.agreement, p.verified)
                for p in selection
            ]
            selection.close()
            if found != rows:
                print("the pairs differ")
                return 1
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    ratio = medians["intermt"] / medians["by hand"]
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(found)} pairs: by hand {medians['by hand']:.2f} s,"
        f" intermt {medians['intermt']:.2f} s, ratio {ratio:.2f}; {size:.0f} MB"
    )
    return int(ratio > asked.ratio)


if __name__ == "__main__":
    sys.exit(main())
