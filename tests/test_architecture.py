"""The rules of the tree: layers, sizes, and nothing of any one machine in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES = 400
PLACES_OF_ONE_MACHINE = re.compile(
    r"/root/|/home/\w|/Users/\w|/opt/\w|/work/\w|file:///\w|"
    r"files\.pythonhosted|pypi\.org/simple|index-url|--find-links"
)
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".sql", ".lock", ".json", ".csv", ".ini", ".mako"}


def tree(*suffixes: str) -> list[Path]:
    """The files of the project: what git knows, or would if it were added."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    files = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in files if path.suffix in (suffixes or TEXT) and path.is_file()]


def test_rooms_import_only_rooms_below_them() -> None:
    checker = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run(
        [checker, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_commands_are_listed_without_loading_what_they_need() -> None:
    heavy = {"alembic", "duckdb", "matplotlib", "numpy", "pyarrow", "pydantic", "sklearn"}
    heavy |= {"sqlalchemy", "sqlglot"}
    look = "import sys, revops.interfaces.cli.app; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    loaded = set(said.stdout.split())
    assert "revops.interfaces.cli.predict" in loaded
    assert loaded & heavy == set()


def test_no_file_is_too_long_to_read() -> None:
    source = [path for path in tree(".py") if "src" in path.parts]
    lengths = {path: len(path.read_text().splitlines()) for path in source}
    assert {str(path): n for path, n in lengths.items() if n > MOST_LINES} == {}


def test_half_the_files_are_short() -> None:
    lengths = sorted(
        len(path.read_text().splitlines()) for path in tree(".py") if "src" in path.parts
    )
    assert lengths[len(lengths) // 2] <= 150  # the median
    assert lengths[len(lengths) * 9 // 10] <= 350


def test_nothing_in_the_tree_belongs_to_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tree()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if PLACES_OF_ONE_MACHINE.search(line)
    ]
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in tree(".py")
        if "src" in path.parts and not path.read_text().lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "manager", "misc"])
def test_no_room_is_a_lumber_room(word: str) -> None:
    assert [path for path in tree(".py") if word in path.stem.split("_")] == []


def test_dependencies_are_all_explained() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["spark"],
        *project["dependency-groups"]["dev"],
    ]
    explained = (ROOT / "docs/dependencies.md").read_text()
    names = [re.split(r"[\[<>=]", requirement)[0] for requirement in named]
    assert [name for name in names if f"`{name}`" not in explained] == []


def test_the_locks_are_hashed_and_hold_the_dependencies() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name, requirements in {
        "runtime": project["project"]["dependencies"],
        "dev": project["dependency-groups"]["dev"],
        "spark": project["project"]["optional-dependencies"]["spark"],
    }.items():
        lock = (ROOT / f"requirements/{name}.lock").read_text()
        pinned = re.findall(r"^([a-z0-9.-]+)(?:\[\w+\])?==\S+ \\\n +--hash=", lock, re.MULTILINE)
        assert len(pinned) == lock.count("=="), name
        wanted = {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}
        assert {each.lower().replace(".", "-") for each in wanted} <= set(pinned), name
