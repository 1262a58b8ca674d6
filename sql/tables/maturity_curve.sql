-- Configuration: how counts ripen, from maturity_curve.csv; between its ages the share grows evenly.
-- Grain: one row per age.
CREATE TABLE IF NOT EXISTS `${dataset}.maturity_curve` (
  age_hours FLOAT64 OPTIONS (description = "Hours since the message was sent, 0 or more."),
  maturity FLOAT64 OPTIONS (description = "Share of its final views that it has by then, over 0 to 1.")
);
