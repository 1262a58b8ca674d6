"""The health of EROS: figures from the job log, scores from figures, a decision from both."""
