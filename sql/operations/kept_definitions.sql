-- The functions, procedures and views of a kept state.
-- Grain: one row per object, by name.
-- Parameters:
--   point_id (STRING): Kept state.
SELECT k.object_name, k.kind, k.definition, k.fingerprint
FROM `${dataset}.deployment_definitions` AS k
WHERE k.point_id = @point_id
ORDER BY k.object_name;
