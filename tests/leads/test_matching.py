"""Which account an address belongs to; what is not certain is told and not guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.leads.matching import MatchRate, match_contacts, match_emails, match_rate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LISTS = {"personal_domains": ("gmail.com", "Yahoo.co.uk"), "disposable_domains": ("trash.io",)}
ACCOUNTS = {
    "acme": "acme.com",
    "acme-eu": "eu.acme.com",
    "beta": " Beta.Co.UK ",
    "twin-1": "twin.org",
    "twin-2": "twin.org",
    "google": "gmail.com",
    "islands": "co.uk",
    "nothing": None,
}


def facts(
    contacts: Mapping[str, tuple[str | None, str | None]],
    accounts: Mapping[str, str | None] = ACCOUNTS,
) -> duckdb.DuckDBPyConnection:
    """Facts with contacts (address and account, by id) and accounts (domain, by id)."""
    con = duckdb.connect()
    con.execute("CREATE TABLE contacts (id VARCHAR, email VARCHAR, account_id VARCHAR)")
    con.execute("CREATE TABLE accounts (id VARCHAR, domain VARCHAR)")
    rows = [(name, *values) for name, values in contacts.items()]
    con.executemany("INSERT INTO contacts VALUES (?, ?, ?)", [*rows, ("", None, "x")])
    con.executemany("INSERT INTO accounts VALUES (?, ?)", list(accounts.items()))
    return con


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with facts({"left": ("a@acme.com", "other"), "open": ("a@acme.com", None)}) as con:
        yield con


@pytest.mark.parametrize(
    ("email", "how", "account"),
    [
        ("a@acme.com", "exact", "acme"),
        ("A@ACME.com ", "exact", "acme"),
        ("a@acme.com.", "exact", "acme"),
        ("odd@name@acme.com", "exact", "acme"),
        ("a@mail.acme.com", "below", "acme"),
        ("a@eu.acme.com", "exact", "acme-eu"),
        ("a@mail.eu.acme.com", "below", "acme-eu"),
        ("a@beta.co.uk", "exact", "beta"),
        ("a@x.beta.co.uk", "below", "beta"),
        ("a@notacme.com", "none", None),
        ("a@gamma.co.uk", "none", None),
        ("a@co.uk", "none", None),
        ("a@com", "none", None),
        ("a@twin.org", "ambiguous", None),
        ("a@www.twin.org", "ambiguous", None),
        ("a@gmail.com", "private", None),
        ("a@Yahoo.CO.uk", "private", None),
        ("a@x.trash.io", "private", None),
        ("acme.com", "no address", None),
        ("a@", "no address", None),
        ("", "no address", None),
        ("a@..acme.com", "below", "acme"),
        ("a@münchen.de", "none", None),
    ],
)
def test_addresses(
    con: duckdb.DuckDBPyConnection, email: str, how: str, account: str | None
) -> None:
    (found,) = match_emails(con, LISTS, [email]).to_pylist()
    assert (found["contact_id"], found["how"], found["account_id"]) == (email, how, account)
    assert found["why"]


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("a@mail.acme.com", "mail.acme.com lies below acme.com, the domain of account acme"),
        ("a@twin.org", "twin.org is the domain of 2 accounts: twin-1, twin-2"),
        ("a@gmail.com", "gmail.com is for private mailboxes"),
        ("a@gamma.com", "no account has the domain gamma.com"),
        ("", "it has no e-mail address"),
    ],
)
def test_says_why(con: duckdb.DuckDBPyConnection, email: str, why: str) -> None:
    assert match_emails(con, LISTS, [email]).to_pylist()[0]["why"] == why


def test_who_has_an_account_is_left(con: duckdb.DuckDBPyConnection) -> None:
    assert match_contacts(con, LISTS).column("contact_id").to_pylist() == ["open"]


def test_only_those_asked_about() -> None:
    contacts = {name: (f"{name}@acme.com", None) for name in "dcba"}
    with facts(contacts) as con:
        assert match_contacts(con, LISTS).column("contact_id").to_pylist() == list("abcd")
        some = match_contacts(con, LISTS, ["c", "a", "nobody"])
        assert some.column("contact_id").to_pylist() == ["a", "c"]
        assert match_contacts(con, LISTS, []).num_rows == 0


def test_without_lists_or_accounts() -> None:
    with facts({"a": ("a@gmail.com", None)}, {"x": None}) as con:
        assert match_contacts(con, {}).to_pylist()[0]["how"] == "none"


def test_columns_are_the_same_for_nobody() -> None:
    with facts({}, {"x": None}) as con:
        assert match_contacts(con, {}).schema.names == ["contact_id", "account_id", "how", "why"]


def test_the_rate_counts_whom_one_can_match() -> None:
    contacts = {
        "has one": ("a@gmail.com", "acme"),
        "gets one": ("a@acme.com", None),
        "is private": ("a@gmail.com", None),
        "is nowhere": (None, None),
        "has none": ("a@gamma.com", None),
    }
    with facts(contacts) as con:
        rate = match_rate(con, LISTS)
    # One more contact, with an account, is in every table of these tests.
    assert rate == MatchRate(contacts=6, matchable=4, matched=3)
    assert rate.rate == 0.75
    assert not rate.is_enough


@pytest.mark.parametrize(("matched", "enough"), [(94, False), (95, True), (100, True)])
def test_95_percent_is_enough(matched: int, enough: bool) -> None:
    assert MatchRate(200, 100, matched).is_enough is enough


def test_there_is_no_rate_of_nobody() -> None:
    assert MatchRate(3, 0, 0).rate is None


LABELS = st.lists(st.sampled_from(["a", "b", "co", "uk", "com"]), min_size=1, max_size=4)
DOMAINS = LABELS.map(".".join)


@given(st.lists(DOMAINS, min_size=1, max_size=6), st.lists(DOMAINS, max_size=6))
@settings(max_examples=60, deadline=None)
def test_agrees_with_a_plain_reading_of_the_rule(asked: list[str], owned: list[str]) -> None:
    def account(domain: str) -> str | None:
        labels = domain.split(".")
        for start in range(len(labels) - 1):
            rest = labels[start:]
            if len(rest) == 2 and rest[0] in {"co", "com"} and rest[1] in {"uk", "co"}:
                continue
            ids = [i for i, each in enumerate(owned) if each == ".".join(rest)]
            if ids:
                return f"a{ids[0]}" if len(ids) == 1 else None
        return None

    contacts = {f"c{i}": (f"x@{domain}", None) for i, domain in enumerate(asked)}
    accounts: dict[str, str | None] = {f"a{i}": domain for i, domain in enumerate(owned)}
    with facts(contacts, accounts or {"none": None}) as con:
        found = match_contacts(con, {}).to_pylist()
    assert {each["contact_id"]: each["account_id"] for each in found} == {
        f"c{i}": account(domain) for i, domain in enumerate(asked)
    }
