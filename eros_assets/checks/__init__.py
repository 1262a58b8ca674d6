"""Asset checks: one idea each, with the observed value, the threshold and a sample of offenders."""
