"""Builder of the demo's default singer: a portrait of nobody, painted by code."""
