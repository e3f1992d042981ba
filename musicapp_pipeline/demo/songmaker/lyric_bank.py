"""Lines for songs made by chance, written for this project; hyphens part syllables."""

VERSE = (
    "Rain is fall-ing on the sta-tion,",
    "I can hear the eve-ning train,",
    "Ev-e-ry lamp a-long the riv-er",
    "Draws a cir-cle in the rain.",
    "Pa-per boats and bro-ken pro-mi-ses",
    "Find their way be-yond the bay,",
    "I have kept a win-dow o-pen",
    "Since the day you went a-way.",
    "Moun-tains turn from blue to sil-ver,",
    "Snow is melt-ing in the sun,",
    "We were young and we were on-ly",
    "Count-ing star-light one by one.",
    "Pic-tures on a kit-chen ta-ble,",
    "Cof-fee cold and ra-di-o low,",
    "Some-one sings a-bout to-mor-row",
    "In a town we used to know.",
)
CHORUS = (
    "Hold me clos-er to the fi-re,",
    "Let the morn-ing come a-lone,",
    "Lift me high-er, lift me high-er,",
    "Ev-e-ry road will lead us home.",
    "Dance with me un-til the day-light,",
    "Keep the mu-sic in your bones,",
    "We are bright-er than the moon-light,",
    "We will ne-ver dance a-lone.",
)
BRIDGE = (
    "If the night should take my voice a-way,",
    "You would know the words I meant to say.",
    "Time is on-ly wa-ter mov-ing,",
    "Noth-ing love has made is los-ing.",
)
TITLES = (
    ("Evening", "Paper", "Silver", "Northern", "Quiet", "Golden", "Distant", "Summer"),
    ("Station", "River", "Window", "Signal", "Garden", "Fire", "Harbour", "Morning"),
)
