"""The vocabulary that leads from words to pictures, colours and motion."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

K = TypeVar("K", bound=str)

FAMILIES: Mapping[str, str] = {
    "city": "city street streets skyline neon urban rooftop roof roofs building buildings downtown "
    "crossing alley avenue tower towers metropolis billboard apartment apartments subway taxi bus "
    "station escalator arcade lamp lamps bridge rise office plaza square umbrella puddle sign "
    "facade balcony town turnstile sneaker supermarket laundromat crane chimneys village",
    "waves": "ocean sea water waves wave shore shoreline beach tide lake river coast harbor "
    "harbour sail boat ferry barge pier island sailor swim swimming lighthouse anchor salt jetty "
    "mooring surf strand gulls breaker spray ship net shell swimmer pool pools goldfish rope",
    "stars": "stars star space galaxy cosmos cosmic universe planet constellation orbit comet "
    "satellite astronaut nebula heaven telescope rocket observatory milky fireworks firecrackers "
    "floodlights desert",
    "ink": "ink smoke silk fabric cloud clouds mist vapor vapour steam paint liquid dissolve "
    "dissolving underwater dream dreams memory memories mirror mirrors veil hair dress hands hand "
    "ghost breath glass lace brush greasepaint powder colour velvet coffee tea scarf ribbons flag "
    "flags jacket eye",
    "geometry": "geometric geometry shapes shape kaleidoscope tunnel lines grid laser lasers "
    "symmetry fractal abstract prism corridor hallway staircase stair spiral dancer dancers "
    "dancing breakdancers crowd stadium machine machines wires elevator circuit clock gears strobe "
    "warehouse piston steel drum drumsticks pipe lever chain wheel mask fist hall",
    "ridges": "mountain mountains hill hills valley canyon landscape ridge summit bird birds "
    "wilderness cliff cliffs dune dunes fog horses horse horseback mesa plain windmill pigeons "
    "crows wings farm wheat barn wolf temple bell lightning thunder storm swing",
    "embers": "fire flame flames ember embers burn burning burns candle candles ash ashes spark "
    "sparks torch lava heat campfire match bonfire lighter furnace firelight molten welder metal "
    "mould forge incense",
    "road": "road highway drive driving car cars headlights lane asphalt motorcycle motorbike "
    "rider journey travel train tracks rail motel truck trucks convertible pickup overpass garage "
    "gas speedometer engine runaway freight traffic driveway boot wrecking dock",
    "aurora": "aurora snow winter ice frozen moon moonlight pine pines frost north northern "
    "glacier cold cabin",
    "lights": "bokeh sparkle glitter party confetti rain raindrops raindrop lantern lanterns "
    "fireflies chandelier stage theatre theater club microphone piano guitar spotlight spotlights "
    "footlights gold crown jewels bar ballroom dance seats auditorium moth orchestra instruments "
    "coin bottle",
    "leaves": "forest leaf leaves moss root roots tree trees trunk trunks garden flower flowers "
    "petals stream waterfall dandelion deer grass meadow field fields oak canopy undergrowth "
    "torrent boulders stone clearing bowstring dew monk wind spring bloom",
    "window": "window windows curtain curtains room kitchen bed porch doorway door doors house "
    "home phone fan fridge laundry sheets yard box costume seamstress cheek sandbag dust pane desk "
    "chair wall shaft music paper pages book letter dog child shadow shadows",
}
"""Words that lead to a picture family; the one with most of its words wins."""

Finish = Literal["plain", "noir", "anime", "documentary", "dreamy", "gothic"]

FINISHES: Mapping[Finish, str] = {
    "noir": "noir monochrome",
    "anime": "anime cel",
    "documentary": "documentary naturalistic handheld",
    "dreamy": "surreal ethereal pastel",
    "gothic": "gothic",
}
FINISH_COLOUR: Mapping[Finish, tuple[float, float]] = {
    # chroma factor, lift
    "plain": (1.0, 0.0),
    "noir": (0.0, -0.05),
    "anime": (1.35, 0.2),
    "documentary": (0.55, 0.05),
    "dreamy": (0.8, 0.25),
    "gothic": (0.7, -0.15),
}


@dataclass(frozen=True)
class Mood:
    """Hues in degrees of the shadows and of the light, colourfulness, brightness, motion."""

    hue: float
    contrast_hue: float
    chroma: float
    lift: float
    pace: float


_MOOD_TABLE: Mapping[str, tuple[str, Mood]] = {
    "sad": (
        "melancholic melancholy sad sorrow lonely loneliness somber sombre wistful heartbreak "
        "longing grief",
        Mood(258, 62, 0.85, -0.08, 0.75),
    ),
    "warm": (
        "warm hopeful hope joy joyful happy sunny golden uplifting soulful unhurried",
        Mood(42, 72, 1.0, 0.2, 1.0),
    ),
    "fierce": (
        "angry anger aggressive fierce rage intense defiant raw menacing unleashed",
        Mood(20, 42, 1.15, -0.06, 1.45),
    ),
    "tender": (
        "dreamy ethereal tender romantic soft intimate floating gentle surreal",
        Mood(318, 40, 0.8, 0.22, 0.7),
    ),
    "euphoric": (
        "energetic euphoric triumphant party electric explosive soaring ecstatic powerful anthemic",
        Mood(300, 195, 1.2, 0.12, 1.45),
    ),
    "calm": ("calm peaceful serene quiet spacious", Mood(205, 95, 0.75, 0.12, 0.65)),
    "tense": (
        "mysterious tense eerie haunting dark brooding suspenseful ominous haunted",
        Mood(278, 175, 0.9, -0.16, 0.95),
    ),
    "nostalgic": ("nostalgic vintage faded bittersweet", Mood(40, 190, 0.65, 0.05, 0.8)),
}
MOODS: Mapping[str, str] = {name: entry[0] for name, entry in _MOOD_TABLE.items()}

_HUES: Mapping[str, float] = {
    "red": 25, "crimson": 15, "scarlet": 28, "orange": 58, "amber": 72, "golden": 82, "gold": 82,
    "honeyed": 78, "copper": 50, "candle": 66, "candles": 66, "firelight": 55, "sunset": 48,
    "sunrise": 55, "yellow": 100, "green": 148, "emerald": 158, "teal": 192, "turquoise": 195,
    "cyan": 205, "blue": 255, "indigo": 278, "moon": 250, "moonlight": 250, "violet": 300,
    "purple": 305, "lilac": 310, "magenta": 335, "pink": 355, "rose": 5, "peach": 50,
    "cold": 245, "snow": 238, "warm": 62, "lamplight": 66, "flame": 46, "torch": 46, "embers": 30,
    "honey": 78, "bronze": 60, "rust": 40, "mint": 165, "lavender": 300,
}  # fmt: skip
_BRIGHTER = frozenset("bright noon day daylight white sun sunlit soft pale golden hot".split())
_DARKER = frozenset("dark night dusk moon shadows black dim single low deep".split())
_FASTER = frozenset("fast driving restless rush sweeping speed unleashed chorus drop".split())
_SLOWER = frozenset("slow gentle locked still restrained unhurried glide intro outro".split())
_MOVES: Mapping[str, str] = {
    "push": "push rush glide",
    "pull": "pull back",
    "left": "sideways tracking lateral follow",
    "right": "drift steadicam drone sweeping",
    "arc": "arc around orbit",
    "still": "locked static",
    "lift": "crane tilt aerial",
}


def best(said: Sequence[str], table: Mapping[K, str]) -> K | None:
    """The entry with most different words said; the one named first among equals; or None."""
    scores: dict[K, tuple[int, int]] = {}
    for key, text in table.items():
        found = [said.index(word) for word in text.split() if word in said]
        if found:
            scores[key] = (len(found), -min(found))
    return max(scores, key=lambda key: scores[key]) if scores else None


def mood_named(name: str | None, draw: random.Random) -> Mood:
    """A mood near its ideal, so that scenes of one mood are kin and not twins; any without one."""
    if name is None:
        hue = draw.uniform(0, 360)
        other = (hue + draw.choice([30.0, 150.0, 180.0, 210.0])) % 360
        return Mood(hue, other, 1.0, draw.uniform(-0.1, 0.15), draw.uniform(0.8, 1.2))
    mood = _MOOD_TABLE[name][1]
    return Mood(
        mood.hue + draw.uniform(-12, 12),
        mood.contrast_hue + draw.uniform(-12, 12),
        mood.chroma,
        mood.lift,
        mood.pace,
    )


def hues(said: Sequence[str], hue: float, contrast_hue: float) -> tuple[float, float]:
    """The mood's two hues, replaced by colours that the light is said to have."""
    named = [_HUES[word] for word in said if word in _HUES]
    if not named:
        return hue, contrast_hue
    light = named[0]
    if 20 <= light <= 115:
        # Dark yellow is olive; what golden light falls on is brown and red.
        return light - 32, light
    if len(named) > 1:
        return light, named[1]
    apart = abs((light - contrast_hue + 180) % 360 - 180)
    return light, contrast_hue if apart > 40 else light + 150


def brightness(said: Sequence[str]) -> float:
    """How much the named light lifts or lowers the picture, -0.2 to 0.2."""
    score = sum(word in _BRIGHTER for word in said) - sum(word in _DARKER for word in said)
    return min(max(0.07 * score, -0.2), 0.2)


def tempo(said: set[str]) -> float:
    """A factor on motion."""
    return 1.0 + 0.22 * bool(said & _FASTER) - 0.2 * bool(said & _SLOWER)


def framing(said: Sequence[str]) -> float:
    """-0.6 wide to 0.6 close, by the first shot size named."""
    text = " ".join(said)
    sizes = (
        ("extreme close", 0.6), ("extreme wide", -0.6), ("medium close", 0.3),
        ("medium wide", -0.4), ("close", 0.5), ("tighter", 0.5), ("insert", 0.5),
        ("medium shot", 0.0), ("full shot", -0.4), ("panoramic", -0.6), ("wide", -0.5),
        ("long shot", -0.5),
    )  # fmt: skip
    found = [(text.find(name), -len(name), value) for name, value in sizes if name in text]
    return min(found)[2] if found else 0.0


def movement(said: Sequence[str], draw: random.Random) -> str:
    """The camera's move: push, pull, left, right, arc, still or lift."""
    return best(said, _MOVES) or draw.choice(["push", "pull", "left", "right", "arc"])
