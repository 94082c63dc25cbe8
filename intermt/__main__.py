"""`python -m intermt` is the `intermt` command."""

from intermt.cli.main import run

run()
