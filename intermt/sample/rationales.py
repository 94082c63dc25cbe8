"""What the invented annotators write; true of hardly any answer in particular, by design."""

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
    "context_awareness": (
        "Still knows in the last answer what was said in the first question.",
        "The other conversation asks again for what it has been told.",
    ),
    "helpfulness": (
        "I would be done after this one. After the other I would ask somebody else.",
        "Gets further in as many turns.",
    ),
    "crucial_step_recognition": (
        "Does the step that everything hangs on before the rest.",
        "The other one is busy with side issues until the end.",
    ),
    "global_image_text_consistency": (
        "Pictures and words stay together over all turns.",
        "In the other conversation pictures come late or not at all.",
    ),
    "style_coherence": (
        "One can see that the pictures belong together.",
        "The look changes from turn to turn in the other one.",
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

FAULTS = {
    "local_image_text_consistency": (
        "The text points at something that I don't find in the picture.",
        "A picture was promised here; I can't tell what it adds to the words.",
        "Words and picture name the same thing differently, so I had to match them up myself.",
    ),
    "visual_perceptual_quality": (
        "Small details can't be made out, and those are what the question is about.",
        "The picture is crowded; my eye doesn't know where to go first.",
        "Lines that should be straight are not, which makes the sizes hard to judge.",
    ),
    "context_coherence": (
        "What the user said two messages ago is not taken up.",
        "Starts over as if nothing had been agreed yet.",
        "Decides something that was left for the user to decide.",
    ),
    "text_quality": (
        "The step that matters stands in the middle of a long sentence.",
        "Sounds certain, but gives no reason that could be checked.",
        "Says the same thing twice in other words.",
    ),
}
"""What is wrong with an answer, by its weakest dimension."""

WISHES = {
    "local_image_text_consistency": (
        "Name only what can be seen, and say where in the picture it is.",
        "Either draw what the sentence promises or leave the promise out.",
    ),
    "visual_perceptual_quality": (
        "Show one thing only, larger, with two or three labels.",
        "Draw it again on a plain background.",
    ),
    "context_coherence": (
        "Begin with what was agreed, in half a sentence, and go on from there.",
        "Offer the choice back to the user before the next step.",
    ),
    "text_quality": (
        "Put the first step first and cut the rest by half.",
        "Give the reason for the recommendation in one sentence.",
    ),
}
"""What should be changed about it, likewise."""
