"""What the documentation shows is run; what is generated is current; what is linked is there."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_COMMANDS = [page for page in PAGES if "```console" in page.read_text()]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands(page: Path) -> list[tuple[str, list[str]]]:
    """Each command of the page's console blocks, with the output that the page shows."""
    found: list[tuple[str, list[str]]] = []
    for block in BLOCK.findall(page.read_text()):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line.strip():
                found[-1][1].append(line)
    return found


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=named)
def test_what_a_page_shows_happens(page: Path, tmp_path: Path) -> None:
    """In order, in one folder; shown lines are contained in the output, `...` stands for any."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "120", "NO_COLOR": "1"}
    folder = tmp_path
    for command, shown in commands(page):
        if command.startswith("cd "):
            folder = (folder / command[3:]).resolve(strict=True)
            continue
        done = subprocess.run(
            shlex.split(command),
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"$ {command}\n{said}"
        at = 0
        for line in shown:
            pattern = re.escape(line.strip()).replace(r"\.\.\.", ".*")
            match = re.compile(pattern).search(said, at)
            assert match, f"$ {command}\nshows no line '{line}' after what came before:\n{said}"
            at = match.end()


def test_there_is_a_quickstart() -> None:
    assert ROOT / "README.md" in WITH_COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


def test_every_page_is_found_from_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text()
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/reference").glob("*.md")]
    names = {page.relative_to(ROOT / "docs").as_posix() for page in pages} - {"index.md"}
    assert names - set(LINK.findall(index)) == set()


def test_the_reference_is_current() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec
    assert spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    folder = ROOT / "docs/reference"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    pages = generate.pages()
    stale = [name for name in {*pages, *written} if pages.get(name) != written.get(name)]
    assert stale == [], "run `make docs`"


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs/decisions"
    listed = (folder / "README.md").read_text()
    pages = [path.name for path in folder.glob("0*.md")]
    assert pages
    assert [name for name in pages if name not in listed] == []
