"""From a song's analysis to planned scenes, prompts and estimates. Pure: no I/O, no network."""
