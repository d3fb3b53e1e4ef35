"""The company's own past under any definitions: stages, owners and clocks as they would have been.

Facts go in as they became known; what was decided in that time (stages, owners, recycling) is left
out, and decided anew.
"""

from revops.engine.replay.comparing import Flip, flips
from revops.engine.replay.deals import sales
from revops.engine.replay.facts import DECIDED, Given
from revops.engine.replay.figures import Qualified, Side, qualified_leads, side
from revops.engine.replay.replaying import Replay, Replayed, replay

__all__ = [
    "DECIDED",
    "Flip",
    "Given",
    "Qualified",
    "Replay",
    "Replayed",
    "Side",
    "flips",
    "qualified_leads",
    "replay",
    "sales",
    "side",
]
