-- Functions, table functions, procedures and views as they were in force, to go back to.
-- Grain: one row per kept state and object.
CREATE TABLE IF NOT EXISTS `${dataset}.deployment_definitions` (
  point_id STRING OPTIONS (description = "Kept state: a deployment's id and _before or _passed."),
  object_name STRING OPTIONS (description = "Function, table function, procedure or view."),
  kind STRING OPTIONS (description = "function, table_function, procedure or view."),
  definition STRING OPTIONS (description = "Statement that makes it."),
  fingerprint STRING OPTIONS (description = "SHA-256 of its SQL; empty when EROS did not deploy it.")
)
CLUSTER BY point_id;
