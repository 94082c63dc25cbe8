"""Reward calls: a whole conversation to one number, over vLLM's `/classify` and `/pooling`.

Both stand beside `/v1`, not under it, and take the messages of a chat; vLLM applies the
model's own chat template. The number is asked for before any activation: a sigmoid makes all
good conversations alike.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from intermt.config import RewardEndpoint, Server
from intermt.records import Call, Message, Reply
from intermt.servers.calls import make_call
from intermt.servers.chat import message_bodies, pictures_of
from intermt.servers.replies import Reading

_NO_SUCH_PATH = (404, 405, 501)
# vLLM has had these paths for every model, and said so when the model could not do it.
_NOT_THIS_API = re.compile(r"does not support (?:the )?(?:classification|pooling) api", re.I)
_PLACES: dict[str, str] = {"classify": "probs", "pooling": "data"}


@dataclass(frozen=True, slots=True)
class Reward:
    """What a reward model gave.

    Attributes:
        value: The number.
        is_last_token: Whether it gave one for every token, of which this is the last one's.
    """

    value: float
    is_last_token: bool = False


class NotARewardError(Exception):
    """A reply does not hold one number; the text says what it holds.

    Attributes:
        several: How many numbers the model gives where one is wanted; 0 where that is not
            what is wrong. A model that gives several does so every time.
    """

    def __init__(self, why: str, several: int = 0) -> None:
        super().__init__(why)
        self.several = several


def reward_call(
    server: Server, messages: Sequence[Message], *, endpoint: RewardEndpoint, model: str
) -> Call:
    """The call that asks for the reward of a conversation.

    Unlike in a chat, pictures stay in the messages they belong to, an assistant's too: the
    reward is read off the end of the last answer, where nothing may be added.
    """
    written = message_bodies(messages, in_place=True)
    body: dict[str, Any] = {"messages": written, "use_activation": False}
    if endpoint == "pooling":
        body["encoding_format"] = "float"
    images = pictures_of(written)
    return make_call(server, "reward", f"/{endpoint}", body, model=model, images=images)


def base_of(url: str) -> str:
    """Where the paths of reward calls are, for a base URL."""
    return url.removesuffix("/v1")


def read_reward(call: Call, data: Any) -> Reading:
    """Whether a reply holds one finite number; its text is that number."""
    try:
        return Reading("ok", text=repr(_reward(call.path.strip("/"), data).value))
    except NotARewardError as error:
        return Reading("unparsed", error=str(error))


def reward_of(call: Call, reply: Reply) -> Reward:
    """The reward in an answered reply.

    Raises:
        NotARewardError: It holds none.
    """
    return _reward(call.path.strip("/"), reply.data)


def lacks_endpoint(reply: Reply) -> bool:
    """Whether the server has no such path, or has it not for its model."""
    return reply.state == "rejected" and (
        reply.http_status in _NO_SUCH_PATH or _NOT_THIS_API.search(reply.error) is not None
    )


def _reward(endpoint: str, data: Any) -> Reward:
    place = _PLACES[endpoint]
    entries = data.get("data") if isinstance(data, dict) else None
    if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        raise NotARewardError("the reply has no list called data with one entry")
    values = entries[0].get(place)
    if not isinstance(values, list) or not values:
        raise NotARewardError(f"the reply has no list of numbers called {place}")
    is_last_token = all(isinstance(row, list) for row in values)
    if is_last_token:
        values = values[-1]
    if len(values) > 1:
        what = "for every token" if is_last_token else "for a conversation"
        raise NotARewardError(
            f"the model gives {len(values)} numbers {what}; a reward model gives one", len(values)
        )
    value = values[0] if values else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotARewardError("the reward is not a number (missing, or NaN or infinite)")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise NotARewardError("the reward is infinite")
    return Reward(number, is_last_token)
