"""Reference images as providers want them: exactly the clip's size, PNG."""

from io import BytesIO

from musicapp_pipeline.generation.errors import UnsupportedRequest
from musicapp_pipeline.generation.port import parse_size

MIME = "image/png"


def reference_for(image: bytes, size: str) -> bytes:
    """The image scaled and cropped to exactly ``size``, as PNG.

    Servers refuse anything else ("Inpaint image must match the requested width and height").

    Raises:
        UnsupportedRequest: it is not an image.
    """
    from PIL import Image

    from musicapp_pipeline.media.pictures import fit_image

    width, height = parse_size(size)
    try:
        with Image.open(BytesIO(image), formats=("PNG", "JPEG", "WEBP")) as picture:
            if (
                picture.size == (width, height)
                and picture.format == "PNG"
                and picture.mode == "RGB"
            ):
                return image
            fitted = fit_image(picture.convert("RGB"), width, height)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise UnsupportedRequest(
            f"the reference image cannot be read: {error}",
            field="reference",
            allowed="PNG, JPEG or WebP",
        ) from error
    buffer = BytesIO()
    fitted.save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()
