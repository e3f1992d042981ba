"""Characters that persist from scene to scene."""
