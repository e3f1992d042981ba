"""The chosen takes, the final cut and its renditions."""
