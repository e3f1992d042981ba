"""Projects: one song and its video."""
