"""The colours of figures, on a light page and on a dark one."""

from types import MappingProxyType

# Okabe and Ito's colours, which colour-blind readers can tell apart
BLACK, ORANGE, SKY, GREEN, BLUE, RED, PURPLE = "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
WHITE = "#FFFFFF"
#: Bands behind data, filled histograms, arrows.
BAND, GREY, DARK = "#DDDDDD", "#BBBBBB", "#444444"

#: What replaces each colour on a dark page, with a contrast to it of at least 3 where the colour is of data.
ON_DARK = MappingProxyType(
    {
        BLACK: "#E6E8EB", ORANGE: "#F2C14E", SKY: "#A5DCF7", GREEN: "#2FC79A", BLUE: "#58A6E8", RED: "#FF8A47", PURPLE: "#E39CC4",
        WHITE: "#15181C", BAND: "#343A42", GREY: "#59616B", DARK: "#B4BBC4",
    }
)  # fmt: skip
