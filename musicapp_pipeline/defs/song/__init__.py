"""The song: decoded once; its samples are time zero and length for every stage."""
