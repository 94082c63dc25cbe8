"""The expected score: what a judge would say on average, from one reply's token probabilities.

A model that writes `2` may have been close to writing `3`. Where a server tells how likely
other tokens were, the mean over the scores they state is finer than the score itself (G-Eval,
Liu et al. 2023). Which token states a score is not guessed from the reply's form: it is the
one digit whose change changes what the strict parser reads, and nothing else.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from intermt.records import TokenChoice

Read = Callable[[str], Mapping[str, int | None]]
"""Reads the verdicts off a reply, by what they are about."""

NO_TOKENS = "the server gives no probabilities of tokens"
OTHER_TEXT = "the tokens do not make up the reply"
NO_PLACE = "no single token states the score"
TOO_LONG = "too many numbers in the reply to find the score's token"

# Each is tried, and takes one reading of the reply.
_MOST_DIGITS = 200
# Not the point, with which a number may go on.
_BEHIND = b" \t\r\n,;}])*\"'"


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected score on one dimension.

    Attributes:
        value: Mean of the scores from the scale's 0 or 1 on, weighted by their probability
            and divided by `mass`; None where `why` says why.
        mass: Probability on tokens that state such a score, 0 to 1; what is missing went to
            other tokens, or to less likely ones than the server lists. None without value.
        why: Why there is no value; "" if there is.
    """

    value: float | None
    mass: float | None = None
    why: str = ""


def expected_scores(
    text: str,
    stream: Sequence[TokenChoice],
    read: Read,
    scale: range,
) -> dict[str, Expected]:
    """The expected score for each verdict that a reply states.

    -1 (of style_coherence) is a finding and no point of the scale: it is left out of the
    mean, and where it is what the reply states, it is the expected score.

    Args:
        text: The reply, as `read` reads it.
        stream: Its tokens; there may be more before and after it.
        read: Reads the verdicts.
        scale: The scores that count, as in `range(4)`.
    """
    stated = {name: value for name, value in read(text).items() if value is not None}
    found = {name: Expected(float(value)) for name, value in stated.items() if value not in scale}
    wanted = {name: value for name, value in stated.items() if name not in found}
    tokens = _Tokens.of(stream, text)
    if not wanted or tokens is None:
        why = OTHER_TEXT if stream else NO_TOKENS
        return found | {name: Expected(None, why=why) for name in wanted}
    digits = [at for at, char in enumerate(text) if char.isdecimal() and int(char) in scale]
    if len(digits) > _MOST_DIGITS:
        return found | {name: Expected(None, why=TOO_LONG) for name in wanted}
    places = _places(text, digits, read, scale, stated)
    for name in wanted:
        at = places.get(name)
        weights = {} if at is None else _weights(tokens, text, at, name, read, scale, stated)
        mass = sum(weights.values())
        if mass <= 0:
            found[name] = Expected(None, why=NO_PLACE)
        else:
            mean = sum(score * weight for score, weight in weights.items()) / mass
            found[name] = Expected(mean, min(mass, 1.0))
    return {name: found[name] for name in stated}


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The tokens beside the text they make up.

    Attributes:
        stream: The tokens.
        ends: The byte of the stream at which each ends.
        whole: All bytes of the stream.
        start: The byte at which the reply begins.
        end: The byte at which it ends.
    """

    stream: Sequence[TokenChoice]
    ends: list[int]
    whole: bytes
    start: int
    end: int

    @classmethod
    def of(cls, stream: Sequence[TokenChoice], text: str) -> _Tokens | None:
        whole = b"".join(token.text for token in stream)
        content = text.encode("utf-8", "surrogatepass")
        # What was thought before may hold the same words.
        start = whole.rfind(content)
        if start < 0:
            return None
        ends = list(accumulate(len(token.text) for token in stream))
        return cls(stream, ends, whole, start, start + len(content))


def _places(
    text: str,
    digits: Sequence[int],
    read: Read,
    scale: range,
    stated: Mapping[str, int],
) -> dict[str, int]:
    """Where the digit stands that states each verdict; none where several do."""
    places: dict[str, list[int]] = {}
    for at in digits:
        now = int(text[at])
        other = now - 1 if now - 1 in scale else now + 1
        changed = read(f"{text[:at]}{other}{text[at + 1 :]}")
        differing = [name for name, value in stated.items() if changed.get(name) != value]
        if len(differing) == 1 and changed[differing[0]] == other:
            places.setdefault(differing[0], []).append(at)
    return {name: found[0] for name, found in places.items() if len(found) == 1}


def _weights(
    tokens: _Tokens,
    text: str,
    at: int,
    name: str,
    read: Read,
    scale: range,
    stated: Mapping[str, int],
) -> dict[int, float]:
    """The probability of each score at the token that holds the digit at a place."""
    digit = text[at].encode()
    first = tokens.start + len(text[:at].encode("utf-8", "surrogatepass"))
    number = bisect_right(tokens.ends, first)
    end = tokens.ends[number]
    begin = end - len(tokens.stream[number].text)
    if first + len(digit) > end:
        return {}
    before, behind = tokens.whole[begin:first], tokens.whole[first + len(digit) : end]
    alike = {before + str(score).encode() + behind: score for score in scale}
    alike[tokens.stream[number].text] = int(text[at])
    weights: dict[int, float] = {}
    for other, logprob in tokens.stream[number].likely:
        score = alike.get(other)
        if score is None and _has_digit(other) and tokens.start <= begin and end <= tokens.end:
            # What stood behind the digit in its token would have come next, for most.
            core = other.rstrip(_BEHIND) + behind
            said = tokens.whole[tokens.start : begin] + core + tokens.whole[end : tokens.end]
            changed = read(said.decode("utf-8", "replace"))
            others_hold = all(changed.get(n) == v for n, v in stated.items() if n != name)
            score = changed.get(name) if others_hold else None
        if score is not None and score in scale:
            weights[score] = weights.get(score, 0.0) + math.exp(logprob)
    return weights


def _has_digit(token: bytes) -> bool:
    return any(char.isdecimal() for char in token.decode("utf-8", "ignore"))
