"""The records that all layers share: frozen, plain, without behaviour of their own layer.

Ids are content hashes (`content_id`), so that writing the same thing twice is writing it
once. Times are naive UTC. A `node` is a prompt or an answer in a QA tree; the root node of
a tree *is* its seed question, so `seed_id` is the id of the root node everywhere.
"""

from __future__ import annotations

from intermt.records.calls import (
    Call,
    CallState,
    Reply,
    ServerKind,
    TokenChoice,
)
from intermt.records.ids import (
    content_id,
)
from intermt.records.labels import (
    UNNAMED_RATER,
    UNNAMED_RATERS,
    Annotation,
    AnnotationTask,
    Choice,
    Feedback,
    FeedbackKind,
    PairMode,
    PreferenceVote,
    Rater,
    RaterKind,
    RaterRole,
    Score,
    TargetKind,
    annotation_task_id,
    is_unnamed,
    rater_id,
)
from intermt.records.messages import (
    ImagePart,
    Message,
    NodeRole,
    Part,
    TextPart,
    node_id,
)
from intermt.records.runs import (
    ImageBytes,
    Progress,
    Run,
)
from intermt.records.trees import (
    MAX_PIXELS,
    SCENARIOS,
    Conversation,
    ConversationOrigin,
    Image,
    MarkKind,
    Node,
    NodeMark,
    PictureUse,
    Seed,
    SeedDrop,
    SeedGrowth,
    ToolName,
    ToolState,
    ToolUse,
    seed_drop_id,
)
from intermt.records.verdicts import JudgeTask, Verdict, VerdictState

__all__ = [
    "MAX_PIXELS",
    "SCENARIOS",
    "UNNAMED_RATER",
    "UNNAMED_RATERS",
    "Annotation",
    "AnnotationTask",
    "Call",
    "CallState",
    "Choice",
    "Conversation",
    "ConversationOrigin",
    "Feedback",
    "FeedbackKind",
    "Image",
    "ImageBytes",
    "ImagePart",
    "JudgeTask",
    "MarkKind",
    "Message",
    "Node",
    "NodeMark",
    "NodeRole",
    "PairMode",
    "Part",
    "PictureUse",
    "PreferenceVote",
    "Progress",
    "Rater",
    "RaterKind",
    "RaterRole",
    "Reply",
    "Run",
    "Score",
    "Seed",
    "SeedDrop",
    "SeedGrowth",
    "ServerKind",
    "TargetKind",
    "TextPart",
    "TokenChoice",
    "ToolName",
    "ToolState",
    "ToolUse",
    "Verdict",
    "VerdictState",
    "annotation_task_id",
    "content_id",
    "is_unnamed",
    "node_id",
    "rater_id",
    "seed_drop_id",
]
