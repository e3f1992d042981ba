"""MediaPipe's face mesh, started quietly and able to run beside a current protobuf."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.errors import FaceTrackerUnavailable
from musicapp_pipeline.lipsync.mouth.hush import chatter_to_log

Rgb = NDArray[Any]


class FaceMesh:
    """Landmarks of the faces in one picture.

    Args:
        still: look at every picture anew and for up to four faces, instead of following one.

    Raises:
        FaceTrackerUnavailable: if MediaPipe cannot be imported or started here.
    """

    def __init__(self, *, still: bool) -> None:
        # The networks warn when they start, in threads of their own: the first answer means that
        # all have started.
        with chatter_to_log():
            self._mesh = _solution(still=still)
            self._mesh.process(np.zeros((64, 64, 3), np.uint8))
        self._forgotten = False

    def __call__(self, rgb: Rgb) -> list[NDArray[np.float64]]:
        """Points of shape ``(478, 3)`` per face; x, y and z in shares of the picture's width."""
        if self._forgotten:
            with chatter_to_log():
                self._mesh.reset()
                answer = self._mesh.process(rgb)
            self._forgotten = False
        else:
            answer = self._mesh.process(rgb)
        faces = answer.multi_face_landmarks or ()
        return [np.array([(p.x, p.y, p.z) for p in face.landmark]) for face in faces]

    def forget(self) -> None:
        """Detect anew on the next picture."""
        self._forgotten = True

    def close(self) -> None:
        self._mesh.close()


def _solution(*, still: bool) -> Any:
    try:
        from google.protobuf import (  # type: ignore[import-untyped]
            message_factory,
            symbol_database,
        )
        from mediapipe.python import packet_getter
        from mediapipe.python.solutions.face_mesh import FaceMesh as Solution
    except (ImportError, AttributeError) as error:
        raise FaceTrackerUnavailable(
            "face tracking needs mediapipe 0.10.14, which cannot be imported on Python "
            f"{sys.version_info.major}.{sys.version_info.minor} ({error}); use Python 3.11 or 3.12 "
            "with the 'faces' extra installed, or switch lip-sync off",
            field="lipSyncEnabled",
        ) from error

    class Messages:
        """What MediaPipe's Python half asks of protobuf; version 6 dropped one of the two names."""

        pool = symbol_database.Default().pool

        @staticmethod
        def Default() -> type["Messages"]:  # noqa: N802
            return Messages

        @staticmethod
        def GetPrototype(descriptor: Any) -> Any:  # noqa: N802
            return message_factory.GetMessageClass(descriptor)

    packet_getter.symbol_database = Messages
    return Solution(
        static_image_mode=still,
        max_num_faces=4 if still else 1,
        refine_landmarks=True,
        min_detection_confidence=0.4,
        min_tracking_confidence=0.5,
    )
