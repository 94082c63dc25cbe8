"""Documents of `stats` as figures for papers: PNG and SVG by matplotlib, which is optional."""
