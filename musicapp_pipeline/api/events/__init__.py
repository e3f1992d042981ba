"""Live changes of a project."""
