// The work: one task at a time, its answers, how they come and go.

let rater = "";
let labels = [];
let at = -1;
let task = null;
let questions = [];
let pictures = [];
let current = 0;
let visited = [];
let undoable = [];
let askedToLeaveOpen = false;
let unsavedText = false;
let undownloaded = false;

const clock = {
  since: null,
  unspent: 0,

  runs() {
    return at >= 0 && !document.hidden && document.querySelector("dialog[open]:not(#viewer)") === null;
  },

  /** Adds the time since the last look to the task; that of merely looking at a label waits. */
  tick() {
    const now = performance.now();
    if (this.since !== null) {
      this.unspent += (now - this.since) / 1000;
      if (labels[at] === undefined || labels[at].state === "open") this.spend();
    }
    this.since = this.runs() ? now : null;
  },

  spend() {
    label().seconds += this.unspent;
    this.unspent = 0;
  },
};

function label() {
  labels[at] ??= blankLabel();
  return labels[at];
}

function say(text) {
  find("status").textContent = text;
}

function save() {
  clock.tick();
  unsavedText = false;
  if (at >= 0 && labels[at] !== undefined) keepLabel(rater, at, labels[at]);
}

// --- tasks ---------------------------------------------------------------------------------

function isOpen(index) {
  return (labels[index]?.state ?? "open") === "open";
}

function isBegun(index) {
  return isOpen(index) && Boolean(labels[index]?.changed);
}

function nextOpen(after) {
  for (let step = 1; step <= about.tasks.length; step += 1) {
    const index = (after + step) % about.tasks.length;
    if (isOpen(index)) return index;
  }
  return -1;
}

function show(index) {
  if (at >= 0) save();
  clock.since = null;
  clock.unspent = 0;
  at = index;
  task = taskAt(index);
  questions = questionsOf(task);
  current = 0;
  askedToLeaveOpen = false;
  pictures = drawReading(task);
  drawQuestions(task, questions);
  const kind = { local: task.right ? "two answers" : "an answer", global: task.right ? "two conversations" : "a conversation" }[task.level];
  find("task-heading").textContent = `Task ${index + 1} of ${about.tasks.length}: ${kind}`;
  const notes = [task.level === "local"
    ? "Read the conversation so far, then judge what the assistant answers next, nothing before it."
    : "Judge the assistant over the whole conversation."];
  if (task.simulated) notes.push("Simulated: a stand-in wrote some of this, no real model.");
  find("task-note").textContent = notes.join(" ");
  find("reading").scrollTop = 0;
  if (isNarrow()) {
    window.scrollTo(0, 0);
    find("reading").focus({ preventScroll: true });
  } else {
    focusQuestion(0, { preventScroll: true });
  }
  say("");
  refresh();
  clock.tick();
}

function isNarrow() {
  return window.matchMedia("(max-width: 960px)").matches;
}

function visit(index) {
  visited.push(at);
  show(index);
}

function goBack() {
  if (visited.length > 0) show(visited.pop());
}

function goOn() {
  const next = nextOpen(at);
  if (next >= 0) {
    visit(next);
    return;
  }
  refresh();
  openDialog("done-dialog");
}

// --- what the screen says of the label -----------------------------------------------------

function valueShown(question) {
  const answer = answerTo(labels[at] ?? blankLabel(), question);
  if (answer === undefined) return "";
  if (question.type !== "better" || answer === "tie") return String(answer);
  return sidesOf(task).find((side) => choiceFor(side, task) === answer);
}

function refresh() {
  for (const question of questions) {
    const element = find(question.id);
    const value = valueShown(question);
    if (question.type === "text") {
      if (element.value !== value) element.value = value;
      continue;
    }
    for (const input of element.querySelectorAll("input")) input.checked = input.value === value;
    element.classList.toggle("open", askedToLeaveOpen && value === "");
  }
  const asked = questions.filter((question) => question.type !== "text");
  const answered = asked.filter((question) => isAnswered(labels[at] ?? blankLabel(), question)).length;
  const state = labels[at]?.state ?? "open";
  const words = { open: "", submitted: "Submitted; changes are kept at once.", skipped: "Skipped; an answer opens it again." };
  find("answered").textContent = `${answered} of ${asked.length} questions answered. ${words[state]}`;
  find("back").disabled = visited.length === 0;
  find("undo").disabled = undoable.length === 0;
  refreshProgress();
}

function refreshProgress() {
  const count = (state) => labels.filter((entry) => entry?.state === state).length;
  const [submitted, skipped] = [count("submitted"), count("skipped")];
  const total = about.tasks.length;
  find("progress").max = Math.max(total, 1);
  find("progress").value = submitted + skipped;
  find("counts").textContent = `${submitted} of ${total} submitted, ${skipped} skipped, ${total - submitted - skipped} open`;
}

// --- answers -------------------------------------------------------------------------------

function remember() {
  clock.tick();
  const kept = labels[at] === undefined ? null : JSON.stringify(labels[at]);
  undoable.push({ index: at, question: current, kept });
  if (undoable.length > 500) undoable.shift();
}

/** Marks the label as changed now; a label that says nothing any more is open. */
function touch() {
  clock.tick();
  clock.spend();
  label().changed = new Date().toISOString();
  undownloaded = true;
  const empty = !questions.some((question) => isAnswered(label(), question));
  if (label().state === "skipped" || empty) label().state = "open";
}

function change(question, value) {
  const answer = question.type === "better" && value !== undefined ? choiceFor(value, task) : value;
  if (answerTo(label(), question) === answer) return;
  remember();
  setAnswer(label(), question, answer);
  askedToLeaveOpen = false;
  touch();
  save();
  say("");
  refresh();
}

function undo() {
  const last = undoable.pop();
  if (last === undefined) {
    say("There is nothing to undo.");
    return;
  }
  save();
  const seconds = labels[last.index]?.seconds ?? 0;
  labels[last.index] = last.kept === null ? undefined : JSON.parse(last.kept);
  if (labels[last.index] !== undefined) {
    labels[last.index].seconds = Math.max(seconds, labels[last.index].seconds);
    if (labels[last.index].state !== "open") labels[last.index].changed = new Date().toISOString();
  }
  undownloaded = true;
  keepLabel(rater, last.index, labels[last.index]);
  if (last.index !== at) {
    visited = visited.filter((index) => index !== last.index);
    show(last.index);
  }
  refresh();
  focusQuestion(last.question);
  say("Undone.");
}

function submit() {
  const left = questions.filter((question) => question.type !== "text" && !isAnswered(label(), question));
  if (!questions.some((question) => isAnswered(label(), question))) {
    say("Nothing is answered yet. To leave the task out, skip it.");
    return;
  }
  if (left.length > 0 && !askedToLeaveOpen) {
    askedToLeaveOpen = true;
    refresh();
    focusQuestion(questions.indexOf(left[0]));
    say(`${left.length} ${left.length === 1 ? "question is" : "questions are"} open. Answer, or submit once more to leave ${left.length === 1 ? "it" : "them"} out.`);
    return;
  }
  finish("submitted");
}

function finish(state) {
  if (label().state !== state) {
    remember();
    touch();
    label().state = state;
  }
  save();
  goOn();
}

// --- moving about --------------------------------------------------------------------------

function questionOf(element) {
  const holder = element?.closest?.("fieldset, textarea");
  return holder ? questions.findIndex((question) => question.id === holder.id) : -1;
}

function focusQuestion(index, options) {
  current = Math.max(0, Math.min(index, questions.length - 1));
  const element = find(questions[current].id);
  const target = element.tagName === "FIELDSET" ? element.querySelector("input:checked") ?? element.querySelector("input") : element;
  target.focus({ preventScroll: true });
  if (options?.preventScroll) return;
  element.closest("section").scrollIntoView({ block: "nearest" });
  element.scrollIntoView({ block: "nearest" });
}

/** Gives an answer to the question that has the focus, or first shows which one that is. */
function answerByKey(value) {
  const index = questionOf(document.activeElement);
  if (index < 0) {
    focusQuestion(current);
    return;
  }
  const question = questions[index];
  const allowed = question.type === "score" ? question.values : ["left", "right", "tie"];
  if (value !== undefined && !allowed.includes(value)) {
    say(question.type === "score" ? `Here a score is asked for: ${allowed.map(wordFor).join(", ")}.` : "Here the better one is asked for: L, R or T.");
    return;
  }
  change(question, value);
  focusQuestion(value === undefined ? index : index + 1);
}

function scrollReading(pages) {
  const element = isNarrow() ? document.scrollingElement : find("reading");
  element.scrollBy({ top: pages * window.innerHeight * 0.8 });
}

function readFrom(id) {
  if (id === "start") (isNarrow() ? document.scrollingElement : find("reading")).scrollTo({ top: 0 });
  else find(id).scrollIntoView({ block: "start" });
}

function openDialog(id) {
  if (document.querySelector("dialog[open]") !== null) return;
  find(id).showModal();
  clock.tick();
}

function showTasks() {
  const all = find("all-tasks").checked;
  const words = { open: "open", submitted: "submitted", skipped: "skipped" };
  const rows = about.tasks.map((entry, index) => {
    const state = isBegun(index) ? "begun, not submitted" : words[labels[index]?.state ?? "open"];
    if (!all && labels[index]?.state === "submitted") return null;
    const button = make("button", { type: "button" }, `Task ${index + 1}, ${entry.level}: ${state}`);
    if (index === at) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => {
      find("tasks-dialog").close();
      if (index !== at) visit(index);
    });
    return make("li", {}, button);
  }).filter((row) => row !== null);
  find("task-list").replaceChildren(...(rows.length ? rows : [make("li", {}, "All tasks are submitted.")]));
  openDialog("tasks-dialog");
}

function explain() {
  document.body.classList.toggle("brief");
}

// --- files ---------------------------------------------------------------------------------

function download() {
  save();
  const done = about.tasks.map((entry, index) => [entry, labels[index]]).filter(([, entry]) => entry && entry.state !== "open");
  const begun = about.tasks.filter((_, index) => isBegun(index)).length;
  const aside = begun ? ` ${begun} begun and not submitted ${begun === 1 ? "is" : "are"} not in it.` : "";
  if (done.length === 0) {
    say(`There is nothing to download yet.${aside}`);
    return;
  }
  const text = done.map(([entry, kept]) => `${JSON.stringify(lineOf(entry, kept, rater))}\n`).join("");
  const who = rater.normalize("NFKC").replace(/[^\p{L}\p{N}_-]+/gu, "-");
  offerFile(`labels-${about.page}-${who}.jsonl`, text);
  undownloaded = false;
  say(`Downloaded ${done.length} ${done.length === 1 ? "label" : "labels"}.${aside}`);
}

function downloadAtLast() {
  find("done-dialog").close();
  download();
}

async function load(file) {
  save();
  const { found, foreign } = readDownload(await file.text(), rater);
  let taken = 0;
  for (const [index, loaded] of found) {
    if (labels[index]?.changed && labels[index].changed >= loaded.changed) continue;
    labels[index] = loaded;
    keepLabel(rater, index, loaded);
    taken += 1;
  }
  clock.unspent = 0;
  undoable = [];
  refresh();
  const same = found.size - taken;
  say([
    `${taken} ${taken === 1 ? "label" : "labels"} loaded.`,
    same ? `${same} not newer than what is here.` : "",
    foreign ? `${foreign} lines are of another page, another name, or no labels.` : "",
  ].filter(Boolean).join(" "));
}
