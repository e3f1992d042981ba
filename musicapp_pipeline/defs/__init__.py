"""The thin Dagster layer: one folder a stage."""
