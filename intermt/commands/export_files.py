"""The files of an export: tasks in the form of each tool, a README and a manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from intermt import __version__
from intermt.commands.export_config import ExportConfig, file_name
from intermt.dimensions import Level
from intermt.formats.writing import annotation_page, label_studio
from intermt.formats.writing.annotation_tasks import ImageItem, TaskItem, task_lines
from intermt.formats.writing.label_studio_html import SIMULATED

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1
_THINGS: dict[Level, str] = {"local": "answers", "global": "conversations"}
_SUFFIXES = {"label-studio": "json", "jsonl": "jsonl", "html": "html"}


class ExportFiles:
    """Writes the tasks of an export into a folder.

    Args:
        folder: Where to write.
        name: What the folder will be called.
        config: What was asked for.
    """

    def __init__(self, folder: Path, name: str, config: ExportConfig) -> None:
        self._folder = folder
        self._name = name
        self._config = config
        self._written: list[str] = []

    def write(self, level: Level, annotator: str, items: Iterable[TaskItem]) -> str:
        """Write the tasks of one annotator (or, for "", all tasks) of a level; the file."""
        to = self._config.to
        own = f"-{file_name(annotator)}" if annotator else ""
        stem = "page" if to == "html" else "tasks"
        file = f"{level}/{stem}{own}.{_SUFFIXES[to]}"
        title = f"{_THINGS[level]}{own}: {self._name}"
        (self._folder / level).mkdir(exist_ok=True)
        pieces: Iterator[bytes]
        if to == "jsonl":
            pieces = task_lines(items)
        elif to == "html":
            pieces = annotation_page.page(
                items, title=title, rater=annotator, own_guide=self._config.guide
            )
        else:
            self._settings(level, own, title)
            pieces = label_studio.tasks(items, self._url)
        with (self._folder / file).open("xb") as out:
            out.writelines(pieces)
        self._written.append(file)
        return file

    def finish(self, counts: Mapping[str, Any], *, simulated: bool) -> None:
        """Write the manifest and the README.

        Args:
            counts: What the manifest says of each level. It lies beside the tasks, so it must
                not say anything that annotators are not to know.
            simulated: Whether a stand-in server wrote any of the conversations.
        """
        config = self._config
        manifest = {
            "intermt_manifest": MANIFEST_VERSION,
            "command": "annotate-export",
            "version": __version__,
            "to": config.to,
            "dataset": config.dataset,
            "seed": config.seed,
            "role": config.role,
            "overlap": config.overlap,
            "annotators": config.annotators,
            "pictures": config.pictures,
            "files": sorted(self._written),
            "levels": counts,
            "simulated": simulated,
        }
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        (self._folder / MANIFEST).write_bytes(orjson.dumps(manifest, option=options))
        readme = _readme(config, self._name, sorted(self._written), simulated=simulated)
        (self._folder / "README.md").write_text(readme, encoding="utf-8")

    def _settings(self, level: Level, own: str, title: str) -> None:
        overlap = 1 if own else self._config.overlap
        project = self._folder / level / f"project{own}.json"
        project.write_bytes(label_studio.project(level, title, overlap))
        (self._folder / level / "config.xml").write_bytes(label_studio.config(level))

    def _url(self, item: ImageItem) -> str:
        if "data" in item:
            return item["data"]
        before = self._config.picture_url
        if before is None:
            before = f"/data/local-files/?d={quote(self._name)}/"
        return before + item["path"]


def _readme(config: ExportConfig, name: str, files: list[str], *, simulated: bool) -> str:
    said = [f"# {name}: annotation tasks"]
    if simulated:
        said.append(f"{SIMULATED}. Labels on this say nothing about a real model.")
    if config.annotators:
        said.append(
            f"Each task is given to {config.overlap} of {len(config.annotators)} people."
            " Everybody has files of their own:"
        )
    else:
        said.append(f"Each task is for {config.overlap} {config.role}s. The files:")
    said.append("\n".join(f"- `{file}`" for file in files))
    own = "-NAME" if config.annotators else ""
    role = " --role verifier" if config.role == "verifier" else ""
    said.append(_HOW[config.to].format(own=own, role=role))
    if config.guide:
        said.append("The pages show the guide that was given with `--guide` before their own.")
    if config.to == "label-studio" and config.pictures == "files":
        said.append(_SERVED_ELSEWHERE if config.picture_url else _SERVED.format(name=name))
    said.append(
        "The key of a task and the ids of its candidates must stay as they are: labels find"
        " their answers by them, whatever side an answer was shown on."
    )
    return "\n\n".join(said) + "\n"


_HOW = {
    "label-studio": """\
## Into Label Studio
`local` (answers) and `global` (conversations) are two projects, and so are the files of two
annotators. Their names: `project{own}.json`, `tasks{own}.json`.

With the REST API, where URL and TOKEN are those of your server:

    curl -H "Authorization: Token TOKEN" -H "Content-Type: application/json" \\
         --data @local/project{own}.json URL/api/projects
    curl -H "Authorization: Token TOKEN" -H "Content-Type: application/json" \\
         --data @local/tasks{own}.json URL/api/projects/ID/import

The first answers with the project's ID. By hand: create a project, choose a custom template
under Labeling Setup and paste `config.xml`, then import the file of tasks. There the number of
annotators of a task is set under Settings.

## Back again
Export as JSON, which keeps skipped tasks apart; JSON-MIN and CSV are read too.

    intermt annotate-import export.json{role}""",
    "jsonl": """\
One task a line; `docs/annotation.md` explains the keys. Labels come back as JSON lines or as a
table with the columns that `annotate-import` knows.

    intermt annotate-import labels.jsonl{role}""",
    "html": """\
Each page is one file that works without a network: open it in a browser, label, and download
the labels. They stay in that browser until then.

    intermt annotate-import labels.jsonl{role}""",
}
_SERVED = """\
## Pictures
They are files in `pictures/`. Start the server with

    LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true
    LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT=<the folder that {name} lies in>

and add to each project a source storage of type Local files with the absolute path of
`{name}/pictures`; without it the server refuses to show them. It need not be synchronised."""
_SERVED_ELSEWHERE = """\
## Pictures
They are files in `pictures/`; serve them where `--picture-url` says."""
