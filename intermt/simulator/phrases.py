"""What simulated models say: sentences put together by hash, each text with its mark."""

from __future__ import annotations

import re

from intermt.simulator.dice import Dice
from intermt.simulator.wire import MARK

_TAG = re.compile(r"<\s*Image,[^<>]*>")
_WORD = re.compile(r"[^\W\d_]{4,}")
_LONGEST_TOPIC_WORD = 24
_COMMON_WORDS = """
    about above after again also answer because been before being best between both cannot
    could does doing done each every first from gets give have help here however image into
    just like look made make many maybe more most much must need next only other over picture
    please question really same shall should show simulated since some step such sure tell
    than that their them then there these they thing this those through turn under until user
    very want well were what when where which while whole will with would write your yours
    explain describe assistant follow message conversation"""
_COMMON = frozenset(_COMMON_WORDS.split())

_OPENINGS = (
    "The heart of {0} is the order in which things happen.",
    "For {0}, start with the part that is hardest to change later.",
    "There are 2 good ways to go about {0}, and they suit different people.",
    "What you describe about {0} points to a common cause.",
    "A short answer on {0} first, then the details.",
    "Think of {0} as a small system with an inside and an outside.",
    "I would treat {0} as a trade-off between effort and result.",
    "Looking closely at {0}, one detail stands out.",
    "With {0}, most people skip the step that matters.",
    "It helps to split {0} into what is fixed and what is free.",
)
_DETAILS = (
    "First check what you already have, then decide what is missing.",
    "The left part carries the weight, because everything else leans on it.",
    "Keep about 3 of the pieces and set the rest aside for now.",
    "Compare both versions side by side before choosing one.",
    "Colour and light do more here than size does.",
    "A rough sketch of {0} will show where the proportions are off.",
    "Give it roughly 20 minutes and look again with fresh eyes.",
    "What changes between the stages is small, so mark it clearly.",
    "The same rule holds for {0} in other places.",
    "Measure twice at the narrow end, since errors add up there.",
    "Use a simple material; it forgives more mistakes.",
    "Write down what you saw before you interpret it.",
    "Instead of adding more, remove what competes for attention.",
    "Nothing about {0} has to be decided today.",
)
_HEDGES = (
    "I am unsure about this part, so maybe check it elsewhere.",
    "Perhaps it works somehow, whatever the cause.",
    "This is only a guess.",
)
_CLOSINGS = (
    "Finally, compare the result with your goal.",
    "Tell me which of these fits and I will go on from there.",
    "The rest follows by itself.",
    "That is enough for a first attempt.",
    "Once this holds, the next stage is easy.",
)
_LOOKS = (
    "a clear drawing",
    "a wide view",
    "a close-up",
    "a labelled sketch",
    "a bright illustration",
    "a side view",
    "a step-by-step diagram",
    "a calm photograph",
)
_SETTINGS = (
    "on a plain background",
    "in soft morning light",
    "seen from above",
    "with the main parts marked",
    "beside a ruler for scale",
    "in the style of the first picture",
    "before and after the change",
    "in warm colours",
)
_FOLLOW_UPS = (
    "Could you show me the part about {0} in a picture?",
    "What would change if {0} were twice as large?",
    "I tried that with {0} and it did not work. What did I miss?",
    "How do I go on from here with {0}?",
    "Why does {0} matter more than the rest?",
    "Can you compare {0} with the other option, side by side?",
    "Which step of {0} should I do first?",
    "That helps. Could the picture show {0} from the other side?",
    "Is there a simpler way to get {0} done in an afternoon?",
    "Does what you said about {0} fit the first picture I sent?",
    "Can you keep the same style but make {0} stand out?",
    "How would I notice that {0} has gone wrong?",
)
_STEPS = (
    "Find out what the user really wants from {0}.",
    "Describe what the first picture shows of {0}.",
    "Choose between the two ways and say why.",
    "Make a picture of {0} that fits the text.",
    "Check the result against the question.",
    "Correct the earlier mistake about {0}.",
    "Keep the style of the pictures the same.",
    "Sum up and name what is left to do.",
)
_REASONS = (
    "Text and picture were not really looked at; the verdict is invented.",
    "The hidden quality of this text plus noise led to this verdict.",
    "Made by a formula, not by reading what was said.",
    "No model has judged this.",
)


def topic_of(text: str, dice: Dice) -> str:
    """One or two words of a text that a reply can be about; "this" where it has none."""
    plain = _TAG.sub(" ", text).replace(MARK, " ")
    words = [w for w in _WORD.findall(plain[-4000:]) if w.casefold() not in _COMMON]
    if not words:
        return "this"
    first = dice.integer(0, len(words) - 1, "topic")
    chosen = words[first : first + dice.integer(1, 2, "topic words")]
    return " ".join(word[:_LONGEST_TOPIC_WORD].lower() for word in chosen)


def answer(topic: str, dice: Dice, *, pictures: bool) -> str:
    """An answer of one to four sentences, sometimes with places for pictures.

    With `pictures`, six answers in ten carry a tag `<Image, caption>`, some of these two,
    and a few tags are spelt `< Image, caption>`.
    """
    sentences = [dice.pick(_OPENINGS, "opening")]
    for number in range(dice.integer(0, 2, "details")):
        sentences.append(dice.pick(_DETAILS, "detail", number))
    if dice.chance(0.2, "hedge"):
        sentences[-1] = dice.pick(_HEDGES, "hedge text")
    if dice.chance(0.5, "closing"):
        sentences.append(dice.pick(_CLOSINGS, "closing text"))
    # Two equal details in a row would read like a fault.
    sentences = [sentence.format(topic) for sentence in dict.fromkeys(sentences)]
    if pictures and dice.chance(0.6, "pictured"):
        for number in range(2 if dice.chance(0.12, "two pictures") else 1):
            opening = "< Image" if dice.chance(0.06, "stray", number) else "<Image"
            tag = f"{opening}, {caption(topic, dice, number)}>"
            sentences.insert(dice.integer(1, len(sentences), "place", number), tag)
    return MARK + " ".join(sentences)


def caption(topic: str, dice: Dice, number: int = 0) -> str:
    """What a wanted picture shows, without the mark."""
    look, setting = dice.pick(_LOOKS, "look", number), dice.pick(_SETTINGS, "setting", number)
    return f"{look} of {topic} {setting}"


def follow_up(topic: str, dice: Dice) -> str:
    """The next question of a simulated user."""
    return MARK + dice.pick(_FOLLOW_UPS, "follow-up").format(topic)


def steps(topic: str, dice: Dice) -> list[str]:
    """Three to five crucial steps, in order, without the mark."""
    kept = sorted(range(len(_STEPS)), key=lambda number: dice.unit("step", number))
    kept = sorted(kept[: dice.integer(3, 5, "steps")])
    return [_STEPS[number].format(topic) for number in kept]


def reason(dice: Dice) -> str:
    """Why a simulated judge says what it says: it has no reason, and says so."""
    return MARK + dice.pick(_REASONS, "reason")
