"""The sources that the rules are held against."""

from collections.abc import Callable, Iterable

from tests.house.modules import Module, modules

SETTINGS = "eros_assets/settings.py"
EROS = modules("eros_assets")
OUTSIDE = [module for module in EROS if not module.path.startswith("eros_assets/warehouse/")]
"""All but the warehouse."""


def sample(text: str, path: str = "eros_assets/planning/sample.py") -> Module:
    """A file that isn't there."""
    return Module(path, text)


def found_in(sources: Iterable[Module], rule: Callable[[Module], list[str]]) -> list[str]:
    """All that breaks a rule."""
    return [finding for module in sources for finding in rule(module)]
