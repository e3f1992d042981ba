"""Voice, words and lips of the performance scenes."""
