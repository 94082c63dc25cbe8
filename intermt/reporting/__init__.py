"""Figures for papers: PNG and SVG by matplotlib, which is optional and known only here."""
