"""The sample agency, and the hidden truth that determines its audiences' answers."""

from eros_assets.demo.agency import Agency, agency_of_shape, sample_agency
from eros_assets.demo.population import Mood
from eros_assets.demo.roster import SampleSize, scaled_size
from eros_assets.demo.truth import Response, Truth, UnknownToTheTruthError

__all__ = [
    "Agency",
    "Mood",
    "Response",
    "SampleSize",
    "Truth",
    "UnknownToTheTruthError",
    "agency_of_shape",
    "sample_agency",
    "scaled_size",
]
