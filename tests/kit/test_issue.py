from __future__ import annotations

from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level, did_you_mean, errors, nearest


def issue(level: Level = Level.ERROR, **changes: object) -> Issue:
    values = {"file": "scoring.yaml", "line": 3, "path": "models[0]", "code": "unknown-key"}
    return Issue(level=level, message="unknown key 'nme'", **(values | changes))  # type: ignore[arg-type]


def test_it_says_where_what_and_how_to_mend() -> None:
    told = str(issue(mend="did you mean 'name'?"))
    assert told == "scoring.yaml:3: models[0]: unknown key 'nme' (did you mean 'name'?)"


def test_what_is_not_known_is_not_said() -> None:
    assert str(issue(file="", line=0, path="")) == "unknown key 'nme'"
    assert str(issue(line=0)) == "scoring.yaml: models[0]: unknown key 'nme'"


def test_only_errors_stop() -> None:
    grave, mild = issue(), issue(Level.WARNING)
    assert errors([mild, grave, mild]) == [grave]


def test_issues_sort_by_place() -> None:
    assert min(issue(line=9), issue(line=2)).line == 2


def test_the_nearest_names_come_first() -> None:
    assert nearest("pricng_page", ["page_view", "pricing_page"]) == ["pricing_page"]
    assert nearest("zzz", ["page_view", "pricing_page"]) == []
    assert did_you_mean("pth", ["path", "source"]) == "did you mean 'path'?"
    assert did_you_mean("zzz", ["path"]) == ""


def test_an_error_tells_all_its_issues() -> None:
    issues = [issue(line=1), issue(line=2)]
    error = RevopsError.of(issues)
    assert (error.code, error.issues) == ("unknown-key", issues)
    alone = RevopsError("no-workspace", "there is no workspace", "run revops init")
    assert [str(each) for each in alone.issues] == ["there is no workspace (run revops init)"]
