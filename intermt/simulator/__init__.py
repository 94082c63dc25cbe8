"""A stand-in for GPU servers: real HTTP, invented answers."""
