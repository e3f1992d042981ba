"""Classes that ``dagster.yaml`` names, and opening the instance from this process."""
