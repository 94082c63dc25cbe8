// What a label is: its answers by candidate a and b, never by the side of the screen.

const about = JSON.parse(document.getElementById("about").textContent);
const TEXT_NAMES = {
  critique: "What is good or bad about it, and where",
  refinement: "What would make it better",
  rationale: "Why you decided as you did",
};

function taskAt(index) {
  return JSON.parse(document.getElementById(`task-${index}`).textContent);
}

/** The candidate, a or b, that stands on a side of the screen. */
function candidateOn(side, task) {
  return task[side].id === task.a ? "a" : "b";
}

function sidesOf(task) {
  return task.right ? ["left", "right"] : ["left"];
}

/** The questions of a task in the order in which they are asked. */
function questionsOf(task) {
  const sides = sidesOf(task);
  const questions = [];
  for (const [dimension, values] of Object.entries(task.scales)) {
    for (const side of sides) {
      const candidate = candidateOn(side, task);
      questions.push({ id: `score_${side}_${dimension}`, type: "score", side, candidate, dimension, values });
    }
    if (task.right) questions.push({ id: `better_${dimension}`, type: "better", dimension });
  }
  if (task.right) questions.push({ id: "better_overall", type: "better", dimension: "overall" });
  for (const side of sides) {
    const candidate = candidateOn(side, task);
    for (const kind of ["critique", "refinement"]) {
      questions.push({ id: `${kind}_${side}`, type: "text", side, candidate, kind });
    }
  }
  questions.push({ id: "rationale", type: "text", side: null, candidate: null, kind: "rationale" });
  return questions;
}

function blankLabel() {
  return { choices: {}, scores: { a: {}, b: {} }, texts: {}, seconds: 0, state: "open", changed: null };
}

function textKey(candidate, kind) {
  return `${candidate ?? "both"} ${kind}`;
}

/** Where a label keeps the answer to a question: an object and a key of it. */
function placeOf(label, question) {
  if (question.type === "score") return [label.scores[question.candidate], question.dimension];
  if (question.type === "better") return [label.choices, question.dimension];
  return [label.texts, textKey(question.candidate, question.kind)];
}

function answerTo(label, question) {
  const [answers, key] = placeOf(label, question);
  return answers[key];
}

/** Whether a question has an answer; a text of blanks alone is none. */
function isAnswered(label, question) {
  const answer = answerTo(label, question);
  return question.type === "text" ? Boolean(answer && answer.trim()) : answer !== undefined;
}

function setAnswer(label, question, value) {
  const [answers, key] = placeOf(label, question);
  if (value === undefined || value === "") delete answers[key];
  else answers[key] = value;
}

/** The choice that a side of the screen means: `A`, `B` or `tie`. */
function choiceFor(side, task) {
  return side === "tie" ? "tie" : candidateOn(side, task).toUpperCase();
}

/** The line of a submitted or skipped label, for the downloaded file. */
function lineOf(entry, label, rater) {
  const texts = [];
  for (const [key, text] of Object.entries(label.texts)) {
    const [candidate, kind] = key.split(" ");
    if (text.trim()) texts.push({ side: candidate === "both" ? null : candidate, kind, dimension: null, text });
  }
  return {
    intermt_label: 1, task: entry.task, level: entry.level, rater, role: "annotator", kind: "human",
    a: entry.a, b: entry.b, shown_first: entry.shown_first,
    choices: label.choices, scores: label.scores, texts,
    rated_at: label.changed, seconds: Math.round(label.seconds * 10) / 10, state: label.state,
  };
}

/** The label that a line of a downloaded file holds, or null if it is none of this task. */
function labelFrom(line, entry) {
  if (line.intermt_label !== 1 || line.a !== entry.a || (line.b ?? null) !== entry.b) return null;
  if (!["submitted", "skipped"].includes(line.state) || Number.isNaN(Date.parse(line.rated_at))) return null;
  const label = blankLabel();
  const pair = entry.b !== null;
  for (const [dimension, choice] of Object.entries(line.choices ?? {})) {
    const known = dimension === "overall" || Object.hasOwn(entry.scales, dimension);
    if (!pair || !known || !["A", "B", "tie"].includes(choice)) return null;
    label.choices[dimension] = choice;
  }
  for (const candidate of pair ? ["a", "b"] : ["a"]) {
    for (const [dimension, score] of Object.entries(line.scores?.[candidate] ?? {})) {
      if (!(Object.hasOwn(entry.scales, dimension) && entry.scales[dimension].includes(score))) return null;
      label.scores[candidate][dimension] = score;
    }
  }
  for (const { side, kind, text } of line.texts ?? []) {
    if (!Object.hasOwn(TEXT_NAMES, kind) || typeof text !== "string") return null;
    label.texts[textKey(side, kind)] = text;
  }
  label.seconds = Number(line.seconds) || 0;
  label.state = line.state;
  label.changed = line.rated_at;
  return label;
}
