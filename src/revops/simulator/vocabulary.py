"""The words of the simulated company, from `vocabulary.toml`."""

from __future__ import annotations

import tomllib
from importlib import resources


def variables() -> dict[str, list[str]]:
    """The lists that the SQL draws from, by the names of its variables.

    A word that weighs 3 is there three times, so that an even draw is a weighted one.
    """
    text = resources.files(__package__).joinpath("vocabulary.toml").read_text("utf-8")
    read = tomllib.loads(text)
    words = {name: line.split() for name, line in read["words"].items()}
    weighted = {
        name: [word for word, weight in weights.items() for _ in range(weight)]
        for name, weights in read["weights"].items()
    }
    chiefs = {"chief_departments": [*read["chiefs"]], "chief_titles": [*read["chiefs"].values()]}
    found: dict[str, list[str]] = words | read["phrases"] | weighted | chiefs
    return found
