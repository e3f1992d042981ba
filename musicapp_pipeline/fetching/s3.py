"""Files in S3 buckets that the service's own credentials may read."""

from typing import Protocol
from urllib.parse import unquote

from musicapp_pipeline.fetching.errors import FetchRefused, Unreachable
from musicapp_pipeline.fetching.urls import Address
from musicapp_pipeline.settings import Settings


class Sink(Protocol):
    """Takes chunks; refuses sizes."""

    def __call__(self, chunk: bytes) -> None: ...

    def check_size(self, size: int) -> None: ...

    def unreachable(self, why: str) -> Unreachable: ...

    def refused(self, why: str) -> FetchRefused: ...


def fetch_s3(address: Address, settings: Settings, sink: Sink) -> None:
    """Stream one object into ``sink``."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    key, secret = settings.aws_access_key_id, settings.aws_secret_access_key
    try:
        client = boto3.client(
            "s3",
            region_name=settings.aws_region,
            endpoint_url=settings.aws_endpoint_url_s3,
            aws_access_key_id=key.get_secret_value() if key else None,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            config=Config(
                connect_timeout=10,
                read_timeout=30,
                retries={"mode": "standard", "max_attempts": 3},
            ),
        )
        name = unquote(address.path.removeprefix("/"))
        found = client.get_object(Bucket=address.host, Key=name)
        sink.check_size(int(found["ContentLength"]))
        for chunk in found["Body"].iter_chunks(1 << 16):
            sink(chunk)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        raise sink.refused(
            f"cannot be read ({code}); check bucket, key and AWS_* credentials"
        ) from error
    except (BotoCoreError, ValueError) as error:
        raise sink.unreachable(
            f"could not be fetched ({type(error).__name__}); check AWS_REGION and AWS_* credentials"
        ) from error
