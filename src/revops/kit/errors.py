"""The one exception that reaches a person: wrong use or bad input, with what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.kit.issue import Issue, Level

if TYPE_CHECKING:
    from collections.abc import Sequence


class RevopsError(Exception):
    """Wrong use or bad input; interfaces show its issues and exit with 2.

    Attributes:
        code: A stable short name, such as `no-workspace`.
        issues: All that is wrong, so that it can be mended in one go.
    """

    def __init__(
        self, code: str, message: str, mend: str = "", *, file: str = "", line: int = 0
    ) -> None:
        super().__init__(message)
        self.code = code
        self.issues: Sequence[Issue] = [Issue(file, line, "", code, Level.ERROR, message, mend)]

    @classmethod
    def of(cls, issues: Sequence[Issue]) -> RevopsError:
        """The error that tells all of these issues (at least one)."""
        first = issues[0]
        error = cls(first.code, first.message)
        error.issues = list(issues)
        return error
