"""The `simulate` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from intermt.cli.draws import seed_option
from intermt.cli.options import Context, command


@command("simulate")
def simulate(
    ctx: Context,
    *,
    port: Annotated[
        int, Option("--port", metavar="PORT", min=0, max=65535, help="Port; 0 takes a free one.")
    ] = 0,
    latency_ms: Annotated[
        float,
        Option("--latency-ms", metavar="MS", min=0, help="Mean time from a request to its reply."),
    ] = 0,
    faults: Annotated[
        str,
        Option(
            "--faults",
            metavar="SHARE|KIND=SHARE,...",
            show_default="none",
            help="How often requests go wrong: 0.1, or 500=0.05,reset=0.01.",
        ),
    ] = "",
    seed: Annotated[int, seed_option("Another number, other invented answers.")] = 0,
    replay: Annotated[
        Path | None,
        Option(
            "--replay",
            metavar="FILE",
            show_default="none",
            help="Recorded answers, given word for word where their question is asked.",
        ),
    ] = None,
) -> None:
    """Run a stand-in for GPU servers on 127.0.0.1.

    It speaks the OpenAI-compatible API (chat with pictures, schemas and tools, image
    generations and edits, embeddings, models, health) and the retrieval protocol. Its
    answers are invented, the same for the same request and seed, and marked as simulated.
    The base URL is printed on stdout once it serves, with --json as `url` of the envelope;
    Ctrl-C ends it. Fault kinds: 500, 429,
    html, json, truncated, reset, hang, refusal, empty.

    With --replay the answers of a recording are given to chats whose last message is their
    question, in place of invented ones; still, all replies are marked as simulated.

    Reads: JSON lines with question, answer and optionally next, what the user said then.

    Exits:
        65: A line of the recording cannot be used.
        66: The recording is not there.
        73: Nothing can listen on the port, as when another program does.
        77: This user may not listen on the port.

    Examples:
        # A server that fails one request in ten
        intermt simulate --port 8123 --faults 0.1
        # Answers recorded elsewhere, to try out what becomes of them
        intermt simulate --replay answers.jsonl
        # In another terminal
        intermt judge --task score --server http://127.0.0.1:8123/v1
    """
    import sys

    from intermt.commands.stopping import run_to_end
    from intermt.simulator.faults import parse_faults
    from intermt.simulator.replay import NO_REPLAY, read_replay
    from intermt.simulator.server import serve_forever
    from intermt.simulator.settings import Simulator

    def ready(base_url: str) -> None:
        ctx.out.result({"url": base_url, "simulated": True}, base_url)
        sys.stdout.flush()

    simulator = Simulator(
        seed=seed,
        latency_ms=latency_ms,
        faults=parse_faults(faults),
        replay=read_replay(replay) if replay is not None else NO_REPLAY,
    )
    ctx.out.if_interrupted("nothing: the stand-in keeps nothing")
    run_to_end(serve_forever(simulator, ready, port=port))
