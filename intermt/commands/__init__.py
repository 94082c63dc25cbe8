"""One use case a file: `run(...)` gives a frozen result and prints nothing."""
