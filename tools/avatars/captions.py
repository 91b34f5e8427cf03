"""Captions of portraits, from their factors: "a smiling old woman with glasses"."""

import random

# What a word says of an attribute: the values that it may be said of. Between them nothing is said.
YOUNG, OLD = 0.35, 0.62
SERIOUS, SMILING = 0.33, 0.62
TURNED_DEGREES, STRAIGHT_DEGREES = 13.0, 7.0

SAID = 0.8  # how often an attribute is mentioned when it could be
EMPTY = 0.1  # how often a caption is empty, for guidance


def caption(values: dict[str, float], draw: random.Random) -> str:
    """One of the many captions that are true of a portrait with these attributes; empty now and then."""
    if draw.random() < EMPTY:
        return ""
    said = lambda share=SAID: draw.random() < share

    adjectives = []
    if said() and values["smile"] > SMILING:
        adjectives.append(draw.choice(["smiling", "smiling", "happy", "laughing"]))
    elif said() and values["smile"] < SERIOUS:
        adjectives.append(draw.choice(["serious", "serious", "unsmiling"]))
    if said() and values["age"] > OLD:
        adjectives.append(draw.choice(["old", "old", "elderly"]))
    elif said() and values["age"] < YOUNG:
        adjectives.append("young")
    if draw.random() < 0.2:
        draw.shuffle(adjectives)
    noun = "person"
    if said(0.92):
        noun = draw.choice(["man", "man", "gentleman"] if values["gender"] > 0.5 else ["woman", "woman", "lady"])

    worn, bare = [], []
    for name, words, article in (("glasses", ["glasses", "glasses", "sunglasses"], ""), ("hat", ["hat"], "a ")):
        if values[name] > 0.5 and said():
            worn.append(article + draw.choice(words))
        elif values[name] <= 0.5 and said(0.3):
            bare.append(article + words[0])
    draw.shuffle(worn)
    clauses = []
    if worn:
        clauses.append(draw.choice(["with ", "with ", "wearing ", "in "]) + " and ".join(worn))
    if bare:
        clauses.append("without " + " or ".join(bare))
    if abs(values["yaw"]) > TURNED_DEGREES and said(0.6):
        side = "right" if values["yaw"] > 0 else "left"
        clauses.append(draw.choice(["looking to the ", "looking ", "turned to the "]) + side)
    elif abs(values["yaw"]) < STRAIGHT_DEGREES and said(0.4):
        clauses.append(draw.choice(["facing the camera", "looking straight ahead"]))
    draw.shuffle(clauses)

    first = adjectives[0] if adjectives else noun
    article = "an" if first[0] in "aeiou" else "a"
    subject = " ".join([article, *adjectives, noun])
    opening = draw.choice(["", "", "", "a portrait of ", "a picture of ", "portrait of "])
    separator = draw.choice([" ", " ", ", "])
    text = opening + separator.join([subject, *clauses])
    return text.capitalize() if draw.random() < 0.1 else text


def all_texts(count: int = 20_000) -> list[str]:
    """Many captions of made-up attributes, for the tokenizer to learn its merges from."""
    draw = random.Random(0)
    texts = []
    for _ in range(count):
        values = {name: draw.random() for name in ("smile", "gender", "age", "glasses", "hat")}
        texts.append(caption({**values, "yaw": draw.uniform(-38, 38)}, draw))
    return texts
