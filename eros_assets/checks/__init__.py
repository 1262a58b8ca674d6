"""Asset checks: one idea each, with the observed value, the threshold and a sample of offenders."""

import warnings

# Partitions of checks are a preview in this version of Dagster, which is pinned.
warnings.filterwarnings("ignore", "Specifying a partitions_def on an AssetCheckSpec", Warning)
