"""The tables, as migrations that are run once each, in order, by name.

A migration never changes after a release; a new need is a new function at the end of
`MIGRATIONS`. docs/store.md explains the tables for people.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from duckdb import DuckDBPyConnection as Connection

from intermt.errors import StoreIOError


def m001_records(db: Connection) -> None:
    """Seeds, trees, conversations, labels, verdicts, calls and runs."""
    db.execute(
        """
        CREATE TABLE seed (
            seed_id VARCHAR PRIMARY KEY, dataset VARCHAR NOT NULL, source_id VARCHAR NOT NULL,
            source VARCHAR, licence VARCHAR, task VARCHAR, scenario VARCHAR, language VARCHAR,
            intention VARCHAR
        );
        CREATE TABLE node (
            node_id VARCHAR PRIMARY KEY, parent_id VARCHAR, seed_id VARCHAR NOT NULL,
            role VARCHAR NOT NULL, turn INTEGER NOT NULL, parts JSON NOT NULL,
            n_images INTEGER NOT NULL, n_missing INTEGER NOT NULL, n_tags INTEGER NOT NULL,
            n_stray_tags INTEGER NOT NULL, source_key VARCHAR, place VARCHAR,
            model VARCHAR, server VARCHAR, request_key VARCHAR, run_id VARCHAR,
            simulated BOOLEAN NOT NULL
        );
        CREATE TABLE conversation (
            conversation_id VARCHAR PRIMARY KEY, dataset VARCHAR NOT NULL,
            source_id VARCHAR NOT NULL, seed_id VARCHAR NOT NULL, path VARCHAR[] NOT NULL,
            n_turns INTEGER NOT NULL, scenario VARCHAR, task VARCHAR, category VARCHAR,
            run_id VARCHAR, simulated BOOLEAN NOT NULL
        );
        CREATE TABLE picture_use (
            conversation_id VARCHAR, node_id VARCHAR, position INTEGER, name VARCHAR,
            sha256 VARCHAR, missing VARCHAR, PRIMARY KEY (conversation_id, node_id, position)
        );
        CREATE TABLE image (
            sha256 VARCHAR PRIMARY KEY, extension VARCHAR NOT NULL, width INTEGER NOT NULL,
            height INTEGER NOT NULL, n_bytes BIGINT NOT NULL, simulated BOOLEAN NOT NULL
        );
        CREATE TABLE rater (
            rater_id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, role VARCHAR NOT NULL,
            kind VARCHAR NOT NULL, dataset VARCHAR NOT NULL, model VARCHAR, settings VARCHAR,
            simulated BOOLEAN NOT NULL
        );
        CREATE TABLE score (
            score_id VARCHAR PRIMARY KEY, rater_id VARCHAR NOT NULL, target VARCHAR NOT NULL,
            target_id VARCHAR NOT NULL, dimension VARCHAR NOT NULL, value INTEGER NOT NULL,
            dataset VARCHAR NOT NULL, task_key VARCHAR NOT NULL, rated_at TIMESTAMP,
            run_id VARCHAR
        );
        CREATE TABLE preference_vote (
            vote_id VARCHAR PRIMARY KEY, rater_id VARCHAR NOT NULL, level VARCHAR NOT NULL,
            mode VARCHAR NOT NULL, seed_id VARCHAR NOT NULL, a_id VARCHAR NOT NULL,
            b_id VARCHAR NOT NULL, dimension VARCHAR NOT NULL, choice VARCHAR NOT NULL,
            dataset VARCHAR NOT NULL, task_key VARCHAR NOT NULL, shown_first VARCHAR,
            rated_at TIMESTAMP, run_id VARCHAR
        );
        CREATE TABLE feedback (
            feedback_id VARCHAR PRIMARY KEY, rater_id VARCHAR NOT NULL,
            target VARCHAR NOT NULL, target_id VARCHAR NOT NULL, kind VARCHAR NOT NULL,
            dimension VARCHAR, text VARCHAR NOT NULL, dataset VARCHAR NOT NULL,
            task_key VARCHAR NOT NULL, rated_at TIMESTAMP, run_id VARCHAR
        );
        CREATE TABLE verdict (
            verdict_id VARCHAR PRIMARY KEY, judge_id VARCHAR NOT NULL, task VARCHAR NOT NULL,
            level VARCHAR NOT NULL, a_id VARCHAR NOT NULL, b_id VARCHAR,
            dimension VARCHAR NOT NULL, "order" VARCHAR NOT NULL, sample INTEGER NOT NULL,
            state VARCHAR NOT NULL, value INTEGER, choice VARCHAR, text VARCHAR,
            request_key VARCHAR NOT NULL, notes VARCHAR[] NOT NULL, run_id VARCHAR,
            simulated BOOLEAN NOT NULL
        );
        CREATE TABLE request (
            request_key VARCHAR PRIMARY KEY, kind VARCHAR NOT NULL, server VARCHAR NOT NULL,
            model VARCHAR NOT NULL, path VARCHAR NOT NULL, body JSON NOT NULL,
            prompt_hash VARCHAR NOT NULL, sample INTEGER NOT NULL, state VARCHAR NOT NULL,
            text VARCHAR NOT NULL, data JSON, image_sha256 VARCHAR, error VARCHAR NOT NULL,
            http_status INTEGER, url VARCHAR NOT NULL, reply_model VARCHAR NOT NULL,
            attempts INTEGER NOT NULL, latency_ms DOUBLE NOT NULL, tokens_in INTEGER,
            tokens_out INTEGER, simulated BOOLEAN NOT NULL, finished_at TIMESTAMP,
            run_id VARCHAR
        );
        CREATE TABLE run (
            run_id VARCHAR PRIMARY KEY, command VARCHAR NOT NULL, config JSON NOT NULL,
            seed BIGINT, version VARCHAR NOT NULL, host VARCHAR NOT NULL,
            "user" VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP,
            outcome VARCHAR
        );
        """
    )


def m002_generation(db: Connection) -> None:
    """What became of answers and seed questions, and where rebuilt conversations come from."""
    db.execute(
        """
        CREATE TABLE tool_use (
            tool_use_id VARCHAR PRIMARY KEY, node_id VARCHAR NOT NULL, position INTEGER,
            tool VARCHAR NOT NULL, ask VARCHAR NOT NULL, source_sha256 VARCHAR,
            reason VARCHAR NOT NULL, request_key VARCHAR, state VARCHAR NOT NULL,
            image_sha256 VARCHAR, run_id VARCHAR, simulated BOOLEAN NOT NULL
        );
        ALTER TABLE node ADD COLUMN notes VARCHAR[];
        CREATE TABLE node_mark (
            node_id VARCHAR PRIMARY KEY, mark VARCHAR NOT NULL, reason VARCHAR NOT NULL,
            rank INTEGER NOT NULL, score DOUBLE, run_id VARCHAR
        );
        CREATE TABLE seed_growth (
            seed_id VARCHAR PRIMARY KEY, state VARCHAR NOT NULL, n_instances INTEGER NOT NULL,
            min_instances INTEGER NOT NULL, reason VARCHAR NOT NULL, lineage VARCHAR NOT NULL,
            run_id VARCHAR
        );
        CREATE TABLE conversation_origin (
            conversation_id VARCHAR, node_id VARCHAR, turn INTEGER NOT NULL,
            origin_id VARCHAR NOT NULL, run_id VARCHAR, PRIMARY KEY (conversation_id, node_id)
        );
        ALTER TABLE seed ADD COLUMN original_text VARCHAR;
        CREATE TABLE seed_drop (
            seed_drop_id VARCHAR PRIMARY KEY, seed_id VARCHAR NOT NULL,
            dataset VARCHAR NOT NULL, source_id VARCHAR NOT NULL, filter VARCHAR NOT NULL,
            kind VARCHAR NOT NULL, reason VARCHAR NOT NULL, figures JSON NOT NULL,
            run_id VARCHAR
        );
        """
    )


def m003_annotation_tasks(db: Connection) -> None:
    """What was given out to people."""
    db.execute(
        """
        CREATE TABLE annotation_task (
            annotation_task_id VARCHAR PRIMARY KEY, level VARCHAR NOT NULL,
            seed_id VARCHAR NOT NULL, a_id VARCHAR NOT NULL, b_id VARCHAR NOT NULL,
            shown_first VARCHAR NOT NULL, gold JSON NOT NULL, dataset VARCHAR NOT NULL,
            run_id VARCHAR, simulated BOOLEAN NOT NULL
        );
        """
    )


def m004_annotations(db: Connection) -> None:
    """Pieces of work of people."""
    db.execute(
        """
        CREATE TABLE annotation (
            annotation_id VARCHAR PRIMARY KEY, rater_id VARCHAR NOT NULL, level VARCHAR NOT NULL,
            seed_id VARCHAR NOT NULL, a_id VARCHAR NOT NULL, b_id VARCHAR,
            dataset VARCHAR NOT NULL, task_key VARCHAR NOT NULL, shown_first VARCHAR,
            rated_at TIMESTAMP, seconds DOUBLE, run_id VARCHAR
        );
        """
    )


def m005_estimates(db: Connection) -> None:
    """Verdicts that are real numbers, where descriptions come from, and who sat on a jury."""
    db.execute(
        """
        ALTER TABLE verdict ADD COLUMN estimate DOUBLE;
        ALTER TABLE verdict ADD COLUMN second_key VARCHAR;
        ALTER TABLE verdict ADD COLUMN members VARCHAR[];
        """
    )


def m006_no_indexes(db: Connection) -> None:
    """The tables without primary keys; `inserting.insert` sees to it that a key is there once."""
    keyed = db.execute(
        "SELECT table_name FROM duckdb_constraints() WHERE database_name = current_database()"
        " AND constraint_type = 'PRIMARY KEY' AND table_name <> 'migration' ORDER BY table_name"
    ).fetchall()
    for (table,) in keyed:
        columns = db.execute(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns()"
            " WHERE database_name = current_database() AND table_name = ? ORDER BY column_index",
            [table],
        ).fetchall()
        listed = ", ".join(
            f'"{name}" {kind}{"" if nullable else " NOT NULL"}' for name, kind, nullable in columns
        )
        db.execute(
            f"""
            CREATE TABLE new_{table} ({listed});
            INSERT INTO new_{table} SELECT * FROM {table};
            DROP TABLE {table};
            ALTER TABLE new_{table} RENAME TO {table};
            """
        )


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    m001_records,
    m002_generation,
    m003_annotation_tasks,
    m004_annotations,
    m005_estimates,
    m006_no_indexes,
)

NEWEST = MIGRATIONS[-1].__name__
_FOR_WRITERS = {m006_no_indexes.__name__}


def applied(db: Connection) -> list[str]:
    """The names of the migrations a database has had, in order."""
    known = db.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'migration'"
    ).fetchone()
    if not known or not known[0]:
        return []
    rows = db.execute("SELECT name FROM migration ORDER BY name").fetchall()
    return [row[0] for row in rows]


def is_current(db: Connection) -> bool:
    """Whether a database has every migration this version knows.

    Raises:
        StoreIOError: It has one that this version does not know.
    """
    names = {m.__name__ for m in MIGRATIONS}
    had = applied(db)
    if unknown := [name for name in had if name not in names]:
        raise StoreIOError(
            f"the store was written by a newer intermt (it has {unknown[-1]})",
            todo="upgrade intermt on this machine",
        )
    return len(had) == len(MIGRATIONS)


def is_readable(db: Connection) -> bool:
    """Whether a database that may be old has all that readers need."""
    return {m.__name__ for m in MIGRATIONS} - _FOR_WRITERS <= set(applied(db))


def migrate(db: Connection) -> None:
    """Bring a database up to date, each migration in a transaction of its own.

    Raises:
        StoreIOError: The database was written by a newer version.
    """
    if is_current(db):
        return
    db.execute(
        "CREATE TABLE IF NOT EXISTS migration (name VARCHAR PRIMARY KEY, applied_at TIMESTAMP)"
    )
    had = set(applied(db))
    for migration in MIGRATIONS:
        if migration.__name__ in had:
            continue
        db.execute("BEGIN")
        migration(db)
        now = datetime.now(UTC).replace(tzinfo=None)
        db.execute("INSERT INTO migration VALUES (?, ?)", [migration.__name__, now])
        db.execute("COMMIT")
