"""Colours that the pictures and pages share.

Price tiers differ in colour (Okabe and Ito's, safe for colour-blind readers), in lightness and in
the word beside the colour; bumps are hollow.
"""

INK = "#1f2933"
FAINT = "#7b8794"
PAPER = "#ffffff"
RULE = "#d9dee4"
TIERS = {
    "budget": ("#56b4e9", INK),
    "mid": ("#e69f00", INK),
    "premium": ("#0b5394", PAPER),
    "bump": (PAPER, INK),
}
"""Fill and text colour of each price tier."""
