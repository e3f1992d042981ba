"""Media in an S3 bucket, with a local cache for the tools that need files."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.errors import MediaMissing
from musicapp_pipeline.store.media import checked, content_type


class S3MediaStore:
    """Objects of a bucket. Uploads are whole or absent: S3 shows no half object.

    The cache is safe because keys of derived media carry their fingerprint: what is under a key
    never changes.
    """

    def __init__(self, client: Any, bucket: str, cache: Path) -> None:
        self.client = client
        self.bucket = bucket
        self.cache = cache

    @classmethod
    def from_settings(cls, settings: Settings) -> "S3MediaStore":
        import boto3
        from botocore.config import Config

        key, secret = settings.aws_access_key_id, settings.aws_secret_access_key
        client = boto3.client(
            "s3",
            region_name=settings.aws_region,
            endpoint_url=settings.aws_endpoint_url_s3,
            aws_access_key_id=key.get_secret_value() if key else None,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            config=Config(retries={"mode": "standard", "max_attempts": 5}),
        )
        assert settings.aws_s3_bucket
        return cls(client, settings.aws_s3_bucket, settings.home / "s3-cache")

    def exists(self, key: str) -> bool:
        return self._head(key) is not None

    def size(self, key: str) -> int:
        head = self._head(key)
        if head is None:
            raise MediaMissing(f"the bucket has no {key!r}", field="key", value=key)
        return int(head["ContentLength"])

    def fetch(self, key: str) -> Path:
        local = self.cache / checked(key)
        if local.is_file():
            return local
        local.parent.mkdir(parents=True, exist_ok=True)
        temporary = local.with_name(f".{secrets.token_hex(8)}{local.suffix}")
        try:
            self.client.download_file(self.bucket, key, str(temporary))
        except Exception as error:
            temporary.unlink(missing_ok=True)
            if _is_missing(error):
                raise MediaMissing(f"the bucket has no {key!r}", field="key", value=key) from error
            raise
        temporary.replace(local)
        return local

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        folder = self.cache / ".tmp" / secrets.token_hex(8)
        folder.mkdir(parents=True)
        temporary = folder / Path(checked(key)).name
        try:
            yield temporary
            self.put(key, temporary)
            local = self.cache / key
            local.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(local)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, key: str, source: Path) -> None:
        self.client.upload_file(
            str(source), self.bucket, checked(key), ExtraArgs={"ContentType": content_type(key)}
        )
        (self.cache / key).unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=checked(key))
        (self.cache / key).unlink(missing_ok=True)

    def public_url(self, key: str, seconds: int) -> str | None:
        url: str = self.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": checked(key)}, ExpiresIn=seconds
        )
        return url

    def check(self) -> None:
        self.client.head_bucket(Bucket=self.bucket)

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            head: dict[str, Any] = self.client.head_object(Bucket=self.bucket, Key=checked(key))
        except Exception as error:
            if _is_missing(error):
                return None
            raise
        return head


def _is_missing(error: Exception) -> bool:
    """S3 says 404 in several ways, depending on the call."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code")
    return code in {"404", "NoSuchKey", "NotFound"}
