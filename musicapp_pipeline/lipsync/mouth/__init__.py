"""Finding a mouth in pictures and moving it."""
