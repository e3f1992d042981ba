"""Takes: generating, remixing, choosing and rating them."""
