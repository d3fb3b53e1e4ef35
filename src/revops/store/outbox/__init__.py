"""The outbox: effects on the world, kept with the decision that causes them, delivered later.

A message is put in the decision's own transaction, so both happen or neither. Workers claim
letters for a while and settle them. So each is delivered at least once, and its key tells a
receiver what it has already seen.
"""

from revops.store.outbox.letter import Channel, Letter, State
from revops.store.outbox.letters import find_letter, list_letters, replay
from revops.store.outbox.message import MOST_BYTES, Message, key_of, put
from revops.store.outbox.work import Verdict, Waiting, claim, give_up, prune, settle, waiting

__all__ = [
    "MOST_BYTES",
    "Channel",
    "Letter",
    "Message",
    "State",
    "Verdict",
    "Waiting",
    "claim",
    "find_letter",
    "give_up",
    "key_of",
    "list_letters",
    "prune",
    "put",
    "replay",
    "settle",
    "waiting",
]
