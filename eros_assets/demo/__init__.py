"""The sample agency, and the hidden truth that its audiences answer by."""

from eros_assets.demo.agency import Agency, sample_agency
from eros_assets.demo.roster import SampleSize
from eros_assets.demo.truth import Response, Truth, UnknownToTheTruthError

__all__ = ["Agency", "Response", "SampleSize", "Truth", "UnknownToTheTruthError", "sample_agency"]
