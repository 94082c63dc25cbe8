"""intermt: multi-turn interleaved preference data, from seed question to measured judge."""

__version__ = "0.1.0"
