"use strict";
// An index entry is [id, file, place, failed, steps, images, [score of each metric or null]].
const PAGE_SIZE = 20, MOST_FILES = 12;
const index = [], files = new Map(), waiting = new Map();
let found = [], page = 0, turn = 0;
const byId = (id) => document.getElementById(id);

function mindseyeIndex(_, entries) { for (const entry of entries) index.push(entry); }
function mindseyeRows(number, rows) {
  files.set(number, rows);
  while (files.size > MOST_FILES) files.delete(files.keys().next().value);
}

function load(number) {
  if (files.has(number)) return Promise.resolve(files.get(number));
  if (!waiting.has(number)) waiting.set(number, new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${settings.folder}/rows-${number}.js`;
    script.onload = () => { waiting.delete(number); script.remove(); resolve(files.get(number)); };
    script.onerror = () => { waiting.delete(number); reject(new Error(`${script.src} is missing`)); };
    document.head.append(script);
  }));
  return waiting.get(number);
}

function element(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function several(count, noun) { return `${count} ${noun}${count === 1 ? "" : "s"}`; }

function column(title, parts, answer) {
  const made = element("div");
  made.append(element("h4", title));
  for (const part of parts) {
    if (part.text !== undefined) { made.append(element("p", part.text)); continue; }
    const image = element("img");
    image.src = part.image; image.alt = part.name; image.title = part.name;
    if (part.link) { const link = element("a"); link.href = encodeURI(part.link); link.append(image); made.append(link); }
    else made.append(image);
  }
  if (answer) made.append(element("p", `answer: ${answer}`, "answer"));
  return made;
}

function draw(row, entry) {
  const made = element("article", undefined, "sample");
  made.dataset.id = row.id;
  const title = element("h3", row.id);
  title.append(element("span", `${several(entry[4], "step")}, ${several(entry[5], "picture")}`, "soft"));
  made.append(title);
  if (row.error) made.append(element("p", row.error, "error"));
  const columns = element("div", undefined, "columns");
  columns.append(column("asked", row.question), column("ours", row.ours, row.answer),
    column("true", row.true, row.trueAnswer));
  made.append(columns);
  const scores = element("div", undefined, "scores");
  for (const [name, value] of Object.entries(row.scores)) scores.append(element("span", `${name} ${value}`));
  made.append(scores);
  return made;
}

function limit(id, fallback) {
  const text = byId(id).value.trim();
  return text === "" ? fallback : Number(text);
}

function select() {
  const state = byId("state").value, metric = byId("metric").selectedIndex - 1, order = byId("order").value;
  const low = limit("low", -Infinity), high = limit("high", Infinity);
  const fewest = limit("fewest", 0), most = limit("most", Infinity), wanted = byId("wanted").value.trim();
  found = index.filter((entry) => {
    if (state === "failed" && !entry[3] || state === "fine" && entry[3]) return false;
    if (entry[4] < fewest || entry[4] > most) return false;
    if (wanted && !String(entry[0]).includes(wanted)) return false;
    if (metric < 0) return true;
    const score = entry[6][metric];
    return score !== null && score >= low && score <= high;
  });
  if (metric >= 0 && order !== "input") {
    const sign = order === "rising" ? 1 : -1;
    found.sort((a, b) => sign * (a[6][metric] - b[6][metric]));
  }
  page = 0;
  show();
}

async function show() {
  const mine = ++turn, last = Math.max(0, Math.ceil(found.length / PAGE_SIZE) - 1);
  page = Math.min(Math.max(page, 0), last);
  const shown = found.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), made = [];
  let failure = "";
  for (const entry of shown) {
    try { made.push(draw((await load(entry[1]))[entry[2]], entry)); }
    catch (error) { failure = error.message; }
    if (mine !== turn) return;
  }
  byId("rows").replaceChildren(...made);
  if (failure) byId("rows").prepend(element("p", failure, "error"));
  byId("count").textContent = `${found.length} of ${index.length} rows, page ${page + 1} of ${last + 1}`;
  byId("before").disabled = page === 0;
  byId("after").disabled = page === last;
  document.body.dataset.shown = String(mine);
}

function start() {
  for (const name of settings.metrics) byId("metric").append(element("option", name));
  for (const id of ["state", "metric", "order", "low", "high", "fewest", "most", "wanted"])
    byId(id).addEventListener("input", select);
  const go = (step) => { page += step; show().then(() => byId("browse").scrollIntoView()); };
  byId("before").addEventListener("click", () => go(-1));
  byId("after").addEventListener("click", () => go(1));
  select();
}
