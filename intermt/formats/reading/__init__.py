"""Files of other tools in."""
