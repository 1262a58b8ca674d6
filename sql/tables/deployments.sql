-- What was deployed, backed up and rolled back. No rollback touches it.
-- Grain: one row per deployment, backup or rollback.
CREATE TABLE IF NOT EXISTS `${dataset}.deployments` (
  deployment_id STRING OPTIONS (description = "d, b or r, the number, and of a deployment 8 hex digits of its code's fingerprint."),
  number INT64 OPTIONS (description = "Place in the history, 1 the first."),
  kind STRING OPTIONS (description = "deploy, backup or rollback."),
  state STRING OPTIONS (description = "started, backed_up, deployed, paused, tables_restored, routines_restored, released, reported; in the end succeeded, failed, gate_failed, undone or rolled_back."),
  code_fingerprint STRING OPTIONS (description = "SHA-256 in hex of the manifest: every SQL file and Python module."),
  previous_id STRING OPTIONS (description = "Deployment that was in force when it began; NULL: none."),
  in_force_id STRING OPTIONS (description = "Deployment that is in force once it has succeeded."),
  point_id STRING OPTIONS (description = "Of a rollback: the kept state that it goes back to."),
  tables ARRAY<STRING> OPTIONS (description = "Tables in the backup of what it found."),
  passed_tables ARRAY<STRING> OPTIONS (description = "Tables in the backup of what it left when its gate had passed."),
  schedules ARRAY<STRING> OPTIONS (description = "Of a rollback: schedules that were active when it began."),
  kept_until TIMESTAMP OPTIONS (description = "When its backups expire."),
  detail STRING OPTIONS (description = "Which check failed, what went wrong, what was taken back."),
  started_at TIMESTAMP OPTIONS (description = "When it began."),
  finished_at TIMESTAMP OPTIONS (description = "When it ended; NULL: it is under way, or was killed."),
  run_id STRING OPTIONS (description = "Dagster run that wrote the row last.")
)
CLUSTER BY deployment_id;
