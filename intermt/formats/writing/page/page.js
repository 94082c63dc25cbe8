// Keys, buttons, and the start of the page.

const hasGuide = about.guide !== "" || about.own_guide !== "";

// --- keys ----------------------------------------------------------------------------------

const KEYS = {
  l: () => answerByKey("left"),
  r: () => answerByKey("right"),
  t: () => answerByKey("tie"),
  "-": () => answerByKey(-1),
  "−": () => answerByKey(-1),
  delete: () => answerByKey(undefined),
  backspace: () => answerByKey(undefined),
  j: () => moveQuestion(1),
  k: () => moveQuestion(-1),
  w: () => focusQuestion(questions.findIndex((question) => question.type === "text")),
  s: () => finish("skipped"),
  b: goBack,
  u: undo,
  a: () => readFrom("candidates"),
  p: () => viewer.open(0),
  e: explain,
  o: showTasks,
  d: download,
  g: () => hasGuide && openDialog("guide-dialog"),
  "?": () => openDialog("help-dialog"),
};
for (const digit of [0, 1, 2, 3]) KEYS[digit] = () => answerByKey(digit);

const READING_KEYS = {
  home: () => readFrom("start"),
  pageup: () => scrollReading(-1),
  pagedown: () => scrollReading(1),
};

function moveQuestion(step) {
  const index = questionOf(document.activeElement);
  focusQuestion(index < 0 ? current : index + step);
}

function isTextField(element) {
  return element.matches("textarea, input:not([type]), input[type=file]");
}

function onKey(event) {
  const key = event.key.toLowerCase();
  if (event.isComposing || event.altKey) return;
  const act = actionFor(key, event.ctrlKey || event.metaKey, event.target);
  if (act === undefined) return;
  event.preventDefault();
  act();
}

function actionFor(key, withControl, target) {
  const dialog = document.querySelector("dialog[open]");
  if (dialog !== null) {
    if (withControl) return undefined;
    if (dialog.id === "done-dialog" && key === "d") return downloadAtLast;
    return dialog.id === "viewer" ? viewer.keys[key] : undefined;
  }
  if (at < 0) return undefined;
  if (withControl) {
    if (key === "enter") return submit;
    return key === "z" && !isTextField(target) ? undo : undefined;
  }
  if (isTextField(target)) return key === "escape" ? () => find("submit").focus() : undefined;
  if (Object.hasOwn(READING_KEYS, key)) return READING_KEYS[key];
  return find("single-keys").checked && Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
}

// --- start ---------------------------------------------------------------------------------

function begin(name) {
  rater = name;
  labels = about.tasks.map((_, index) => keptLabel(rater, index));
  at = -1;
  visited = [];
  undoable = [];
  find("work").hidden = false;
  find("change-name").hidden = false;
  find("change-name").textContent = rater;
  find("change-name").disabled = about.rater !== "";
  find("change-name").setAttribute("aria-label", `You are ${rater}; change the name`);
  if (about.tasks.length === 0) {
    find("work").hidden = true;
    warn("This page has no tasks.");
    return;
  }
  show(Math.max(nextOpen(-1), 0));
}

function askName() {
  if (at >= 0) save();
  find("name").value = rater || (saving.read(saving.key()) ?? "");
  find("name-dialog").returnValue = "";
  openDialog("name-dialog");
}

function nameGiven() {
  return find("name").value.trim().normalize("NFC");
}

/** Begins once the window with the name is closed: until then it holds the focus. */
function onNameClosed() {
  const name = nameGiven();
  if (find("name-dialog").returnValue !== "begin" || name === rater) return;
  saving.write(saving.key(), name);
  begin(name);
}

function onInput(event) {
  const question = questions[questionOf(event.target)];
  if (question === undefined) return;
  if (question.type !== "text") {
    change(question, question.type === "score" ? Number(event.target.value) : event.target.value);
    return;
  }
  if (!unsavedText) {
    remember();
    unsavedText = true;
    setTimeout(() => unsavedText && save(), 400);
  }
  setAnswer(label(), question, event.target.value);
  touch();
  refresh();
}

function onOtherTab(event) {
  const index = about.tasks.findIndex((entry) => saving.key(rater, entry.task) === event.key);
  if (index < 0) return;
  labels[index] = keptLabel(rater, index);
  undoable = undoable.filter((entry) => entry.index !== index);
  if (at >= 0) refresh();
}

function listen() {
  const clicks = {
    "show-tasks": showTasks, undo, download, back: goBack, skip: () => finish("skipped"),
    load: () => find("file").click(), "change-name": askName, "done-download": downloadAtLast,
    "show-guide": () => openDialog("guide-dialog"), "show-help": () => openDialog("help-dialog"),
    "viewer-previous": viewer.keys.p, "viewer-next": viewer.keys.n, "viewer-smaller": viewer.keys["-"],
    "viewer-larger": viewer.keys["+"], "viewer-fit": viewer.keys.f, "viewer-close": () => find("viewer").close(),
  };
  for (const [id, act] of Object.entries(clicks)) find(id).addEventListener("click", act);
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  find("form").addEventListener("input", onInput);
  find("form").addEventListener("focusin", (event) => {
    const index = questionOf(event.target);
    if (index >= 0) current = index;
  });
  find("name-form").addEventListener("submit", (event) => nameGiven() || event.preventDefault());
  find("name-dialog").addEventListener("close", onNameClosed);
  find("name-dialog").addEventListener("cancel", (event) => rater || event.preventDefault());
  find("all-tasks").addEventListener("change", () => {
    find("tasks-dialog").close();
    showTasks();
  });
  find("file").addEventListener("change", async () => {
    if (find("file").files.length > 0) await load(find("file").files[0]);
    find("file").value = "";
  });
  for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("close", () => clock.tick());
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => (at >= 0 ? save() : undefined));
  window.addEventListener("pagehide", () => (at >= 0 ? save() : undefined));
  window.addEventListener("storage", onOtherTab);
  window.addEventListener("beforeunload", (event) => {
    if (!saving.works && undownloaded) event.preventDefault();
  });
}

listen();
find("guide").textContent = about.guide;
find("own-guide-text").textContent = about.own_guide;
find("own-guide").hidden = about.own_guide === "";
find("show-guide").hidden = !hasGuide;
refreshProgress();
if (about.rater) begin(about.rater);
else askName();
