"""The `demo` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from intermt.cli.options import Context, command


@command("demo")
def demo(
    ctx: Context,
    folder: Annotated[
        Path, Argument(metavar="DIR", help="Where to work; made if it is not there.")
    ] = Path("intermt-demo"),
    *,
    keep: Annotated[
        bool, Option("--keep", help="Go on in the folder of an earlier demo, not afresh.")
    ] = False,
) -> None:
    """Show the whole lifecycle on the bundled sample, without any server.

    Seed questions, pictures and votes come with intermt; the models are played by a
    stand-in, so the answers are invented, and so are the labels. The demo types the
    commands a user would type, shows what they say, and leaves everything in DIR. It does
    not touch any other store. A DIR that an earlier demo made is replaced.

    Writes: DIR with the sample, a store, pairs and tables.

    Exits:
        73: DIR is there and no demo made it.

    Examples:
        # About half a minute
        intermt demo
    """
    from intermt.cli.demo_text import said_of
    from intermt.cli.opening import SIMULATED, SYNTHETIC
    from intermt.commands.demo import STEPS, prepare, run

    prepare(folder, keep=keep)
    out = ctx.out
    seconds: dict[str, float] = {}
    say = (lambda _: None) if ctx.json or ctx.quiet else out.line
    say(f"{SIMULATED}.\n{SYNTHETIC}.\n\n$ cd {folder}")
    data: dict[str, object] = {}
    for result in run(folder):
        say(f"\n# {result.step.says}\n$ {result.step.line}")
        say(said_of(result))
        seconds[result.step.line] = round(result.seconds, 1)
        data[result.step.line] = result.data or None
    files = {
        "intermt-store": "everything: trees, pictures, labels, verdicts, calls",
        "tree.txt": "one tree of conversations; any other: intermt generate --show SEED",
        "pairs.jsonl": "the preference pairs, with a manifest beside them",
        "pages": "a page for annotators; open local/page.html in a browser",
        "eval.csv": "the judge measured against people; as tables: intermt eval",
        "judges.html": "the same with plots and the worst disagreements; open it in a browser",
        "agreement.csv": "how far raters agree; as a table: intermt stats agreement",
        "correlation.csv": "how scores of turns and of conversations go together",
        "card.txt": "what is in the store",
        "card.md": "the same as a data card",
        "scaling.md": "whether a preference model gains from more turns",
        "report": "all of it on one page, report/index.html, each table and figure a file too",
        "sample": "the seed questions, pictures and labels that went in",
    }
    say(f"\n# Done: {len(STEPS)} commands in {sum(seconds.values()):.0f} s. In {folder}:")
    for name, what in files.items():
        say(f"  {name:<16} {what}")
    say(f"{SIMULATED}.\n{SYNTHETIC}.")
    out.result(
        {
            "simulated": True,
            "synthetic": True,
            "folder": str(folder),
            "files": {name: str(folder / name) for name in files},
            "seconds": seconds,
            "steps": data,
        }
    )
