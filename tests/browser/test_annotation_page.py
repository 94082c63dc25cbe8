"""The annotation page in a real browser: what is pressed is what is downloaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.browser import tasks
from tests.browser.annotator import Annotator

Open = Callable[..., Annotator]

LOCAL = (
    "local_image_text_consistency",
    "visual_perceptual_quality",
    "context_coherence",
    "text_quality",
)


def answer_all(annotator: Annotator) -> None:
    """Left 0, 1, 2, 3 and right 3, 2, 1, 0; left, right, tie, left; overall right."""
    annotator.press(*"03L", *"12R", *"21T", *"30L", "r")


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_task_is_labelled_by_keyboard_and_the_side_is_undone(open_page: Open, first: str) -> None:
    annotator = open_page(tasks.short(first=first))
    answer_all(annotator)
    annotator.type('Left is <right>, "so".')
    annotator.press("Tab")
    annotator.type("Say how long.")
    for _ in range(3):
        annotator.press("Tab")
    annotator.type("أوضح\n清楚")
    annotator.submit()
    (line,) = annotator.lines()
    left, right = ("a", "b") if first == "a" else ("b", "a")
    id_a, id_b = tasks.ids("1")
    assert datetime.fromisoformat(line.pop("rated_at")).tzinfo is not None
    assert line.pop("seconds") >= 0
    assert line == {
        "intermt_label": 1,
        "task": "1",
        "level": "local",
        "rater": "Anna",
        "role": "annotator",
        "kind": "human",
        "a": id_a,
        "b": id_b,
        "shown_first": first,
        "choices": {
            LOCAL[0]: left.upper(),
            LOCAL[1]: right.upper(),
            LOCAL[2]: "tie",
            LOCAL[3]: left.upper(),
            "overall": right.upper(),
        },
        "scores": {
            left: dict(zip(LOCAL, (0, 1, 2, 3), strict=True)),
            right: dict(zip(LOCAL, (3, 2, 1, 0), strict=True)),
        },
        "texts": [
            {
                "side": left,
                "kind": "critique",
                "dimension": None,
                "text": 'Left is <right>, "so".',
            },
            {"side": left, "kind": "refinement", "dimension": None, "text": "Say how long."},
            {"side": None, "kind": "rationale", "dimension": None, "text": "أوضح\n清楚"},
        ],
        "state": "submitted",
    }


def test_the_mouse_gives_the_same_label(open_page: Open) -> None:
    annotator = open_page(tasks.short(first="b"))
    annotator.page.get_by_role("radiogroup", name="Text quality: Right").get_by_role(
        "radio"
    ).first.click()
    annotator.page.get_by_role("radiogroup", name="Overall: Better").get_by_label("Left").click()
    annotator.page.get_by_label("Rationale").fill("Seen.")
    annotator.page.get_by_role("button", name="Submit").click()
    annotator.page.get_by_role("button", name="Submit").click()
    (line,) = annotator.lines()
    assert line["scores"] == {"a": {"text_quality": 0}, "b": {}}
    assert line["choices"] == {"overall": "B"}
    assert [text["text"] for text in line["texts"]] == ["Seen."]


def test_nothing_is_chosen_beforehand_and_the_unanswered_is_left_out(open_page: Open) -> None:
    annotator = open_page(tasks.short())
    assert annotator.chosen() == {}
    annotator.submit()
    assert annotator.text("#status") == "Nothing is answered yet. To leave the task out, skip it."
    annotator.press("j", "2")
    annotator.submit()
    assert annotator.text("#status").startswith("12 questions are open.")
    assert "0 of 1 submitted" in annotator.text("#counts")
    annotator.submit()
    assert "1 of 1 submitted" in annotator.text("#counts")
    annotator.press("Escape")
    (line,) = annotator.lines()
    assert line["scores"] == {"a": {}, "b": {LOCAL[0]: 2}}
    assert line["choices"] == {}
    assert line["texts"] == []


def test_a_new_answer_makes_the_page_ask_again_about_the_open_ones(open_page: Open) -> None:
    annotator = open_page(tasks.short())
    annotator.press("1")
    annotator.submit()
    annotator.press("1")
    annotator.submit()
    assert annotator.text("#status").startswith("11 questions are open.")
    assert "0 of 1 submitted" in annotator.text("#counts")


def test_a_text_of_blanks_is_none(open_page: Open) -> None:
    annotator = open_page(tasks.short())
    annotator.press("w")
    annotator.type("  ")
    annotator.submit()
    assert annotator.text("#status").startswith("Nothing is answered yet.")
    annotator.page.focus("fieldset input")
    annotator.press("3")
    annotator.submit()
    annotator.submit()
    (line,) = annotator.lines()
    assert line["texts"] == []


def test_minus_one_is_for_style_alone(open_page: Open) -> None:
    annotator = open_page(tasks.long_conversations(turns=1))
    annotator.press("-")
    assert annotator.text("#status") == "Here a score is asked for: 0, 1, 2, 3."
    annotator.press(*"11L" * 4, *"-0R", "t")
    annotator.submit()
    (line,) = annotator.lines()
    assert line["level"] == "global"
    assert len(line["choices"]) == 6
    assert line["scores"]["a"]["style_coherence"] == -1
    assert line["scores"]["b"]["style_coherence"] == 0


def test_one_candidate_is_scored_and_not_compared(open_page: Open) -> None:
    annotator = open_page(tasks.alone())
    annotator.press("1", "l", "2", "3", "0")
    annotator.submit()
    (line,) = annotator.lines()
    assert line["b"] is None
    assert line["shown_first"] is None
    assert line["choices"] == {}
    assert line["scores"] == {"a": dict(zip(LOCAL, (1, 2, 3, 0), strict=True)), "b": {}}


def test_a_reload_keeps_what_is_submitted_and_what_is_begun(open_page: Open) -> None:
    annotator = open_page(tasks.short("1"), tasks.short("2", first="b"))
    answer_all(annotator)
    annotator.submit()
    annotator.press("2", "0", "r", "w")
    annotator.type("half a sen")
    before = annotator.chosen()
    asked: list[str] = []
    annotator.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    annotator.reload()
    assert asked == []
    assert annotator.text("#counts") == "1 of 2 submitted, 0 skipped, 1 open"
    assert annotator.text("#task-heading").startswith("Task 2")
    assert annotator.chosen() == before
    assert before["critique_left"] == "half a sen"
    annotator.page.evaluate("document.activeElement.blur()")
    assert [line["task"] for line in annotator.lines()] == ["1"]
    assert annotator.text("#status").endswith("1 begun and not submitted is not in it.")


def test_raters_of_one_browser_are_kept_apart(open_page: Open) -> None:
    annotator = open_page(tasks.short("1"), tasks.short("2"))
    answer_all(annotator)
    annotator.submit()
    annotator.page.click("#change-name")
    annotator.page.fill("#name", "  Bo Li ")
    annotator.press("Enter")
    annotator.until("document.querySelector('#change-name').textContent === 'Bo Li'")
    assert annotator.text("#counts") == "0 of 2 submitted, 0 skipped, 2 open"
    annotator.press("s")
    assert [(line["rater"], line["state"]) for line in annotator.lines()] == [("Bo Li", "skipped")]
    annotator.page.click("#change-name")
    annotator.page.fill("#name", "Anna")
    annotator.press("Enter")
    annotator.until("document.querySelector('#change-name').textContent === 'Anna'")
    assert annotator.text("#counts") == "1 of 2 submitted, 0 skipped, 1 open"


def test_a_name_of_blanks_is_no_name(open_page: Open) -> None:
    annotator = open_page(tasks.short(), name="A")
    annotator.page.click("#change-name")
    annotator.page.fill("#name", "   ")
    annotator.press("Enter")
    assert annotator.page.is_visible("#name-dialog")


def test_a_page_for_one_rater_asks_for_no_name(open_page: Open) -> None:
    annotator = open_page(tasks.short(), rater="Chidi")
    annotator.press("1")
    annotator.submit()
    annotator.submit()
    assert [line["rater"] for line in annotator.lines()] == ["Chidi"]
    assert annotator.page.is_disabled("#change-name")


def test_undo_takes_back_answers_a_skip_and_a_submission(open_page: Open) -> None:
    annotator = open_page(tasks.short("1"), tasks.short("2"), tasks.short("3"))
    annotator.press("3", "2")
    annotator.press("u")
    assert annotator.chosen() == {f"score_left_{LOCAL[0]}": "3"}
    assert annotator.focus() == f"score_right_{LOCAL[0]}"
    annotator.press("1")
    annotator.submit()
    annotator.submit()
    annotator.press("s")
    assert annotator.text("#counts") == "1 of 3 submitted, 1 skipped, 1 open"
    annotator.press("Control+z")
    assert annotator.text("#task-heading").startswith("Task 2")
    assert annotator.text("#counts") == "1 of 3 submitted, 0 skipped, 2 open"
    annotator.press("u")
    assert annotator.text("#task-heading").startswith("Task 1")
    assert annotator.text("#counts") == "0 of 3 submitted, 0 skipped, 3 open"
    annotator.press("u", "u", "u")
    assert annotator.chosen() == {}
    assert annotator.text("#status") == "There is nothing to undo."


def test_an_answer_can_be_taken_away(open_page: Open) -> None:
    annotator = open_page(tasks.short())
    annotator.press("3", "1", "k", "Delete", "k", "Backspace")
    assert annotator.chosen() == {}
    assert annotator.focus() == f"score_left_{LOCAL[0]}"


def test_a_submitted_label_can_be_changed(open_page: Open) -> None:
    annotator = open_page(tasks.short("1"), tasks.short("2"))
    answer_all(annotator)
    annotator.submit()
    (before,) = annotator.lines()
    annotator.press("b")
    assert annotator.text("#answered").startswith("13 of 13")
    annotator.press("2")
    (after,) = annotator.lines()
    assert before["scores"]["a"][LOCAL[0]] == 0
    assert after["scores"]["a"][LOCAL[0]] == 2
    assert after["rated_at"] > before["rated_at"]
    assert after["state"] == "submitted"


def test_the_same_answer_again_changes_nothing(open_page: Open) -> None:
    annotator = open_page(tasks.short("1"), tasks.short("2"))
    answer_all(annotator)
    annotator.submit()
    before = annotator.lines()
    annotator.press("b", "0", "3", "l")
    assert annotator.lines() == before


def test_a_label_with_nothing_left_in_it_is_open_again(open_page: Open) -> None:
    annotator = open_page(tasks.short("1"), tasks.short("2"))
    annotator.press("2")
    annotator.submit()
    annotator.submit()
    annotator.press("b", "Delete")
    assert annotator.text("#counts") == "0 of 2 submitted, 0 skipped, 2 open"


def test_a_skipped_task_opens_again_with_an_answer(open_page: Open) -> None:
    annotator = open_page(tasks.short("1"), tasks.short("2"))
    annotator.press("s", "b", "1")
    assert annotator.text("#counts") == "0 of 2 submitted, 0 skipped, 2 open"


def test_the_list_of_open_tasks_leads_to_them(open_page: Open) -> None:
    annotator = open_page(*(tasks.short(str(number)) for number in range(200)))
    annotator.press("1", "s", "2")
    annotator.submit()
    annotator.submit()
    annotator.press("o")
    rows = annotator.page.locator("#task-list button")
    assert rows.count() == 199
    assert rows.nth(0).inner_text() == "Task 1, local: skipped"
    annotator.page.get_by_label("show submitted ones too").check()
    assert rows.count() == 200
    rows.nth(150).focus()
    annotator.press("Enter")
    assert annotator.text("#task-heading") == "Task 151 of 200: two answers"
    annotator.press("b")
    assert annotator.text("#task-heading").startswith("Task 3 ")


REFUSE = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("refused", "SecurityError"); },
});"""


def test_without_storage_the_page_warns_and_works(context: Any, open_page: Open) -> None:
    context.add_init_script(REFUSE)
    annotator = open_page(tasks.short())
    assert "does not keep your work" in annotator.text("#warning")
    asked: list[str] = []
    annotator.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    answer_all(annotator)
    annotator.page.reload()
    assert asked == ["beforeunload"]
    annotator.begin("Anna")
    answer_all(annotator)
    annotator.submit()
    assert len(annotator.lines()) == 1
    annotator.page.reload()
    assert asked == ["beforeunload"]


def test_full_storage_warns(context: Any, open_page: Open) -> None:
    context.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"
    )
    annotator = open_page(tasks.short())
    annotator.press("1")
    assert "does not keep your work" in annotator.text("#warning")


def test_damaged_storage_is_passed_over(context: Any, open_page: Open) -> None:
    context.add_init_script("Storage.prototype.getItem = () => '{half';")
    annotator = open_page(tasks.short(), name="Anna")
    assert annotator.chosen() == {}


def test_an_earlier_download_is_taken_up_again(
    browser: Any, open_page: Open, file_of: Callable[..., Path], tmp_path: Path
) -> None:
    work = [tasks.short("1"), tasks.with_pictures("2"), tasks.short("3")]
    first = open_page(*work)
    answer_all(first)
    first.type("good")
    first.submit()
    first.press("s")
    saved = tmp_path / "saved.jsonl"
    saved.write_bytes(first.download().read_bytes())
    elsewhere = browser.new_context()
    try:
        second = Annotator(elsewhere.new_page())
        second.open(file_of(work))
        second.begin("Anna")
        assert second.load(saved) == "2 labels loaded."
        assert second.text("#counts") == "1 of 3 submitted, 1 skipped, 1 open"
        assert second.download().read_bytes() == saved.read_bytes()
    finally:
        elsewhere.close()


def test_loading_never_overwrites_newer_work_and_counts_what_is_foreign(
    open_page: Open, tmp_path: Path
) -> None:
    annotator = open_page(tasks.short("1"), tasks.short("2"))
    answer_all(annotator)
    annotator.submit()
    (line,) = annotator.lines()
    bad = [
        {**line, "rater": "Bo"},
        {**line, "task": "elsewhere"},
        {**line, "a": "f" * 32},
        {**line, "scores": {"a": {"text_quality": 7}}},
        {**line, "scores": {"a": {"text_quality": -1}}},
        {**line, "choices": {"text_quality": "left"}},
        {**line, "intermt_label": 2},
    ]
    rows = [json.dumps(row) for row in [line, *bad]]
    file = tmp_path / "mixed.jsonl"
    file.write_text("\r\n".join([*rows, "", "{half"]), encoding="utf-8")
    annotator.press("b", "2")
    assert annotator.load(file) == (
        "0 labels loaded. 1 not newer than what is here."
        " 8 lines are of another page, another name, or no labels."
    )
    (after,) = annotator.lines()
    assert after["scores"]["a"][LOCAL[0]] == 2


def test_two_tabs_of_one_rater_see_each_others_work(open_page: Open, context: Any) -> None:
    first = open_page(tasks.short("1"), tasks.short("2"))
    second = Annotator(context.new_page())
    second.page.goto(first.page.url)
    second.press("Enter")
    second.page.wait_for_selector("#work:visible")
    first.press("3")
    second.until("document.querySelector('#questions input:checked') !== null")
    assert second.chosen() == first.chosen()


def test_no_request_leaves_the_page(open_page: Open) -> None:
    annotator = open_page(tasks.with_pictures())
    annotator.press("p", "Escape")
    answer_all(annotator)
    annotator.submit()
    annotator.download()
    assert {url.split(":")[0] for url in annotator.requests} <= {"file", "data", "blob"}
    blocked = annotator.page.evaluate(
        """async () => {
          const refused = [];
          document.addEventListener("securitypolicyviolation",
            (event) => refused.push(event.effectiveDirective));
          await fetch("http://127.0.0.1:9/").catch(() => null);
          const image = new Image();
          image.src = "http://127.0.0.1:9/x.png";
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          await new Promise((done) => setTimeout(done, 50));
          return [refused.sort(), window.ran === undefined];
        }"""
    )
    assert blocked == [["connect-src", "img-src", "script-src-elem"], True]


def test_texts_are_shown_and_never_run(open_page: Open) -> None:
    hostile = (
        "</script><script>window.hit = 1</script><img src=x onerror='window.hit = 1'>\u2028&lt;"
    )
    annotator = open_page(
        tasks.task(
            "<k>",
            [tasks.user(tasks.text(hostile), tasks.missing(hostile))],
            [tasks.assistant(tasks.text(hostile))],
            [tasks.assistant(tasks.text("  "))],
        ),
        title=hostile,
        guide=hostile,
    )
    assert annotator.page.evaluate("window.hit") is None
    assert annotator.page.locator("#prefix .text").text_content() == hostile
    assert annotator.page.locator("h1").text_content() == hostile
    assert annotator.text(".candidate.right").endswith("(nothing)")
    annotator.press("1", "s")
    assert [line["task"] for line in annotator.lines()] == ["<k>"]


def test_the_clock_stops_while_the_page_is_hidden(context: Any, open_page: Open) -> None:
    context.clock.install()
    annotator = open_page(tasks.short("1"), tasks.short("2"))
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    context.clock.run_for(10_000)
    annotator.page.evaluate(hide, True)
    context.clock.run_for(600_000)
    annotator.page.evaluate(hide, False)
    context.clock.run_for(5_000)
    annotator.press("?")
    context.clock.run_for(300_000)
    annotator.press("Escape")
    answer_all(annotator)
    annotator.submit()
    (line,) = annotator.lines()
    assert 15 <= line["seconds"] < 60
    annotator.press("b")
    context.clock.run_for(120_000)
    assert annotator.lines() == [line]
    annotator.press("1")
    (changed,) = annotator.lines()
    assert 135 <= changed["seconds"] < 200


def test_pictures_are_enlarged_one_after_the_other(open_page: Open) -> None:
    annotator = open_page(tasks.with_pictures())
    annotator.press("1", "p")
    assert annotator.text("#viewer-name") == "Picture 1 (1 of 4)"
    wide = annotator.page.evaluate("document.querySelector('#viewer-image').width")
    annotator.press("+")
    assert annotator.page.evaluate("document.querySelector('#viewer-image').width") > wide
    annotator.press("n")
    assert "the room with a desk under the window" in annotator.text("#viewer-name")
    annotator.press("p", "p")
    assert annotator.text("#viewer-name").endswith("(4 of 4)")
    annotator.press("Escape")
    assert annotator.focus() == f"score_right_{LOCAL[0]}"
    annotator.page.get_by_role("button", name="Enlarge Picture 3").click()
    assert annotator.text("#viewer-name") == "Picture 3 (3 of 4)"


def test_a_picture_that_cannot_be_shown_says_so(open_page: Open) -> None:
    broken = {"type": "image", "data": "data:image/png;base64,AAAA", "sha256": "0", "caption": None}
    annotator = open_page(
        tasks.task(
            "1",
            [tasks.user(broken, tasks.missing("a lamp"))],
            [tasks.assistant(tasks.text("x"))],
            [tasks.assistant(tasks.text("y"))],
        )
    )
    annotator.page.wait_for_selector("text=Picture 1 is missing: it cannot be shown.")
    assert "Picture 2 is missing: not found; asked for: a lamp." in annotator.text("#prefix")
    annotator.press("p")
    assert annotator.text("#status") == "This task has no pictures."


def test_keys_of_one_letter_can_be_switched_off(open_page: Open) -> None:
    annotator = open_page(tasks.short())
    annotator.press("?")
    annotator.page.uncheck("#single-keys")
    annotator.press("Escape")
    annotator.press("1", "s")
    assert annotator.chosen() == {}
    assert annotator.text("#counts").startswith("0 of 1 submitted, 0 skipped")


def test_letters_in_a_text_are_letters(open_page: Open) -> None:
    annotator = open_page(tasks.short())
    annotator.press("w")
    annotator.type("s u b d ? 0 1")
    assert annotator.chosen() == {"critique_left": "s u b d ? 0 1"}
    annotator.press("Escape")
    assert annotator.focus() == "submit"


def test_help_guide_and_explanations_are_a_key_away(open_page: Open) -> None:
    annotator = open_page(tasks.short(), guide="Take your time.\n\nRead all.")
    annotator.press("g")
    assert annotator.text("#guide") == "Take your time.\n\nRead all."
    assert not annotator.page.is_visible("#own-guide")
    annotator.press("1", "Escape", "?")
    explained = set(annotator.page.locator("#help-dialog kbd").all_text_contents())
    used = annotator.page.evaluate("[...Object.keys(KEYS), ...Object.keys(READING_KEYS)]")
    assert {key.lower() for key in explained} >= set(used) - {"\N{MINUS SIGN}"}
    annotator.press("Escape")
    assert annotator.chosen() == {}
    assert annotator.page.locator(".help").first.is_visible()
    annotator.press("e")
    assert not annotator.page.locator(".help").first.is_visible()


def test_a_guide_of_the_project_stands_first_and_folds(open_page: Open) -> None:
    own = "Ours: <b>pictures</b> first.\n\n- one"
    annotator = open_page(tasks.short(), guide="Take your time.", own_guide=own)
    annotator.press("g")
    assert annotator.text("#own-guide-text") == own
    assert annotator.page.is_visible("#own-guide-text")
    annotator.page.click("#own-guide summary")
    assert not annotator.page.is_visible("#own-guide-text")
    assert annotator.text("#guide") == "Take your time."


def test_a_guide_of_the_project_needs_no_other(open_page: Open) -> None:
    annotator = open_page(tasks.short(), guide="", own_guide="Ours.")
    annotator.press("g")
    assert annotator.text("#own-guide-text") == "Ours."


def test_without_a_guide_nothing_is_offered(open_page: Open) -> None:
    annotator = open_page(tasks.short(), guide="")
    annotator.press("g")
    assert not annotator.page.is_visible("#show-guide")
    assert not annotator.page.is_visible("#guide-dialog")


CONTRAST = """() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *:not(script)")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || element.disabled || element.closest("[disabled]")) continue;
    const pair = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort();
    const ratio = (pair[1] + 0.05) / (pair[0] + 0.05);
    if (ratio < 4.5) faint.push([element.outerHTML.slice(0, 80), ratio]);
  }
  return faint;
}"""


def test_words_have_contrast_and_fields_have_names(open_page: Open) -> None:
    annotator = open_page(tasks.with_pictures(), guide="Take your time.")
    answer_all(annotator)
    annotator.press("k", "Delete")
    annotator.submit()
    assert annotator.page.evaluate(CONTRAST) == []
    unnamed = annotator.page.evaluate(
        """[...document.querySelectorAll("button, input, textarea, img, fieldset, dialog")]
          .filter((e) => e.id !== "viewer-image" && e.id !== "change-name")
          .filter((e) => !(e.getAttribute("aria-label") || e.labels?.length || e.alt
            || e.textContent.trim() || e.getAttribute("aria-labelledby")))
          .map((e) => e.outerHTML)"""
    )
    assert unnamed == []


@pytest.mark.parametrize(("width", "stacked"), [(1280, False), (400, True)])
def test_narrow_screens_stack_the_answers_and_nothing_sticks_out(
    open_page: Open, width: int, stacked: bool
) -> None:
    annotator = open_page(tasks.with_pictures())
    annotator.page.set_viewport_size({"width": width, "height": 800})
    left, right = (
        annotator.page.locator(f".candidate.{side}").bounding_box() for side in ("left", "right")
    )
    assert (right["y"] >= left["y"] + left["height"]) == stacked
    assert annotator.page.evaluate("document.documentElement.scrollWidth") <= width


def test_each_paragraph_runs_in_its_own_direction(open_page: Open) -> None:
    annotator = open_page(
        tasks.task(
            "1",
            [tasks.user(tasks.text(tasks.ARABIC))],
            [tasks.assistant(tasks.text(tasks.CHINESE))],
            [tasks.assistant(tasks.text("Left."))],
        )
    )
    directions = annotator.page.evaluate(
        """[...document.querySelectorAll('.text')].slice(0, 3)
          .map((e) => getComputedStyle(e).direction)"""
    )
    assert directions == ["rtl", "ltr", "ltr"]


def test_a_long_conversation_is_read_by_keyboard(open_page: Open) -> None:
    annotator = open_page(tasks.long_conversations(turns=30))
    place = "document.querySelector('#reading').scrollTop"
    assert annotator.page.evaluate(place) == 0
    annotator.press("PageDown")
    annotator.until(f"{place} > 300")
    annotator.press("Home")
    annotator.until(f"{place} === 0")
    annotator.press("a")
    annotator.until(f"{place} > 100")
    assert annotator.focus().startswith("score_left")


def test_a_page_without_tasks_says_so(file_of: Callable[..., Path], context: Any) -> None:
    annotator = Annotator(context.new_page())
    annotator.open(file_of([], rater="Anna"))
    assert annotator.text("#warning") == "This page has no tasks."
    assert annotator.errors == []
