"""Is it alive, is it ready, and what can it do."""
