"""Records that could not be applied or sent: kept with raw bytes, cause and position, replayed in order.

A letter is `waiting`, `replayed` or `discarded`. While letters of a key wait, the key is parked: what comes
later follows them. What is here holds personal data as it came, so it is emptied when a person is erased.
"""

from chassis.dead_letters.desk import DeadLetter, discard, forget_letters, list_letters, show
from chassis.dead_letters.replay import Replayed, Replayer
from chassis.dead_letters.table import Letter, keep, park, store_dead_letter

__all__ = [
    "DeadLetter",
    "Letter",
    "Replayed",
    "Replayer",
    "discard",
    "forget_letters",
    "keep",
    "list_letters",
    "park",
    "show",
    "store_dead_letter",
]
