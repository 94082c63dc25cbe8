"""What can be set about the stand-in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from intermt.errors import UsageError
from intermt.simulator.faults import NO_FAULTS, Faults, parse_faults
from intermt.simulator.replay import NO_REPLAY, Replay, read_replay


@dataclass(frozen=True, slots=True)
class Simulator:
    """How a stand-in server behaves; equal settings give equal replies.

    Attributes:
        seed: Another seed gives other replies and other faults.
        latency_ms: Mean time before a reply; single ones differ by up to a fifth.
        faults: How often requests go wrong.
        judge_noise: Standard deviation of what a simulated judge adds to the latent
            quality (0 to 1) of what it judges; 0 for a judge that sees it exactly.
        position_bias: How much better the candidate shown first looks to it.
        replay: Recorded answers that it gives where they fit.
    """

    seed: int = 0
    latency_ms: float = 0.0
    faults: Faults = NO_FAULTS
    judge_noise: float = 0.25
    position_bias: float = 0.08
    replay: Replay = NO_REPLAY


def from_environment(environ: Mapping[str, str]) -> Simulator:
    """The stand-in that the variables of the `simulate` command describe.

    INTERMT_SIMULATE_SEED, INTERMT_SIMULATE_LATENCY_MS, INTERMT_SIMULATE_FAULTS and
    INTERMT_SIMULATE_REPLAY; what is not set or empty keeps its default.

    Raises:
        UsageError: A variable cannot be read; the message names it.
        IntermtError: The recording cannot be used; see `read_replay`.
    """
    seed = environ.get("INTERMT_SIMULATE_SEED") or "0"
    latency_ms = environ.get("INTERMT_SIMULATE_LATENCY_MS") or "0"
    recorded = environ.get("INTERMT_SIMULATE_REPLAY")
    try:
        simulator = Simulator(
            seed=int(seed),
            latency_ms=float(latency_ms),
            faults=parse_faults(environ.get("INTERMT_SIMULATE_FAULTS", "")),
            replay=read_replay(Path(recorded)) if recorded else NO_REPLAY,
        )
    except ValueError:
        simulator = None
    if simulator is None or not 0 <= simulator.latency_ms < math.inf:
        raise UsageError(
            f"the stand-in cannot have seed {seed!r} and latency {latency_ms!r} ms",
            where="INTERMT_SIMULATE_SEED, INTERMT_SIMULATE_LATENCY_MS",
            todo="give a whole number and a number from 0",
        )
    return simulator
