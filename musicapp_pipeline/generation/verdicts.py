"""What was said of a purchase before, by a person or by looks, as its row tells."""

from musicapp_pipeline.generation import reconcile
from musicapp_pipeline.store.models import GenerationAttempt

NOT_CHARGED, CHARGED = "not_charged", "charged_not_delivered"
"""The codes that a person's words leave behind."""


def may_be_mended(attempt: GenerationAttempt) -> bool:
    lost = attempt.state == "settled" and attempt.unseen and attempt.media_key is None
    return lost or was_given_back(attempt)


def was_given_back(attempt: GenerationAttempt) -> bool:
    """Whether it was found to be not bought, by a person or by looks, and may be all the same."""
    not_found = attempt.state == "released" and was_sent_before(attempt)
    return not_found or was_called_not_charged(attempt)


def was_called_charged(attempt: GenerationAttempt) -> bool:
    return attempt.state == "settled" and (attempt.error or {}).get("code") == CHARGED


def was_called_not_charged(attempt: GenerationAttempt) -> bool:
    told = attempt.error or {}
    return attempt.state == "released" and told.get("code") == NOT_CHARGED


def was_sent_before(attempt: GenerationAttempt) -> bool:
    """Whether a request was looked for and not found, and nothing is known of the repeat either."""
    return attempt.provider_job_id is None and attempt.reconcile_looks >= reconcile.LOOKS


def was_called_off(attempt: GenerationAttempt) -> bool:
    """Whether a person called it not charged before anybody knew how its job would end."""
    return was_called_not_charged(attempt) and not (attempt.error or {}).get("credited")


def was_lost(attempt: GenerationAttempt) -> bool:
    known = attempt.provider_job_id is not None and attempt.media_key is None
    return known and attempt.state == "settled"
