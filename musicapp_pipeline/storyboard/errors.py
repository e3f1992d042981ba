"""The errors that planning and prompting raise."""

from typing import ClassVar

from musicapp_pipeline.errors import MusicAppError


class StoryboardError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.storyboard``."""

    code: ClassVar[str] = "storyboard_error"


class BadPlannerOptions(StoryboardError):
    """Options no plan can be made with."""

    code = "bad_planner_options"


class NothingToPlan(StoryboardError):
    """The song is shorter than one frame."""

    code = "nothing_to_plan"


class BadCut(StoryboardError):
    """A split, merge or kept scene that would leave cuts nobody can use."""

    code = "bad_cut"


class UnknownStylePreset(StoryboardError):
    """A style preset nobody defined."""

    code = "unknown_style_preset"


class BadTemplate(StoryboardError):
    """A prompt template, preset or vocabulary that cannot be used as data."""

    code = "bad_template"


class PromptTooLong(StoryboardError):
    """A prompt that cannot be brought under the model's limit."""

    code = "prompt_too_long"


class BadPrice(StoryboardError):
    """A price or duration that is not a usable amount."""

    code = "bad_price"


class DirectorUnavailable(StoryboardError):
    """Raised by the injected chat call when there is no answer; the plan then stays as it is."""

    code = "director_unavailable"
