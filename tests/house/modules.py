"""Python modules as syntax trees, and what names mean in them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

LOADERS = ("importlib.import_module", "__import__")


@dataclass(frozen=True)
class Module:
    """One Python file. `path` is relative to the repository, with forward slashes."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; every node but the root knows its `parent`."""
        tree = ast.parse(self.text, self.path)
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                child.parent = node  # type: ignore[attr-defined]
        return tree

    @cached_property
    def docstrings(self) -> set[ast.AST]:
        """Constants that stand alone as a statement."""
        return {n.value for n in ast.walk(self.tree) if isinstance(n, ast.Expr)}

    @cached_property
    def aliases(self) -> dict[str, str]:
        """What each imported name stands for: `dt` for `datetime`, `ZoneInfo` for its path."""
        known: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    top = name.name.partition(".")[0]
                    known[name.asname or top] = name.name if name.asname else top
            elif isinstance(node, ast.ImportFrom):
                for name in node.names:
                    known[name.asname or name.name] = f"{node.module}.{name.name}"
        return known

    @cached_property
    def assigned(self) -> dict[str, list[ast.expr]]:
        """What each plain name is ever set to in this file, wherever it is."""
        known: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self.tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", 0)]
            value = getattr(node, "value", None)
            for target in targets:
                if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                    known.setdefault(target.id, []).append(value)
        return known

    def meaning(self, node: ast.AST) -> str:
        """The dotted name that an expression stands for, imports followed; empty if it is none."""
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and (base := self.meaning(node.value)):
            return f"{base}.{node.attr}"
        return ""

    @cached_property
    def named(self) -> list[tuple[ast.expr, str]]:
        """Every dotted name that is read, whole, with its meaning."""
        return [
            (node, meaning)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name | ast.Attribute)
            and not isinstance(node.parent, ast.Attribute)
            and (meaning := self.meaning(node))
        ]

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of everything imported, wherever in the file and however."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    yield node.lineno, name.name
            elif isinstance(node, ast.ImportFrom):
                for name in node.names:
                    yield node.lineno, f"{node.module}.{name.name}"
            elif isinstance(node, ast.Call) and self.meaning(node.func) in LOADERS:
                for name in node.args[:1]:
                    yield node.lineno, name.value if isinstance(name, ast.Constant) else "unknown"

    def function_of(self, node: ast.AST) -> str:
        """The function or class that a node stands in, dotted; `<module>` for none."""
        names: list[str] = []
        while (node := getattr(node, "parent", None)) is not None:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.append(node.name)
        return ".".join(reversed(names)) or "<module>"

    def at(self, node: ast.AST, what: str) -> str:
        """A finding: where, and what."""
        return f"{self.path}:{node.lineno}: {what}"  # type: ignore[attr-defined]


def modules(*folders: str) -> list[Module]:
    """The Python files below these folders of the repository, by path."""
    return [
        Module(path.relative_to(REPOSITORY).as_posix(), path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted((REPOSITORY / folder).rglob("*.py"))
    ]


def lies_in(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of these packages or in one."""
    return any(name == package or name.startswith(package + ".") for package in packages)
