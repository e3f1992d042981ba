"""Why something was not fetched; each error names the address without its secrets."""

from musicapp_pipeline.errors import MusicAppError


class FetchError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.fetching``."""

    code = "fetch_error"


class BadUrl(FetchError):
    """An address of a kind that is not fetched."""

    code = "bad_url"


class PrivateAddress(FetchError):
    """An address inside a private network."""

    code = "private_address"


class Unreachable(FetchError):
    """Nobody answered, or not in time."""

    code = "unreachable"


class FetchRefused(FetchError):
    """The server answered, but not with the file."""

    code = "fetch_refused"


class FetchTooLarge(FetchError):
    """More bytes than are taken."""

    code = "fetch_too_large"


class WrongContent(FetchError):
    """The content is not what was asked for, whatever its name says."""

    code = "wrong_content"
