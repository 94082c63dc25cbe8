"""A stand-in for GPU servers: real HTTP, invented answers.

`Simulator` says how it behaves, `InProcess` runs one beside the caller, `serve_forever`
runs one until cancelled. Nothing it answers is a result: all of it is marked as simulated.
"""

from intermt.simulator.application import make_app
from intermt.simulator.faults import NO_FAULTS, Faults, parse_faults
from intermt.simulator.latent import quality
from intermt.simulator.replay import Replay, read_replay
from intermt.simulator.server import InProcess, serve_forever
from intermt.simulator.settings import Simulator, from_environment

__all__ = [
    "NO_FAULTS",
    "Faults",
    "InProcess",
    "Replay",
    "Simulator",
    "from_environment",
    "make_app",
    "parse_faults",
    "quality",
    "read_replay",
    "serve_forever",
]
