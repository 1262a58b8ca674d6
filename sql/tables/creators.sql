-- The creators that the agency manages. Input: EROS never changes it.
-- Grain: one row per page.
-- Key: page_name.
CREATE TABLE IF NOT EXISTS `${dataset}.creators` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  display_name STRING OPTIONS (description = "Name for people."),
  is_active BOOL OPTIONS (description = "Whether weeks are planned for the page.")
);
