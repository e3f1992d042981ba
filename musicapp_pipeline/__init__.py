"""From a song to a music video."""
