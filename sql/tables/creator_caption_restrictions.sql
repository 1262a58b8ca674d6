-- What a page must not send. Input: EROS never changes it.
-- Grain: one row per page and set of restrictions; all active rows of a page hold together.
CREATE TABLE IF NOT EXISTS `${dataset}.creator_caption_restrictions` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  restricted_categories ARRAY<STRING> OPTIONS (description = "Content categories that the page does not use."),
  restricted_price_tiers ARRAY<STRING> OPTIONS (description = "Price tiers that the page does not use."),
  blocked_patterns ARRAY<STRING> OPTIONS (description = "RE2 patterns that no caption's text may contain."),
  is_active BOOL OPTIONS (description = "Whether the row is in force.")
);
