"""The stubs say what the extension has, no more and no less; every class is frozen and documented."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import bayou
from bayou import _bayou

STUB = ast.parse(Path(inspect.getfile(bayou)).with_name("_bayou.pyi").read_text(encoding="utf-8"))
ROOT = Path(__file__).parent.parent
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
MINIMUM_CLASSES = 5


def members(node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    """The methods and properties of a class; a property's setter belongs to the property, which has the docstring."""
    functions = (item for item in node.body if isinstance(item, ast.FunctionDef))
    return {item.name: item for item in functions if not any(map(is_setter, item.decorator_list))}


def is_setter(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Attribute) and decorator.attr == "setter"


def own_names(cls: type) -> set[str]:
    # `copyreg` leaves `__slotnames__` behind in a class when an object of it is pickled.
    inherited = {"__doc__", "__module__", "__new__", "__repr__", "__slotnames__"}
    return {name for name in vars(cls) if name not in inherited}


def test_stub_and_module_name_the_same_classes() -> None:
    real = {name for name, value in vars(_bayou).items() if inspect.isclass(value)}
    assert len(real) >= MINIMUM_CLASSES
    assert real == set(CLASSES)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_stub_and_class_have_the_same_members(name: str) -> None:
    stub = set(members(CLASSES[name])) - {"__init__"}
    assert stub == own_names(getattr(_bayou, name))


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_stub_and_class_have_the_same_parameters(name: str) -> None:
    looked = 0
    for member, node in members(CLASSES[name]).items():
        real = inspect.getattr_static(getattr(_bayou, name), member, None)
        text = getattr(real, "__text_signature__", None)
        if text is None or (member.startswith("__") and member.endswith("__")):
            continue
        expected = [argument.arg for argument in node.args.args + node.args.kwonlyargs]
        expected = [argument for argument in expected if argument not in ("self", "cls")]
        signature = inspect.signature(getattr(getattr(_bayou, name), member))
        found = [parameter for parameter in signature.parameters if parameter not in ("self", "cls", "$self")]
        assert found == expected, member
        keyword_only = {argument.arg for argument in node.args.kwonlyargs}
        assert keyword_only == {
            parameter.name for parameter in signature.parameters.values() if parameter.kind is parameter.KEYWORD_ONLY
        }, member
        looked += 1
    assert looked or not any(
        not member.startswith("__") and not node.decorator_list for member, node in members(CLASSES[name]).items()
    )


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_public_member_is_documented(name: str) -> None:
    assert ast.get_docstring(CLASSES[name])
    for member, node in members(CLASSES[name]).items():
        if not member.startswith("_"):
            assert ast.get_docstring(node), f"{name}.{member}"


def test_every_extension_class_is_frozen() -> None:
    declared = 0
    for path in sorted((ROOT / "src" / "python").rglob("*.rs")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("#[pyclass"):
                declared += 1
                assert "frozen" in line, f"{path.name}: {line}"
    assert declared >= MINIMUM_CLASSES
    assert declared == len(CLASSES)


def test_public_names_resolve() -> None:
    assert len(bayou.__all__) > 10
    for name in bayou.__all__:
        assert getattr(bayou, name) is not None, name


def test_version_comes_from_the_crate() -> None:
    cargo = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    assert f'version = "{bayou.__version__}"' in cargo
