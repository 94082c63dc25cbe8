"""Files for other tools out."""
