"""Imports follow the arrows of docs: sweeps, orchestrator, ncvq_core; reports reads through the store's own room."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[1]
OURS = {"ncvq_core", "orchestrator", "reports", "sweeps"}
CORE_MAY = {"torch", "numpy", "scipy", "sklearn", "ncvq_core"}
OTHERS = ["ray", "optuna", "wandb", "typer", "pandas", "pyarrow", "rich", "pydantic", "safetensors", "aeon"]
OTHERS += sorted(OURS - {"ncvq_core"})

WITHOUT = """\
import sys

class Missing:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import {module}
"""


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield each imported top-level package and whether it is imported inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
        else:
            continue
        for name in names:
            yield name.partition(".")[0], id(node) in inside


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, package
    return found


def offenders(package: str, allowed: set[str]) -> list[str]:
    """Imports of our own packages that are not allowed."""
    return [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(package)
        for name, _ in imports(path)
        if name in OURS - allowed
    ]


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("ncvq_core", {"ncvq_core"}),
        ("orchestrator", {"orchestrator", "ncvq_core", "reports", "sweeps"}),
        ("reports", {"reports", "orchestrator", "ncvq_core"}),
        ("sweeps", {"sweeps"}),
    ],
)
def test_imports_follow_the_arrows(package: str, allowed: set[str]) -> None:
    assert offenders(package, allowed) == []


def test_the_core_needs_little() -> None:
    allowed = CORE_MAY | set(sys.stdlib_module_names)
    wrong = []
    for path in modules("ncvq_core"):
        for name, in_function in imports(path):
            if name not in allowed and not (name == "aeon" and in_function):
                wrong.append(f"{path.relative_to(ROOT)}: {name}")
    assert wrong == []


def test_reports_need_neither_torch_nor_ray() -> None:
    wrong = [path.name for path in modules("reports") for name, _ in imports(path) if name in ("torch", "ray", "aeon")]
    assert wrong == []


PLUGINS = {("ncvq_core", "plugins"), ("ncvq_core", "errors")}
"""What registers a figure of the user's."""


def test_reports_know_the_store_and_the_table_of_metrics_alone() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in modules("reports"))
    found = set(re.findall(r"(?:from|import) (orchestrator|ncvq_core)\.(\w+)", text))
    assert found == {("orchestrator", "store"), ("ncvq_core", "metrics"), ("ncvq_core", "packages"), *PLUGINS}


def test_the_store_imports_nothing_else_of_the_orchestrator() -> None:
    """Of the core: errors, and the tables of metrics and of stages, which need no torch."""
    allowed = {"ncvq_core.errors", "ncvq_core.metrics", "ncvq_core.stages.kind", "ncvq_core.stages.registry"}
    for path in modules("orchestrator/store"):
        found = re.findall(r"(?:from|import) ((?:orchestrator|ncvq_core)\.[\w.]+)", path.read_text(encoding="utf-8"))
        assert {name for name in found if not name.startswith("orchestrator.store")} <= allowed, path.name


@pytest.mark.parametrize("vendor", ["wandb", "ray"])
def test_vendors_stay_in_their_modules(vendor: str) -> None:
    users = {
        str(path.relative_to(ROOT / "orchestrator"))
        for path in modules("orchestrator")
        for name, _ in imports(path)
        if name == vendor
    }
    of_ray = {
        f"execution/ray/{name}.py" for name in ("driver", "deaths", "tuning", "watch", "worker")
    }  # none that a launch loads
    assert users == {"wandb": {"launching/tracking.py", "importing/wandb_api.py"}, "ray": of_ray}[vendor]


ROOMS = {
    "ncvq_core": (
        "packages", "errors", "plugins", "metrics", "further_metrics", "numerics", "settings", "registry", "training",
        "stft", "augmentations", "ssl", "config", "data", "tokenizer", "prior", "fcn", "evaluation", "stages",
    ),
    "orchestrator": (
        "errors", "store", "sweepfile", "search", "importing", "planning", "execution", "launching", "cli",
    ),
}  # fmt: skip
"""The rooms of each package, lowest first: a room imports those before it alone."""


@pytest.mark.parametrize("package", list(ROOMS))
def test_rooms_stand_on_each_other(package: str) -> None:
    rooms = ROOMS[package]
    for path in modules(package):
        place = path.relative_to(ROOT / package).parts
        if place[0] in ("__init__.py", "__main__.py"):
            continue
        own = place[0].removesuffix(".py")
        assert own in rooms, f"{path}: in no room"
        used = set(re.findall(rf"(?:from|import) {package}\.(\w+)", path.read_text(encoding="utf-8")))
        above = [name for name in used if rooms.index(name) > rooms.index(own)]
        assert not above, f"{path.relative_to(ROOT)} imports {above}, which stand above {own}"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("ncvq_core.stages.tokenizer.run", OTHERS),
        ("ncvq_core.stages.registry", ["torch", "numpy", "scipy", "sklearn", *OTHERS]),
        ("orchestrator.execution.ray.client", ["ray"]),
        ("reports", ["torch", "ray", "wandb", "optuna", "typer", "sklearn", "aeon"]),
        ("orchestrator.store", ["torch", "ray", "wandb", "optuna", "typer", "sklearn", "aeon", "pandas", "reports"]),
        ("orchestrator.cli.app", ["torch", "ray", "wandb", "optuna", "pandas", "sklearn", "matplotlib", "reports"]),
    ],
)
def test_what_an_import_does_without(module: str, absent: list[str]) -> None:
    """Others may load them where they are installed (scikit-learn loads pandas), so they are made to be missing."""
    code = WITHOUT.format(absent=absent, module=module)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


SLOW = ("torch", "aeon", "sklearn", "scipy.stats", "seaborn", "ray", "pandas")
"""What takes seconds to import, or half of one."""


@pytest.mark.parametrize(
    "code",
    [
        "import ncvq_core.config, ncvq_core.metrics, ncvq_core.registry, ncvq_core.settings",
        "import orchestrator.store.check, orchestrator.store.heal, orchestrator.store.repair",
        "import orchestrator.planning.estimate, orchestrator.planning.state, orchestrator.planning.summary",
        "import orchestrator.launching.launch, orchestrator.cli.launch",
        "from orchestrator.sweepfile.read import load_sweep; load_sweep('main')",
        "from ncvq_core.data import load_dataset; load_dataset('GunPoint').checksum()",
        "from ncvq_core.data.download import downloadable; assert 'Coffee' in downloadable()",
        "from orchestrator.cli.app import app; app(['sweeps'], standalone_mode=False)",
        "from orchestrator.cli.app import app; app(['plan', 'stage2-embedding', '--store', 'no such folder'"
        ", '--workers', '2', '--set', 'dataset=[GunPoint]'], standalone_mode=False)",
    ],
)
def test_what_comes_before_the_first_trial_loads_nothing_slow(code: str) -> None:
    """Installed or not, it is not loaded."""
    told = f"{code}\nimport sys\nprint('loaded:', *(name for name in {SLOW!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"


def test_the_driver_of_ray_needs_no_torch() -> None:
    code = "import orchestrator.execution.ray.driver, orchestrator.execution.ray.tuning, sys"
    code += "; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "False", done.stderr
