"""What the invented annotators say; true of hardly any answer in particular, by design."""

from __future__ import annotations

CHOSEN = {
    "local_image_text_consistency": (
        "Text and picture of the chosen answer say the same; in the other one I had to guess.",
        "What the sentence promises is what I see. The other one promises more than it shows.",
        "The other answer talks about things I can't find in any picture.",
        "I could follow from the words to the place in the picture without searching.",
        "Picture use: here it carries the point, there it is decoration.",
    ),
    "visual_perceptual_quality": (
        "Easier on the eye and legible even when small.",
        "The other one looks unfinished, with edges and lettering I can't make out.",
        "Clean drawing; I would put it in front of people as it is.",
        "Nothing distorted here. In the other one the proportions are off.",
    ),
    "context_coherence": (
        "Stays with what was asked before; the other one starts from nothing.",
        "It remembers the wish from the beginning.",
        "The other answer goes back on what had already been agreed.",
        "Follows naturally from the question. The other could stand under any question.",
        "Leaves the decision where the user wanted it; the other runs ahead.",
    ),
    "text_quality": (
        "Says the first step first. In the other one a step is missing.",
        "Shorter and still complete.",
        "Friendly without talking down, and it comes to the point.",
        "The other answer repeats itself and hides the useful sentence at the end.",
        "Reasons are given, so that I could check them.",
        "The tone suits somebody who is asking for help; the other lectures.",
    ),
}
"""By the dimension that decided."""

EVEN = (
    "Both would do, and neither made me sure.",
    "Different strengths; I can't rank them.",
    "Nearly the same answer twice.",
    "Both leave out what I would have asked for next.",
    "I looked twice and changed my mind twice.",
)
"""For ties."""
