-- Everything that was deployed, backed up and rolled back.
-- Grain: one row per deployment, backup or rollback, in order.
SELECT
  d.deployment_id,
  d.number,
  d.kind,
  d.state,
  d.code_fingerprint,
  d.previous_id,
  d.in_force_id,
  d.point_id,
  d.tables,
  d.passed_tables,
  d.schedules,
  d.kept_until,
  d.detail,
  d.started_at,
  d.finished_at,
  d.run_id
FROM `${dataset}.deployments` AS d
ORDER BY d.number;
