"""The plan of the house: which way imports go, that a name is defined once, where tests lie."""

import ast
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter

import pytest
from pages import modules

from helpers.base.files import PROJECT

HELPERS = PROJECT / "helpers"
ROAD = ["base", "scenes", "data", "show", "tell", "sort"]  # each may import what stands before it
BESIDE = ["look", "teach", "scale"]
MAY_SEE = {wing: {*ROAD[: i + 1]} for i, wing in enumerate(ROAD)}
MAY_SEE |= {"look": {*ROAD, "look"}, "teach": {*ROAD, *BESIDE}, "scale": {*ROAD, "scale"}, "colab": {"base"}}
DRAWN_ALIKE = {"DRAW", "BACKGROUNDS", "INK", "SKY", "SMALL", "LARGE"}  # of each file of scenes its own


def module_name(path):
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


PATHS = modules(HELPERS)
MODULES = {module_name(path): path for path in PATHS}


def imported(source: str, names=MODULES) -> set[str]:
    """The modules of the project that a file imports, be it inside a function."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are by the full path"
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside & names.keys() or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("helpers", "tools", "benchmarks", "tests")}


def wing_of(name: str) -> str:
    """`helpers.tell.decoder` -> `tell`; `tools.slides` and the like have none."""
    package, wing, *_ = *name.split("."), ""
    return wing if package == "helpers" else "outside"


def wrong_ways(wing: str, imports: set[str]) -> list[str]:
    """Those imports that a module of `wing` may not have."""
    return sorted(name for name in imports if wing_of(name) not in MAY_SEE[wing])


@pytest.mark.parametrize("name", MODULES)
def test_an_import_goes_down_or_left_on_the_road(name):
    if wing_of(name):
        assert wrong_ways(wing_of(name), imported(MODULES[name].read_text(encoding="utf-8"))) == []


def test_a_wrong_way_would_be_seen():
    up = "def late():\n    from helpers.sort import albums\n    import tools.slides\n"
    assert wrong_ways("tell", imported(up)) == ["helpers.sort.albums", "tools.slides"]
    assert wrong_ways("look", imported("from helpers.teach.exercises import check")) != []
    assert wrong_ways("sort", imported("from helpers.tell.decoder import Decoder")) == []


def test_no_circle():
    graph = {name: imported(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
    tuple(TopologicalSorter(graph).static_order())
    with pytest.raises(CycleError):
        tuple(TopologicalSorter(graph | {"helpers.base.errors": {"helpers.tell.decoder"}}).static_order())


@pytest.mark.parametrize("path", sorted(HELPERS.rglob("__init__.py")), ids=module_name)
def test_an_init_is_one_docstring(path):
    (only,) = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(only, ast.Expr) and isinstance(only.value.value, str)


def public_names(source: str) -> set[str]:
    """Functions, classes and constants that a module defines for others."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {part.id for t in targets for part in ast.walk(t) if isinstance(part, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def test_a_public_name_is_defined_once():
    where = defaultdict(list)
    for name, path in MODULES.items():
        for defined in public_names(path.read_text(encoding="utf-8")) - DRAWN_ALIKE:
            where[defined].append(name)
    assert len(where) > 300
    assert {name: modules for name, modules in where.items() if len(modules) > 1} == {}


def test_tests_lie_where_helpers_do():
    for path in (PROJECT / "tests").glob("*/test_*.py"):
        if path.parent.name == "gpu":  # there a test follows a way through many modules
            continue
        folder = "" if path.parent.name in ("tools", "benchmarks") else "helpers"
        module = PROJECT / folder / path.parent.name / f"{path.stem.removeprefix('test_')}.py"
        assert module.exists(), f"{path.relative_to(PROJECT)} tests no module of that name"
