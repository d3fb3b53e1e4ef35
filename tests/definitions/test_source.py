from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.definitions.source import COPIES_LIMIT, read_source
from revops.definitions.yaml_text import BYTES_LIMIT

if TYPE_CHECKING:
    from pathlib import Path

    from revops.definitions.source import Source
    from revops.kit.issue import Issue

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn")), max_size=9
)


def read(tmp_path: Path, text: str | bytes) -> tuple[Source | None, list[Issue]]:
    file = tmp_path / "a.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_source(file, "a.yaml")


def value(tmp_path: Path, text: str) -> Any:
    source, issues = read(tmp_path, text)
    assert issues == []
    assert source is not None
    return source.value


def the_issue(tmp_path: Path, text: str | bytes) -> Issue:
    _source, issues = read(tmp_path, text)
    assert len(issues) == 1
    return issues[0]


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


class TestValues:
    def test_plain_values(self, tmp_path: Path) -> None:
        text = "a: 1\nb: 1.5\nc: true\nd: ~\ne: [x, 'y z']\nf: {g: h}\ni: -2\nj: 0x1F\nk: 1e3\n"
        assert value(tmp_path, text) == {
            "a": 1, "b": 1.5, "c": True, "d": None, "e": ["x", "y z"], "f": {"g": "h"}, "i": -2,
            "j": 31, "k": 1000.0,
        }  # fmt: skip

    def test_nothing_is_taken_for_what_it_does_not_say(self, tmp_path: Path) -> None:
        text = "no: no\n2024: yes\ndate: 2026-01-02\nhours: 09:30\nstate: NO\noctal: 010\ntrue: off"
        assert value(tmp_path, text) == {
            "no": "no", "2024": "yes", "date": "2026-01-02", "hours": "09:30", "state": "NO",
            "octal": 10, "true": "off",
        }  # fmt: skip

    @pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~", "\ufeff"])
    def test_an_empty_file_is_an_empty_mapping(self, tmp_path: Path, text: str) -> None:
        assert value(tmp_path, text) == {}

    def test_an_alias_is_what_it_names(self, tmp_path: Path) -> None:
        text = "a: &x {points: 5}\nb: [*x, *x]\n"
        assert value(tmp_path, text)["b"] == [{"points": 5}, {"points": 5}]

    @given(
        st.dictionaries(
            st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
            st.recursive(
                st.none() | st.booleans() | st.integers(-(10**12), 10**12)
                | TEXTS,
                lambda inner: st.lists(inner, max_size=3)
                | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner, max_size=3),
                max_leaves=8,
            ),
            max_size=5,
        )
    )  # fmt: skip
    def test_reads_json_as_json(
        self, tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]
    ) -> None:
        file = tmp_path_factory.mktemp("source") / "a.yaml"
        file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        source, issues = read_source(file, "a.yaml")
        assert issues == []
        assert source is not None
        assert source.value == data


class TestMarks:
    def test_every_key_and_item_knows_its_line(self, tmp_path: Path) -> None:
        text = "# hello\nmodels:\n  - name: a\n    fit:\n      weight: 1\n  - name: b\n"
        source, _issues = read(tmp_path, text)
        assert source is not None
        lines = {path: mark.line for path, mark in source.marks.items()}
        assert lines == {
            "models": 2, "models[0]": 3, "models[0].name": 3, "models[0].fit": 4,
            "models[0].fit.weight": 5, "models[1]": 6, "models[1].name": 6,
        }  # fmt: skip

    def test_the_text_of_a_block_begins_below(self, tmp_path: Path) -> None:
        source, _issues = read(tmp_path, "when: |\n  a\n  b\nwhere: c\n")
        assert source is not None
        assert (source.marks["when"].line, source.marks["when"].text_line) == (1, 2)
        assert (source.marks["where"].line, source.marks["where"].text_line) == (4, 4)


@given(
    st.binary(max_size=60) | st.text(st.sampled_from("ab:-?[]{},&*!|>'\"%@#\n \t~<"), max_size=40)
)
@settings(deadline=None)
def test_nothing_that_is_written_raises(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    source, issues = read(tmp_path_factory.mktemp("any"), text)
    assert source is not None or issues


class TestRefused:
    def test_a_bomb_is_refused_at_once(self, tmp_path: Path) -> None:
        started = time.perf_counter()
        issue = the_issue(tmp_path, bomb(12))
        assert issue.code == "yaml-bomb"
        assert f"{COPIES_LIMIT:,}" in issue.message
        assert time.perf_counter() - started < 2

    def test_a_few_aliases_are_no_bomb(self, tmp_path: Path) -> None:
        assert len(value(tmp_path, bomb(3))["a2"]) == 9

    @pytest.mark.parametrize("text", ["a: &x [1, *x]", "a: &x {b: {c: *x}}", "a: &x\n  - - *x\n"])
    def test_an_alias_inside_what_it_names(self, tmp_path: Path, text: str) -> None:
        assert the_issue(tmp_path, text).code == "circular-reference"

    def test_depth_by_nesting_and_by_aliases(self, tmp_path: Path) -> None:
        assert the_issue(tmp_path, "a: " + "[" * 1000).code == "yaml-depth"
        chain = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 2000))]
        assert the_issue(tmp_path, "\n".join(chain)).code == "yaml-depth"

    def test_a_duplicate_key_names_both_lines(self, tmp_path: Path) -> None:
        issue = the_issue(tmp_path, "models: 1\nlists: 2\nmodels: 3\n")
        assert (issue.code, issue.line, issue.path) == ("duplicate-key", 3, "models")
        assert "line 1" in issue.message

    @pytest.mark.parametrize(
        "tag", ["!!python/object/apply:os.system ['true']", "!foo x", "!!binary aGk=", "!!set {a}"]
    )
    def test_tags(self, tmp_path: Path, tag: str) -> None:
        issue = the_issue(tmp_path, f"a: 1\nb: {tag}\n")
        assert (issue.code, issue.line, issue.path) == ("yaml-tag", 2, "b")

    def test_merge_keys(self, tmp_path: Path) -> None:
        issue = the_issue(tmp_path, "a: &x {b: 1}\nc:\n  <<: *x\n")
        assert (issue.code, issue.line) == ("yaml-merge", 3)

    @pytest.mark.parametrize(
        ("text", "line", "says"),
        [
            ("a:\n\t- b", 2, "tab"),
            ("a: [1, 2\nb: 3", 2, "brackets"),
            ("a: {when: in_list(x, 'y'), z: 1}", 1, "braces"),
            ("a: b: c", 1, "a key stands where none can be"),
            ("a: 'b", 1, "quote"),
            ("a: 1\n---\nb: 2", 2, "more than one document"),
            ("a: 1\nb: *nope", 2, "alias"),
            ("a: @b", 1, "sign"),
        ],
    )
    def test_what_is_not_yaml(self, tmp_path: Path, text: str, line: int, says: str) -> None:
        issue = the_issue(tmp_path, text)
        assert says in issue.message
        assert issue.line == line
        assert issue.mend

    @pytest.mark.parametrize("text", ["[1, 2]", "just text", "5"])
    def test_a_root_that_is_no_mapping(self, tmp_path: Path, text: str) -> None:
        assert the_issue(tmp_path, text).code == "yaml-root"

    @pytest.mark.parametrize("number", [".inf", "-.inf", ".nan", "1" * 5000, "1e999", "9" * 400])
    def test_numbers_without_end(self, tmp_path: Path, number: str) -> None:
        assert the_issue(tmp_path, f"a: {number}").code == "yaml-number"

    @pytest.mark.parametrize(
        "data", [b"a: \xff\xfe", b"PK\x03\x04\0\0", "a: é".encode("utf-16"), b"a: 1\nb: caf\xe9\n"]
    )
    def test_what_is_not_utf_8_text(self, tmp_path: Path, data: bytes) -> None:
        assert the_issue(tmp_path, data).code == "not-text"

    def test_the_line_that_is_not_utf_8(self, tmp_path: Path) -> None:
        assert the_issue(tmp_path, b"a: 1\nb: caf\xe9\n").line == 2

    def test_half_a_character(self, tmp_path: Path) -> None:
        assert the_issue(tmp_path, 'a: "\\ud800"').code == "not-text"

    def test_control_characters(self, tmp_path: Path) -> None:
        assert the_issue(tmp_path, "a: \x07").code == "yaml-syntax"

    def test_a_key_that_is_no_text(self, tmp_path: Path) -> None:
        assert the_issue(tmp_path, "? [a, b]\n: c").code == "yaml-key"

    def test_a_file_beyond_the_limit_is_not_read(self, tmp_path: Path) -> None:
        assert the_issue(tmp_path, b"# x\n" * (BYTES_LIMIT // 4 + 1)).code == "too-large"

    def test_a_line_beyond_the_limit_is_not_parsed(self, tmp_path: Path) -> None:
        issue = the_issue(tmp_path, "a: 1\nb: " + "!" * 900_000)
        assert (issue.code, issue.line) == ("too-large", 2)

    def test_what_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").mkdir()
        for name in ("a.yaml", "missing.yaml"):
            source, issues = read_source(tmp_path / name, name)
            assert source is None
            assert [issue.code for issue in issues] == ["unreadable"]
