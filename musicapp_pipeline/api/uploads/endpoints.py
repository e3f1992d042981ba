"""``/api/uploads``."""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Path, UploadFile
from fastapi import File as FormFile
from sqlalchemy.orm import Session
from starlette.responses import Response

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.access.ownership import upload_of
from musicapp_pipeline.api.deps import Context, Who
from musicapp_pipeline.api.errors import TooLarge
from musicapp_pipeline.api.kit.once import OnlyOnce
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.api.uploads.schemas import UploadRead
from musicapp_pipeline.fetching.sniff import sniff
from musicapp_pipeline.store import ids
from musicapp_pipeline.store.models import Upload

router = APIRouter(prefix="/api/uploads", tags=["uploads"])


@router.post("", status_code=201, response_model=UploadRead, responses=problems(409, 413, 415))
def upload_file(
    file: Annotated[UploadFile, FormFile(description="A song, a picture or a clip.")],
    context: Context,
    who: Who,
    once: OnlyOnce,
) -> Response:
    """Send a song, a reference image or a clip. What it is is found out from its content."""
    with tempfile.TemporaryDirectory(prefix="musicapp-upload-") as folder:
        path = File(folder) / "upload"
        with path.open("wb") as out:
            shutil.copyfileobj(file.file, out, 1 << 20)
        size = path.stat().st_size
        if size > context.limits.upload:
            raise TooLarge(
                f"the file has {size} bytes",
                field="file",
                value=size,
                allowed=f"up to {context.limits.upload} bytes",
            )
        content = sniff(path)
        with path.open("rb") as data:
            once.body = hashlib.file_digest(data, "sha256").digest()
        id_ = ids.new_id("u")
        key = f"uploads/{id_}{content.suffix}"
        context.media.put(key, path)

    def work(session: Session) -> UploadRead:
        row = Upload(
            id=id_,
            owner=who.owner,
            media_key=key,
            content_type=content.content_type,
            bytes=size,
            duration=content.duration,
            filename=_shown_name(file.filename),
        )
        session.add(row)
        session.flush()
        return read(who, row)

    try:
        answer = once.run(201, work, lambda made: {"Location": f"/api/uploads/{made.id}"})
    except BaseException:
        context.media.delete(key)
        raise
    if once.replayed:
        context.media.delete(key)  # the first answer's file stays
    return answer


@router.get("/{upload_id}", responses=problems(404))
def get_upload(
    upload_id: Annotated[str, Path(max_length=120, examples=["u-k3m9x2p7qa4t"])],
    context: Context,
    who: Who,
) -> UploadRead:
    """A file that was sent."""
    with context.database.read() as session:
        return read(who, upload_of(session, who, upload_id))


def read(who: Caller, row: Upload) -> UploadRead:
    """An upload as it is shown."""
    return UploadRead(
        id=row.id,
        url=who.address(f"/media/{row.media_key}"),
        content_type=row.content_type,
        bytes=row.bytes,
        duration=row.duration,
        filename=row.filename,
        created_at=row.created_at,
    )


def _shown_name(name: str | None) -> str:
    """A client's file name is only ever shown."""
    plain = (name or "").replace("\\", "/").rpartition("/")[2]
    return re.sub(r"[^\w. ()\-]", "_", plain)[:200]
