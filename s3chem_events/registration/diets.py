"""What a kitchen knows by name among the dietary needs that people write, in the eight languages; pure.

Only what is nothing but such a name is counted under it: a longer sentence may hold an allergy, and stays as written.
"""

import re

from s3chem_events.registration import names

STEMS: dict[str, tuple[str, ...]] = {
    "gluten_free": (
        "gluten",
        "glutin",
        "coeliac",
        "celiac",
        "celiaqu",
        "celiak",
        "coeliaqu",
        "coeliak",
        "zoliak",
        "bezglut",
    ),
    "lactose_free": ("lactos", "laktos", "laktoz", "lattos", "lactoos"),
    "vegan": ("vegan", "wegan", "vegetalien"),
    "vegetarian": ("vegetar", "wegetar"),
    "halal": ("halal",),
    "kosher": ("kosher", "koscher", "koszer", "kosjer", "koosjer", "casher", "kasher", "caixer"),
}
BETWEEN = re.compile(r"[,;/+&.]|\b(?:and|und|et|en|ed|oraz)\b")
MOST_WORDS = 2
NOT = frozenset({"no", "not", "non", "nicht", "kein", "keine", "nie", "geen", "niet", "pas"})


def known(text: str) -> tuple[str, ...]:
    """Return the diets that a text names, if it says nothing else; nothing where it does."""
    found = []
    for piece in BETWEEN.split(names.fold(text)):
        said = piece.replace("-", " ").split()
        if not said:
            continue
        diet = next((name for name, stems in STEMS.items() if any(stem in piece for stem in stems)), "")
        refused = diet not in {"gluten_free", "lactose_free"} and not NOT.isdisjoint(said)
        if not diet or len(said) > MOST_WORDS or refused:
            return ()
        found.append(diet)
    return tuple(name for name in STEMS if name in found)
