"""A second paper for the final exam's composer: ten other songs, written when all else was decided.

The instruments are the final exam's; patterns, forms, tempi and harmonies are new.
"""

import numpy as np

from musicapp_pipeline_tests.benches.analysis_exam_final import Chart, Truth, final_song

CHARTS = (
    Chart("bossa nova", 132, 4, "I4 V16 C8 V8 S8 C8 O4",
          {"r": "xxxxxxxx", "k": "X..xX..x", "c": "x..x..x...x..x.."},
          ("1251", "4736", "3625"), ("deep", "0..20..2"), ("mallet", "0..0..0...0..0.."), "reeds",
          loose=0.008),
    Chart("disco", 118, 4, "I8 V8 P4 C8 V8 P4 C8 D4 C16",
          {"k": "X...X...X...X...", "s": "....X.......X...", "o": "..X...X...X...X.",
           "h": "x.x.x.x.x.x.x.x."},
          ("6411", "4536", "2255"), ("filtered", "0.000.000.000.00"), ("fuzz", "..0..0..0.0..0.."),
          "singer"),
    Chart("country train", 104, 4, "I4 V8 C8 S8 V8 C8 C8 O4",
          {"k": "X...X...", "s": "xXxXxXxX"},
          ("1145", "4151", "1155"), ("deep", "0.2.0.2."), ("mallet", "..0...0."), "singer",
          loose=0.01, drift=0.03),
    Chart("blues in twelve", 63, 4, "I4 V12 V12 S12 V12 O4",
          {"r": "X.xX.xX.xX.x", "k": "X.....X.....", "s": "...X.....X.."},
          ("111144115411", "111144115411", "144111441154"), ("deep", "0..1..2..1.."),
          ("drawbars", "..0........0"), "fuzz", loose=0.012),
    Chart("synthwave", 98, 4, "I8 V8 C8 V8 C8 B8 C8 O8",
          {"k": "X.......X.......", "s": "....X.......X...", "h": "x.x.x.x.x.x.x.x."},
          ("6415", "1564", "4466"), ("filtered", "0.0.0.0.0.0.0.0."),
          ("filtered", "0.1.2.1.0.1.2.1."), "filtered", loose=0.0),
    Chart("seven", 138, 7, "I4 V8 C8 V8 C8 B4 C8",
          {"k": "X...X.....X...", "s": "..X...X.....X.", "h": "xxxxxxxxxxxxxx"},
          ("1164", "6411", "4455"), ("fuzz", "0.0.0.0.0.0.0."), ("drawbars", "0.......0....."),
          "singer"),
    Chart("soca", 160, 4, "I4 V8 C8 V8 C8 D8 C8 C8",
          {"k": "X...X...X...X...", "s": "...X..X....X..X.", "x": "xxxxxxxxxxxxxxxx"},
          ("1451", "4511", "6655"), ("deep", "0..0..2.0..0..2."), ("drawbars", "..0...0...0...0."),
          "reeds"),
    Chart("hymn", 84, 4, "V8 C8 V8 C8 V8 C8 O2", {},
          ("1415", "4651", "2255"), ("drawbars", "0...0..."), ("drawbars", "0.0.0.0."), "singer",
          loose=0.01, drift=0.04),
    Chart("stadium rock", 88, 4, "I4 V8 P4 C8 V8 P4 C8 S8 B4 C8 O4",
          {"k": "X.X...X.X.X...X.", "s": "....X.......X...", "r": "X...X...X...X..."},
          ("1176", "6457", "4411"), ("deep", "0.0.0.0."), ("fuzz", "0...0.0."), "fuzz",
          drift=0.015),
    Chart("waltz song", 104, 3, "I4 V16 C16 V16 C16 O4",
          {"k": "X.....", "s": "..x.x.", "h": "X.X.X."},
          ("1454", "6415", "2255"), ("deep", "0....."), ("reeds", "..0.0."), "singer",
          drift=0.04),
)  # fmt: skip


def second_song(number: int) -> tuple[Chart, np.ndarray, Truth]:
    """Song ``number``: chart, samples at 22,050 Hz, and (beats, downbeats, sections) in seconds."""
    return final_song(number, CHARTS, seed=4712)
