from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import revops.services.init
from revops import __version__
from revops.interfaces.cli import main
from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level

REVOPS = Path(sys.executable).with_name("revops")


def run(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return left.value.code


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"revops {__version__}\n"


@pytest.mark.parametrize("arguments", [["frobnicate"], ["init"], ["init", "x", "--nonsense"]])
def test_wrong_use_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err


def test_all_issues_are_told_with_place_and_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    issues = [
        Issue("scoring.yaml", line, "models[0]", "unknown-key", level, "unknown key '[x]'", "no")
        for line, level in ((3, Level.ERROR), (9, Level.WARNING))
    ]

    def refuse(*_arguments: object) -> None:
        raise RevopsError.of(issues)

    monkeypatch.setattr(revops.services.init, "init_workspace", refuse)
    assert run("init", "x") == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: scoring.yaml:3: models[0]: unknown key '[x]'",
        "  no",
        "warning: scoring.yaml:9: models[0]: unknown key '[x]'",
        "  no",
    ]


def test_a_bug_is_a_line_and_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(*_arguments: object) -> None:
        raise ZeroDivisionError("[red]never\nmind")

    monkeypatch.delenv("REVOPS_DEBUG", raising=False)
    monkeypatch.setattr(revops.services.init, "init_workspace", stumble)
    assert run("init", "x") == 70
    said = capsys.readouterr().err
    assert said.startswith("revops has a bug: ZeroDivisionError: [red]never mind\n")
    assert "REVOPS_DEBUG=1" in said
    monkeypatch.setenv("REVOPS_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["init", "x"])


def test_a_file_that_cannot_be_used_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "scores.csv")

    monkeypatch.setattr(revops.services.init, "init_workspace", refuse)
    assert run("init", "x") == 2
    assert capsys.readouterr().err == "error: scores.csv: Permission denied\n"


def test_an_interruption_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(revops.services.init, "init_workspace", interrupt)
    assert run("init", "x") == 130


def test_a_reader_that_leaves_is_no_error() -> None:
    piped = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {REVOPS} --help | true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert piped.stderr == ""


def test_a_terminal_gets_colour_and_a_pipe_does_not(tmp_path: Path) -> None:
    piped = subprocess.run(
        [REVOPS, "init", "a", "--motion", "nowhere"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert piped.returncode == 2
    assert "\x1b" not in piped.stderr
