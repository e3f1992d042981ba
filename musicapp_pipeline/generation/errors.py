"""What can go wrong with a paid generation, sorted by what it means for the money.

The type answers the only question the ledger asks: *was something bought?*

=====================  ==========================  ==========================================
type                   bought?                     what may be done
=====================  ==========================  ==========================================
``NotAccepted``        no                          send again later, unless ``permanent``
``AmbiguousSubmit``    perhaps                     reconcile by listing; never send again blindly
``StatusUnavailable``  yes, job known              ask again; the job goes on without us
``JobVanished``        yes, provider forgot it     money stays spent; a person decides
``DownloadFailed``     yes, and it is finished     fetch again; never generate again
``StorageFailed``      yes, and it is finished     fetch again once there is room for it here
``MediaInvalid``       yes, and it is no video     fetch again a few times, then a person decides
``TooShort``           yes, and it is shorter      the same, at once when it is the same each time
=====================  ==========================  ==========================================

A retry mechanism that does not know these types must not surround a call to a provider.
"""

from pathlib import Path
from typing import ClassVar

from musicapp_pipeline.errors import MusicAppError


class GenerationError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.generation``."""

    code = "generation_error"


class NotAccepted(GenerationError):
    """Nothing was bought: the request provably never became a job.

    Args:
        message: for people.
        retry_after: seconds to wait before the same request may be sent again, when told.
        permanent: the same request will be turned down again; release the reservation.
        status: the HTTP status, when there was an answer.
        provider_code: the provider's own word for it (``"invalid_value"``).
    """

    code = "not_accepted"
    always_permanent: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        permanent: bool = False,
        status: int | None = None,
        provider_code: str | None = None,
        field: str | None = None,
        value: object = None,
        allowed: object = None,
    ) -> None:
        super().__init__(message, field=field, value=value, allowed=allowed)
        self.retry_after = retry_after
        self.permanent = permanent or self.always_permanent
        self.status = status
        self.provider_code = provider_code


class Unreachable(NotAccepted):
    """No connection could be made, so the request never left this machine."""

    code = "provider_unreachable"


class RateLimited(NotAccepted):
    """429: too fast. Close the gate of this provider key for all workers until ``retry_after``."""

    code = "rate_limited"


class QuotaExhausted(NotAccepted):
    """The account has no money or quota left. Stop submitting until a person has acted."""

    code = "quota_exhausted"


class CredentialsRejected(NotAccepted):
    """401/403: the key is missing, wrong or lacks the right. Stop until a person has acted."""

    code = "credentials_rejected"


class Refused(NotAccepted):
    """Content policy or moderation turned this prompt or image down; final for this request."""

    code = "refused"
    always_permanent = True


class UnsupportedRequest(NotAccepted):
    """Seconds, size, reference or prompt outside what the model offers; found before sending."""

    code = "unsupported_request"
    always_permanent = True


class RemixUnsupported(NotAccepted):
    """This provider has no remix; the caller emulates it with a new generation."""

    code = "remix_unsupported"
    always_permanent = True


class AmbiguousSubmit(GenerationError):
    """The request may have been bought: the answer was lost, unreadable or a server error.

    Keep the reservation, mark the attempt unknown and reconcile. Never send again blindly.
    """

    code = "submission_unknown"

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def under_way(self) -> bool:
        """Whether the service may still be at it: nobody saw it end, or only a gateway spoke."""
        return self.status is None or self.status == 408 or self.status >= 502


class StatusUnavailable(GenerationError):
    """The job's state could not be read now; the job itself is not affected.

    ``rate_limited``: we ask too fast, and so do all other workers.
    """

    code = "status_unavailable"

    def __init__(
        self, message: str, *, retry_after: float | None = None, rate_limited: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.rate_limited = rate_limited


class JobVanished(GenerationError):
    """The provider says it does not know this job. Brief 404s after creation are normal: the
    caller decides by the job's age when to believe it."""

    code = "job_vanished"


class ListingUnsupported(GenerationError):
    """This provider cannot list jobs, or not with what is needed to recognise ours."""

    code = "listing_unsupported"


class DownloadFailed(GenerationError):
    """The finished clip did not arrive whole.

    Args:
        permanent: the provider no longer has it; fetching again is useless.
    """

    code = "download_failed"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        permanent: bool = False,
        value: object = None,
    ) -> None:
        super().__init__(message, value=value)
        self.retry_after = retry_after
        self.permanent = permanent


class StorageFailed(GenerationError):
    """The clip came and could not be kept here, as on a full disk: no fault of the provider's, so
    it is fetched again for as long as the provider has it."""

    code = "not_stored"


class MediaInvalid(DownloadFailed):
    """What arrived is not the video that was asked for (not decodable, too short, wrong size)."""

    code = "media_invalid"


class TooShort(MediaInvalid):
    """A whole clip that is clearly shorter than what was bought.

    Args:
        seconds: its length.
        bought: what it should be.
    """

    def __init__(self, seconds: float, bought: int) -> None:
        super().__init__(
            f"the clip is {seconds:.2f} s of the {bought} s that were bought",
            value=round(seconds, 3),
        )
        self.path: Path | None = None
        """Where it lies for now, once the same was delivered each time."""


class ProviderRetired(GenerationError):
    """The configured service no longer exists."""

    code = "provider_retired"


class UnknownPrice(GenerationError):
    """No price is known for this model, so nothing may be reserved or bought."""

    code = "unknown_price"


class UnknownModel(GenerationError):
    """No configured provider offers this model."""

    code = "unknown_model"


class BadModelConfig(GenerationError):
    """A model or price given by configuration cannot be used."""

    code = "bad_model_config"


class BadWebhook(GenerationError):
    """A webhook whose signature, age or content is not acceptable."""

    code = "bad_webhook"
