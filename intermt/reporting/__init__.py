"""Plots as files; the only place that knows matplotlib, which is an optional dependency."""
