"""Calls to GPU servers over HTTP."""
