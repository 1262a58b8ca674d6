"""How EROS is doing: figures from the job log, scores from figures, a decision from both; pure."""
