"""Who may import what, and who may know where EROS runs."""

import ast

from tests.house.modules import Module, lies_in

ENVIRONMENTS = ("local", "production")
ENVIRONMENT_VARIABLE = "EROS_" + "ENV"


def imports_from(module: Module, packages: tuple[str, ...]) -> list[str]:
    """Imports of these packages."""
    return [
        f"{module.path}:{line}: imports {name}"
        for line, name in module.imports()
        if lies_in(name, packages)
    ]


def imports_beyond(module: Module, package: str, open_to_all: tuple[str, ...]) -> list[str]:
    """Imports from inside a package, but for the modules and names of it that are open to all."""
    return [
        f"{module.path}:{line}: imports {name}"
        for line, name in module.imports()
        if lies_in(name, (package,)) and name != package and not lies_in(name, open_to_all)
    ]


def questions_about_environment(module: Module) -> list[str]:
    """Places that ask which environment EROS runs in."""
    found: list[str] = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr == "env":
            found.append(module.at(node, "asks for the environment's name"))
        elif isinstance(node, ast.Constant) and _asks(module, node):
            found.append(module.at(node, f"mentions {node.value!r}"))
    return found


def _asks(module: Module, node: ast.Constant) -> bool:
    if not isinstance(node.value, str) or node in module.docstrings:
        return False
    if node.value.startswith(ENVIRONMENT_VARIABLE):
        return True
    whole = node
    while isinstance(whole.parent, ast.Tuple | ast.List | ast.Set):
        whole = whole.parent
    parent = whole.parent
    compared = isinstance(parent, ast.Compare | ast.MatchValue) or (
        isinstance(parent, ast.Dict) and whole in parent.keys
    )
    if node.value in ENVIRONMENTS and compared:
        return True
    read = isinstance(parent, ast.Subscript) and whole is parent.slice
    asked = isinstance(parent, ast.Call) and module.meaning(parent.func) == "getattr"
    return node.value == "env" and (read or asked)
