"""Texts with places to fill in, such as `Hello {{ contact.first_name }}`: checked, then filled.

A text is a Jinja template of which only the harmless part is allowed: places, `default` and a few
other filters, `if`, and `for` over a list. A place is looked up in mappings alone, so no attribute
of an object is ever reached, and a value is never read as a template.
"""

from revops.kit.texts.filling import Form, nested, render, value_of
from revops.kit.texts.reading import Place, TextError, check_text, places_in

__all__ = [
    "Form",
    "Place",
    "TextError",
    "check_text",
    "nested",
    "places_in",
    "render",
    "value_of",
]
