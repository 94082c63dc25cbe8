// What a task looks like. Everything from a task goes in as text, never as markup.

const find = (id) => document.getElementById(id);

function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name.startsWith("aria-") || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

function wordFor(value) {
  return String(value).replace("-", "−");
}

/** Draws a conversation; pictures are numbered over the whole task. */
class Reading {
  constructor() {
    this.pictures = [];
    this.count = 0;
  }

  messages(messages, turnsBefore) {
    let turn = turnsBefore;
    return messages.map((message) => {
      if (message.role === "user") turn += 1;
      const who = { user: "User", assistant: "Assistant", system: "System" }[message.role];
      const parts = message.content.map((part) => this.part(part)).filter((part) => part !== null);
      const empty = parts.length === 0;
      if (empty) parts.push("(nothing)");
      const heading = make("h4", {}, turn ? `${who}, turn ${turn}` : who);
      return make("article", { className: `message ${message.role}${empty ? " empty" : ""}` }, heading, ...parts);
    });
  }

  part(part) {
    if (part.type === "text") {
      const text = part.text.replace(/^\s*\n/, "").trimEnd();
      return text ? make("div", { className: "text", dir: "auto" }, text) : null;
    }
    this.count += 1;
    const name = `Picture ${this.count}`;
    const wanted = part.caption ? `asked for: ${part.caption}` : "";
    const source = part.picture ? find(`picture-${part.picture}`)?.textContent : null;
    if (!source) return this.missing(name, part.missing ?? "no picture", wanted);
    const image = make("img", { src: source, decoding: "async", alt: [name, part.caption].filter(Boolean).join(": ") });
    const button = make("button", { type: "button", className: "picture", "aria-label": `Enlarge ${image.alt}` }, image);
    const figure = make("figure", {}, button, make("figcaption", {}, [name, wanted].filter(Boolean).join(", ")));
    const picture = { name: image.alt, source, button };
    this.pictures.push(picture);
    button.addEventListener("click", () => viewer.open(this.pictures.indexOf(picture)));
    image.addEventListener("error", () => {
      figure.replaceWith(this.missing(name, "it cannot be shown", wanted));
      this.pictures.splice(this.pictures.indexOf(picture), 1);
    });
    return figure;
  }

  missing(name, reason, wanted) {
    const words = [`${name} is missing: ${reason}`, wanted].filter(Boolean).join("; ");
    return make("p", { className: "missing" }, `${words}.`);
  }
}

function drawReading(task) {
  const reading = new Reading();
  const turns = task.prefix.filter((message) => message.role === "user").length;
  find("prefix").replaceChildren(...reading.messages(task.prefix, 0));
  find("prefix").hidden = task.prefix.length === 0;
  const candidates = find("candidates");
  candidates.className = task.right ? "" : "one";
  candidates.replaceChildren(...sidesOf(task).map((side) => {
    const name = task.right ? { left: "Left", right: "Right" }[side] : "To be judged";
    const body = reading.messages(task[side].messages, turns);
    const section = make("section", { className: `candidate ${task.right ? side : "one"}`, "aria-label": name });
    section.append(make("h3", {}, name), ...body);
    return section;
  }));
  return reading.pictures;
}

/** A row of answers to one question, none of them chosen. */
function drawChoices(question, sideWord, answers) {
  const subject = question.dimension === "overall" ? "Overall" : about.dimensions[question.dimension].name;
  const word = sideWord || "Score";
  const field = make("fieldset", { id: question.id, role: "radiogroup", "aria-label": `${subject}: ${word}` });
  if (question.side && sideWord) field.classList.add(question.side);
  field.append(make("legend", {}, word));
  for (const [value, shown, title] of answers) {
    const name = title ? `${shown}: ${title}` : shown;
    const input = make("input", { type: "radio", name: question.id, value: String(value), "aria-label": name });
    field.append(make("label", { className: "answer", title }, input, make("span", {}, shown)));
  }
  return field;
}

function drawQuestion(question, pair) {
  if (question.type === "score") {
    const scale = about.dimensions[question.dimension].scale;
    const answers = question.values.map((value) => [value, wordFor(value), scale[value] ?? ""]);
    const word = pair ? { left: "Left", right: "Right" }[question.side] : "";
    return drawChoices(question, word, answers);
  }
  if (question.type === "better") {
    return drawChoices(question, "Better", [["left", "Left", ""], ["tie", "Tie", ""], ["right", "Right", ""]]);
  }
  const side = pair && question.side ? ` (${question.side})` : "";
  const kind = question.kind[0].toUpperCase() + question.kind.slice(1);
  const label = make("label", { for: question.id }, `${kind}${side}`);
  if (pair && question.side) label.className = question.side;
  const field = make("textarea", { id: question.id, name: question.id, rows: 2, dir: "auto", placeholder: TEXT_NAMES[question.kind] });
  return make("div", {}, label, field);
}

function drawDimension(key) {
  if (key === "overall") return [make("h3", {}, "Overall"), make("p", { className: "help" }, "All in all, which one is better?")];
  const dimension = about.dimensions[key];
  const meanings = Object.entries(dimension.scale).sort(([a], [b]) => a - b);
  const list = meanings.map(([score, meaning]) => make("li", {}, `${wordFor(score)}: ${meaning}`));
  const details = make("details", {}, make("summary", {}, "What the scores mean"), make("ol", {}, ...list));
  return [make("h3", {}, dimension.name), make("p", { className: "help" }, dimension.help), details];
}

function drawQuestions(task, questions) {
  const pair = Boolean(task.right);
  const sections = new Map();
  for (const question of questions) {
    const name = question.dimension ?? "words";
    if (!sections.has(name)) {
      const heading = question.dimension ? drawDimension(name) : [make("h3", {}, "In your own words")];
      const rows = make("div", { className: question.dimension ? "rows" : "words" });
      sections.set(name, { rows, section: make("section", { className: "dimension" }, ...heading, rows) });
    }
    sections.get(name).rows.append(drawQuestion(question, pair));
  }
  find("questions").replaceChildren(...[...sections.values()].map(({ section }) => section));
  find("questions").scrollTop = 0;
}

const viewer = {
  at: 0,

  open(index) {
    if (pictures.length === 0) {
      say("This task has no pictures.");
      return;
    }
    this.at = (index + pictures.length) % pictures.length;
    const { name, source } = pictures[this.at];
    find("viewer-name").textContent = `${name} (${this.at + 1} of ${pictures.length})`;
    find("viewer-image").src = source;
    find("viewer-image").alt = name;
    this.fit();
    if (!find("viewer").open) {
      find("viewer").showModal();
      find("viewer-frame").focus();
    }
  },

  fit() {
    find("viewer-image").style.width = "";
    find("viewer-image").className = "fit";
  },

  size(factor) {
    const image = find("viewer-image");
    const width = image.getBoundingClientRect().width * factor;
    if (width < 40 || width > 12000) return;
    image.className = "";
    image.style.width = `${Math.round(width)}px`;
  },

  keys: {
    n: () => viewer.open(viewer.at + 1),
    p: () => viewer.open(viewer.at - 1),
    "+": () => viewer.size(1.4),
    "-": () => viewer.size(1 / 1.4),
    f: () => viewer.fit(),
  },
};
