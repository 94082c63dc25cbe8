"""The tools that supply the pictures of answers: draw, edit, retrieve.

A picture comes from a server, or, for retrieve, from a local folder. What a tool will not
supply (refused, or a request it calls wrong) leaves a note of why; nothing is put in its
place. What failed for another reason may succeed next time: the answer waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from intermt.commands.calling import Caller
from intermt.commands.local_pictures import LocalPictures
from intermt.config import Server
from intermt.domain.picture_numbers import Shown
from intermt.domain.picture_references import not_there
from intermt.domain.tool_routing import Available, route
from intermt.errors import InputError
from intermt.records import Call, ImagePart, Reply, ToolName, ToolState, ToolUse, content_id
from intermt.servers.pictures import draw_call, edit_call, retrieve_call
from intermt.servers.tool_calls import ToolCall
from intermt.store.requests import is_settled

_VERBS = {"draw": "drawn", "edit": "edited", "retrieve": "retrieved"}


@dataclass(frozen=True, slots=True)
class Supplied:
    """What became of one wanted picture.

    Attributes:
        tool: The tool that was asked last.
        ask: What it was asked for.
        reason: Why that tool.
        state: How it ended.
        part: The picture or the note why it is missing, without its tag.
        source_sha256: The picture that was changed or is shown again.
        request_key: The call that was made.
        late_sha256: The picture, where an earlier run went on without it.
        simulated: Whether a stand-in had a part in it.
    """

    tool: ToolName
    ask: str
    reason: str
    state: ToolState
    part: ImagePart
    source_sha256: str | None = None
    request_key: str | None = None
    late_sha256: str | None = None
    simulated: bool = False

    @property
    def sha256(self) -> str | None:
        """The picture as the conversation goes on with it."""
        return self.part.sha256

    def recorded(
        self, node_id: str, number: int, position: int | None, run_id: str | None
    ) -> ToolUse:
        """The record of it: the `number`-th wanted picture of a node."""
        late = self.late_sha256
        return ToolUse(
            tool_use_id=content_id("tool use", node_id, number),
            node_id=node_id,
            position=position,
            tool=self.tool,
            ask=self.ask,
            source_sha256=self.source_sha256,
            reason=self.reason + ("; what follows was written without it" if late else ""),
            request_key=self.request_key,
            state="ok" if late else self.state,
            image_sha256=late or self.part.sha256,
            run_id=run_id,
            simulated=self.simulated,
        )


class Toolbox:
    """The tools of one run.

    Args:
        caller: Asks the servers.
        draw: Server that draws.
        edit: Server that edits.
        retrieve: Server that retrieves.
        folder: Captioned pictures that are looked through in place of a server.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        draw: Server | None = None,
        edit: Server | None = None,
        retrieve: Server | None = None,
        folder: LocalPictures | None = None,
    ) -> None:
        self._caller = caller
        self._draw, self._edit, self._retrieve = draw, edit, retrieve
        self._folder = folder
        self._declined_now: set[str] = set()
        self.available = Available(
            draw is not None, edit is not None, retrieve is not None or folder is not None
        )

    @property
    def names(self) -> tuple[ToolName, ...]:
        """The tools there are."""
        named: Sequence[ToolName] = ("draw", "edit", "retrieve")
        return tuple(name for name in named if getattr(self.available, name))

    async def for_tag(self, caption: str, earlier: Sequence[Shown], seed: int) -> Supplied | None:
        """What became of the picture of a tag; None if a tool failed for now.

        Args:
            caption: What the tag says.
            earlier: Pictures shown before; the place of each, from 1, is its number.
            seed: Sampling seed.
        """
        way = route(caption, [picture.speaker for picture in earlier], self.available)
        if way.fault:
            note = ImagePart(missing=way.fault, key=content_id("no picture", caption))
            return Supplied("none", caption, way.reason, "invalid", note)
        source = earlier[way.picture - 1] if way.picture is not None else None
        reason = way.reason
        if way.tools == ("show",) and source is not None:
            return shown_again(source, caption, reason)
        for tool in way.tools:
            found = await self._supply(
                tool, caption, source if tool == "edit" else None, reason, seed, may_be_late=True
            )
            if found is None or found.state != "empty":
                return found
            reason += f"; nothing found to {tool}"
        note = ImagePart(missing=f"no tool: {reason}", key=content_id("no tool", caption))
        return Supplied("none", caption, reason, "unavailable", note)

    async def for_call(
        self, call: ToolCall, earlier: Sequence[Shown], seed: int
    ) -> Supplied | None:
        """What became of a tool call by a model; None if the tool failed for now.

        A call that makes no sense, or finds nothing, has a part that says so.
        """
        tool, ask, source, fault = self._understood(call, earlier)
        if fault:
            note = ImagePart(missing=fault)
            return Supplied(tool, ask, "the model called it", "invalid", note)
        # A picture that came later would have no place: the model was told that there is none.
        return await self._supply(tool, ask, source, "the model called it", seed, may_be_late=False)

    def _understood(
        self, call: ToolCall, earlier: Sequence[Shown]
    ) -> tuple[ToolName, str, Shown | None, str]:
        """Tool, what to ask it for, picture to change; and what is wrong with the call."""
        tool = next((name for name in self.names if name == call.name), None)
        if tool is None:
            fault = f"there is no tool {call.name!r}; there are {', '.join(self.names)}"
            return "none", call.written, None, fault
        field = {"draw": "caption", "edit": "instruction", "retrieve": "query"}[tool]
        ask = call.arguments.get(field)
        if not isinstance(ask, str) or not ask.strip():
            return tool, call.written, None, f"{tool} needs {field}, a text"
        if tool != "edit":
            return tool, ask.strip(), None, ""
        number = call.arguments.get("picture")
        if isinstance(number, str) and number.strip().isdecimal():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int):
            return tool, ask.strip(), None, "edit needs picture, the number of a picture"
        if not 1 <= number <= len(earlier):
            return tool, ask.strip(), None, not_there(number, len(earlier))
        return tool, ask.strip(), earlier[number - 1], ""

    async def _supply(
        self,
        tool: ToolName,
        ask: str,
        source: Shown | None,
        reason: str,
        seed: int,
        *,
        may_be_late: bool,
    ) -> Supplied | None:
        if tool == "retrieve" and self._folder is not None:
            return await self._from_folder(self._folder, ask, reason)
        call = self._call(tool, ask, source, seed)
        was_known = self._caller.is_known(call)
        reply = await self._caller.ask(call)
        source_sha256 = source.sha256 if source else None
        supplied = Supplied(
            tool,
            ask,
            reason,
            reply.state,
            # Known by the call, not by the bytes: the node keeps its id if the picture has
            # to be made again.
            ImagePart(reply.image_sha256, key=call.request_key),
            source_sha256,
            call.request_key,
            simulated=reply.simulated,
        )
        if reply.state == "ok" and reply.image_sha256 is not None:
            return supplied
        if not is_settled(call.kind, reply.state, http_status=reply.http_status):
            return None
        note = ImagePart(missing=f"not {_VERBS[tool]}: {reply.error}", key=call.request_key)
        if not was_known:
            self._declined_now.add(call.request_key)
        late = await self._late(tool, ask, source, seed, call, reply) if may_be_late else None
        return replace(
            supplied,
            part=note,
            late_sha256=late.image_sha256 if late else None,
            simulated=reply.simulated or (late is not None and late.simulated),
        )

    async def _late(
        self,
        tool: ToolName,
        ask: str,
        source: Shown | None,
        seed: int,
        call: Call,
        reply: Reply,
    ) -> Reply | None:
        """A picture that an earlier run was denied, if another asking brings it."""
        if reply.state == "empty" or call.request_key in self._declined_now:
            return None
        again = await self._caller.ask(self._call(tool, ask, source, seed, sample=1))
        return again if again.state == "ok" and again.image_sha256 is not None else None

    def _call(
        self, tool: ToolName, ask: str, source: Shown | None, seed: int, sample: int = 0
    ) -> Call:
        models = self._caller.models
        if tool == "edit":
            assert self._edit is not None
            assert source is not None
            model = models[self._edit.name]
            return edit_call(self._edit, source.sha256, ask, model=model, seed=seed, sample=sample)
        if tool == "retrieve":
            assert self._retrieve is not None
            return retrieve_call(self._retrieve, ask, sample=sample)
        assert self._draw is not None
        model = models[self._draw.name]
        return draw_call(self._draw, ask, model=model, seed=seed, sample=sample)

    async def _from_folder(self, folder: LocalPictures, ask: str, reason: str) -> Supplied | None:
        try:
            found = folder.best(ask)
            if found is None:
                note = ImagePart(missing="not retrieved: no caption fits")
                return Supplied("retrieve", ask, reason, "empty", note)
            image = await self._caller.take_in(folder.read(found))
        except InputError:
            # The file was good when the folder was opened: somebody is changing it.
            return None
        why = f"{reason}; the caption of {found.name} fits ({found.likeness:.2f})"
        part = ImagePart(image.sha256, name=found.name, key=image.sha256)
        return Supplied("retrieve", ask, why, "ok", part)


def shown_again(source: Shown, ask: str, reason: str) -> Supplied:
    """An earlier picture, once more."""
    part = ImagePart(source.sha256, key=content_id("shown again", source.key))
    return Supplied("show", ask, reason, "ok", part, source.sha256)
