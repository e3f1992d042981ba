"""A third paper for the final exam's composer, written once the second had told what to study."""

import numpy as np

from musicapp_pipeline_tests.benches.analysis_exam_final import Chart, Truth, final_song

CHARTS = (
    Chart("cumbia", 92, 4, "I4 V8 C8 S8 V8 C8 C8 O4",
          {"k": "X...X...", "x": "x.xxx.xx", "r": "..X...X."},
          ("1551", "4415", "6655"), ("deep", "0..20.2."), ("reeds", "..0...0."), "reeds",
          loose=0.01),
    Chart("grunge", 118, 4, "I8 V16 C8 V8 C16 S8 C8",
          {"k": "X..X..X...X.....", "s": "....X.......X...", "o": "X...X...X...X..."},
          ("1364", "1476", "4411"), ("deep", "0.0.0.0."), ("fuzz", "0.00..00"), "fuzz",
          loose=0.012, drift=0.02),
    Chart("bluegrass", 124, 4, "I4 V8 V8 C8 S16 V8 C8 C8 O4", {},
          ("1145", "4151", "1451"), ("deep", "0...2..."), ("mallet", "..01..12"), "mallet",
          loose=0.008, drift=0.03),
    Chart("deep house", 122, 4, "I16 V16 C16 D8 C16 O8",
          {"k": "X...X...X...X...", "c": "....X.......X...", "o": "..X...X...X...X."},
          ("2255", "6253", "2222"), ("filtered", "0..0..0..0..2..."),
          ("drawbars", "...0..0....0...."), "singer", loose=0.002),
    Chart("ska punk", 178, 4, "I4 V8 P4 C8 V8 P4 C8 B8 C8 C8",
          {"k": "X...X.X.", "s": "..X...X.", "h": "xXxXxXxX"},
          ("1564", "1455", "6644"), ("deep", "0.1.2.1."), ("fuzz", ".0.0.0.0"), "reeds",
          loose=0.009),
    Chart("soul in six", 156, 6, "I4 V8 C8 V8 C8 B8 C8 C8",
          {"k": "X....xX.....", "s": "......X.....", "h": "X.x.x.X.x.x."},
          ("1634", "4215", "6325"), ("deep", "0.....2..1.."), ("drawbars", "0.....0....."),
          "singer", loose=0.012, drift=0.03),
    Chart("mazurka", 138, 3, "V16 C16 V16 B8 C16 O4", {},
          ("1551", "4415", "6262"), ("deep", "0....."), ("reeds", "..0.0."), "mallet",
          loose=0.015, drift=0.06),
    Chart("g-funk", 94, 4, "I4 V16 C8 V16 C8 B4 C8 O4",
          {"k": "X..X......X..X..", "c": "....X.......X...", "h": "x.x.x.x.x.x.xxx."},
          ("1177", "6475", "1144"), ("filtered", "0..0..2...0.2..."),
          ("drawbars", "0.....0........."), "filtered", swing=0.53),
    Chart("city pop", 108, 4, "I8 V8 P8 C8 V8 P8 C8 S8 C8 C8",
          {"k": "X.....X.X.X.....", "s": "....X.......X..x", "h": "X.x.X.x.X.x.X.x."},
          ("4362", "4536", "2514"), ("deep", "0..02...0..02.1."), ("mallet", "0..0..0...0.0..."),
          "singer"),
    Chart("seven again", 168, 7, "I4 V8 C8 V8 C8 D4 C8 C8",
          {"k": "X.....X...X...", "s": "....X.......X.", "r": "X.X.X.X.X.X.X."},
          ("1171", "6475", "4466"), ("fuzz", "0...0.0...0..."), ("filtered", "0.1.2.0.1.0.2."),
          "singer", loose=0.004),
)  # fmt: skip


def third_song(number: int) -> tuple[Chart, np.ndarray, Truth]:
    """Song ``number``: chart, samples at 22,050 Hz, and (beats, downbeats, sections) in seconds."""
    return final_song(number, CHARTS, seed=4713)
