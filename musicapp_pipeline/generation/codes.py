"""What the words mean that providers use for failures, in whatever spelling.

Whether a failed job may be made again by itself, and whether a refusal is final, is decided here
and nowhere else. Taking a failure for a final one costs a click; the other way round costs money.
"""

import re

_MODERATION = re.compile(
    r"moderat|sentinel_block|content_(policy|filter|block|violation)|policy_violation|safety|"
    r"sensitive|prohibited|nsfw|responsible_ai|\brai_"
)
_ENDED_ELSEWHERE = re.compile(r"cancel|deleted|expired")
"""Somebody or something ended it at the provider; that is no failure to make up for."""
_LATER = frozenset({408, 409, 421, 423, 425, 429})
"""Of the 4xx, those about the moment and not about the request."""
_HARMLESS = frozenset({"", "0", "200", "none", "null", "false", "ok", "success", "no_error"})


def plain_code(code: object) -> str:
    """A code in lower case with underscores: ``ContentPolicy-Violation`` and the like are equal."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", "" if code is None else str(code).strip())
    return re.sub(r"[\s.:/-]+", "_", parted).lower()


def is_moderation(code: object) -> bool:
    """Does the code say that prompt, image or result was turned down for what it shows?"""
    return bool(_MODERATION.search(plain_code(code)))


def is_final(code: object) -> bool:
    """Would making the same again end the same, or was the end not a failure at all?

    A number is an HTTP status, as vLLM-Omni has it: 4xx is about the request.
    """
    plain = plain_code(code)
    refused = plain.isdecimal() and 400 <= int(plain[:9]) < 500 and int(plain[:9]) not in _LATER
    return refused or ended_elsewhere(code) or is_moderation(code)


def ended_elsewhere(code: object) -> bool:
    """Was it ended by somebody, or by age, and not by a failure?"""
    return bool(_ENDED_ELSEWHERE.search(plain_code(code)))


def is_harmless(code: object) -> bool:
    """Is it what some servers write where nothing went wrong (``{"code": 0, "message": ""}``)?"""
    return plain_code(code) in _HARMLESS
