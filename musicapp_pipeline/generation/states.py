"""The life of an attempt: which state may follow which, and what each means for the money.

``reserved``    the worst price is held against the cap; nothing was sent
``submitting``  the request is on its way; a crash here is ambiguous
``submitted``   the provider has it; its id is stored
``unknown``     it may have been bought: reconcile, or a person decides
``completed``   the provider has the clip and the money is spent; fetch it
``stuck``       the provider did not finish in time; money held, looked at now and then
``settled``     ended, money spent; a clip that was given up may be fetched once more, or credited
``released``    ended, money given back; booked all the same when a person finds it charged
"""

from musicapp_pipeline.generation.errors import GenerationError

TRANSITIONS: dict[str, frozenset[str]] = {
    "reserved": frozenset({"submitting", "submitted", "unknown", "released"}),
    "submitting": frozenset({"submitted", "reserved", "unknown", "released"}),
    "submitted": frozenset({"completed", "released", "settled", "stuck", "unknown"}),
    "unknown": frozenset({"submitted", "reserved", "released", "settled"}),
    "stuck": frozenset({"submitted", "completed", "unknown", "released", "settled"}),
    "completed": frozenset({"settled"}),
    "settled": frozenset({"completed", "released"}),
    "released": frozenset({"settled"}),
}
FINAL = ("settled", "released")
HOLDING = ("reserved", "submitting", "submitted", "unknown", "stuck", "completed")
"""The reservation counts against the cap."""
IN_FLIGHT = ("submitting", "submitted")
"""Takes a place of the provider's limit."""
DRIVEN = ("submitting", "submitted", "unknown", "completed", "stuck")
"""A dispatcher has something to do, besides starting new ones."""

WHAT_TO_DO = {
    "unknown": (
        "look in the provider's own console for the clip",
        "confirm it was not bought: the money is given back",
        "attach the provider's id of the clip: it is fetched",
        "say that it was charged, should the invoice show it and no clip be found: it is booked",
    ),
    "stuck": (
        "wait: it is looked at now and then, and kept if it comes",
        "look at the provider's invoice and say whether it was charged",
    ),
    "named": (
        "attach the right id of the clip, should this one be mistyped or another take's",
        "wait: it is looked at now and then, and kept if it comes",
        "look at the provider's invoice and say whether it was charged",
    ),
    "unseen": (
        "attach the provider's id of the clip, should you find it: it is fetched",
        "say that it was not charged, should the invoice not show it: the money is given back",
        "ask for another take: that is paid anew",
    ),
    "absent": (
        "attach the provider's id of the clip, should it turn up: it is booked and fetched",
        "say that it was charged, should the invoice show it: it is booked",
        "ask for another take",
    ),
    "finished": (
        "have it fetched again, should it be this take's: it is booked",
        "attach the provider's id of the clip, should it turn up: it is booked and fetched",
        "say that it was charged, should the invoice show it: it is booked",
        "ask for another take",
    ),
    "lost": (
        "put right what the message names, then have it fetched again: that costs nothing",
        "say that it was not charged, should the invoice not show it: the money is given back",
        "ask for another take: that is paid anew",
    ),
}
"""For people; ``POST /api/projects/{id}/scenes/{id}/versions/{id}/resolve`` does it."""


class IllegalTransition(GenerationError):
    """A bug: an attempt was told to do what its state does not allow."""

    code = "illegal_transition"


def check(old: str, new: str) -> None:
    """Raise IllegalTransition unless ``new`` may follow ``old``."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(
            f"an attempt that is {old} cannot become {new}",
            field="state",
            value=new,
            allowed=sorted(TRANSITIONS[old]),
        )
