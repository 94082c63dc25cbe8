// Where labels are kept: in memory, and in the browser where it lets us.

const saving = {
  works: true,
  warned: false,

  key(...parts) {
    return `intermt ${JSON.stringify([about.page, ...parts])}`;
  },

  read(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      this.refuse();
      return null;
    }
  },

  write(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      this.refuse();
    }
  },

  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      this.refuse();
    }
  },

  refuse() {
    this.works = false;
    if (this.warned) return;
    this.warned = true;
    warn("This browser does not keep your work (its storage is refused or full). "
      + "Download your labels before you close the page; Load brings them back.");
  },
};

function warn(text) {
  const place = document.getElementById("warning");
  place.textContent = text;
  place.hidden = false;
}

function keptLabel(rater, index) {
  const kept = saving.read(saving.key(rater, about.tasks[index].task));
  if (kept === null) return undefined;
  try {
    return { ...blankLabel(), ...JSON.parse(kept) };
  } catch {
    return undefined;
  }
}

function keepLabel(rater, index, label) {
  const key = saving.key(rater, about.tasks[index].task);
  if (label === undefined) saving.remove(key);
  else saving.write(key, JSON.stringify(label));
}

/** Labels of the downloaded lines by task, and how many lines are of no use here. */
function readDownload(text, rater) {
  const places = new Map(about.tasks.map((entry, index) => [entry.task, index]));
  const found = new Map();
  let foreign = 0;
  for (const row of text.split(/\r?\n/)) {
    if (!row.trim()) continue;
    let label = null;
    let index;
    try {
      const line = JSON.parse(row);
      index = line.rater === rater ? places.get(line.task) : undefined;
      if (index !== undefined) label = labelFrom(line, about.tasks[index]);
    } catch {
      label = null;
    }
    if (label === null) foreign += 1;
    else if (!(found.get(index)?.changed > label.changed)) found.set(index, label);
  }
  return { found, foreign };
}

function offerFile(name, text) {
  const link = document.createElement("a");
  const url = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
