"""Conditions of definitions: SQL boolean expressions, parsed, checked and regenerated.

The text of a condition never reaches a database: it is parsed by sqlglot, checked part by part
against an allow-list and the documented fields, and generated anew from the checked tree.
"""

from revops.kit.condition.bind import bind, fields_of, happenings_of
from revops.kit.condition.parse import parse_condition
from revops.kit.condition.scope import ConditionError, Scope

__all__ = ["ConditionError", "Scope", "bind", "fields_of", "happenings_of", "parse_condition"]
