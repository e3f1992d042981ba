"""The thin Dagster layer: one folder a stage."""

import warnings

# Dagster's version is pinned and what we use of its beta is covered by contract tests.
warnings.filterwarnings("ignore", message=r".*currently in (beta|preview).*")
