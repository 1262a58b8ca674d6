"use strict";
// The page is complete without this script. It adds filters, copy buttons, what is sent already
// (kept in this browser alone), the reader's own time, and what to send next.
const all = (path, within = document) => [...within.querySelectorAll(path)];
const one = (path) => document.querySelector(path);
const LA = "America/Los_Angeles";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const inLA = new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: LA });
const here = new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit" });
// The same word, however it is written: accents, capitals, styled letters, curled quotes and dashes.
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
  .replace(/[\u2018\u2019\u201b\u2032]/g, "'").replace(/[\u201c-\u201f\u2033]/g, '"').replace(/[\u2010-\u2015\u2212]/g, "-");
const kept = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* private window */ } },
};

const messages = all("#agenda li").map((item) => ({
  item,
  at: new Date(item.querySelector("time").dateTime),
  page: item.dataset.p,
  tier: item.dataset.k,
  name: item.querySelector("b").textContent,
  text: item.querySelector("p").textContent,
  words: plain(item.textContent),
  key: `eros ${document.body.dataset.week} ${item.id}`,
}));

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function button(label, described, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.setAttribute("aria-label", described);
  made.addEventListener("click", action);
  return made;
}

for (const message of messages) {
  const { item, name, at } = message;
  const time = item.querySelector("time");
  const of = `${name}, ${inLA.format(at)}`;
  if (inLA.format(at) !== here.format(at)) {
    const own = document.createElement("span");
    own.className = "own";
    const [theirs, ours] = [inLA.format(at), here.format(at)];
    own.textContent = `${theirs.slice(0, 3) === ours.slice(0, 3) ? ours.slice(-5) : ours} here`;
    time.after(own);
  }
  const tools = document.createElement("span");
  tools.className = "tools";
  const copy = button("Copy", `Copy text: ${of}`, async () => {
    await copyText(message.text);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  const sent = button("Sent", `Sent: ${of}`, () => mark(message, !message.sent));
  message.mark = sent;
  tools.append(copy, sent);
  item.querySelector(".line").append(tools);
  // Another text in the same place is another message.
  message.sent = kept.get(message.key) === message.text;
  show(message);
}

function show({ item, mark, sent }) {
  item.classList.toggle("done", sent);
  mark.setAttribute("aria-pressed", sent);
}

function mark(message, sent) {
  message.sent = sent;
  kept.set(message.key, sent ? message.text : "");
  show(message);
  tick();
}

const filters = one("#filters");
const field = (name) => filters.elements.namedItem(name);

function filter() {
  const now = Date.now();
  const [page, type, tier] = ["page", "type", "tier"].map((name) => field(name).value);
  const words = plain(field("text").value).split(/\s+/).filter(Boolean);
  const left = field("left").checked;
  let count = 0;
  for (const message of messages) {
    const kind = message.tier === "bump" ? "Bump" : "PPV";
    message.shown = (!page || page === message.page)
      && (!type || type === kind)
      && (!tier || tier === message.tier)
      && (!left || (!message.sent && message.at >= now))
      && words.every((word) => message.words.includes(word));
    message.item.hidden = !message.shown;
    count += message.shown;
  }
  for (const part of all(".hour, .day")) {
    part.hidden = !part.querySelector("li:not([hidden])");
  }
  for (const day of all(".days a")) {
    const part = document.getElementById(day.hash.slice(1));
    day.querySelector(".faint").textContent = part ? all("li:not([hidden])", part).length : 0;
  }
  for (const card of all("#creators .card")) card.hidden = Boolean(page) && card.dataset.p !== page;
  document.body.classList.toggle("one", Boolean(page));
  one("#count").textContent = count === messages.length ? "" : `${count} of ${messages.length} messages`;
}

function away(minutes) {
  if (minutes < 60) return `in ${minutes} min`;
  if (minutes < 48 * 60) return `in ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `in ${Math.floor(minutes / 1440)} days`;
}

let next = null;
function tick() {
  const now = Date.now();
  for (const message of messages) message.item.classList.toggle("past", message.at < now);
  filter();
  const coming = messages.find((message) => message.shown && !message.sent && message.at >= now);
  if (next) next.item.classList.remove("now");
  next = coming || null;
  const box = one("#next");
  box.hidden = !messages.length;
  if (!next) {
    box.textContent = "Nothing is left to send.";
    return;
  }
  next.item.classList.add("now");
  const link = document.createElement("a");
  link.href = `#${next.item.id}`;
  link.textContent = `${next.name}, ${inLA.format(next.at)}`;
  const unsent = messages.filter((message) => message.shown && !message.sent && message.at < now).length;
  box.replaceChildren("Next: ", link, ` (${away(Math.round((next.at - now) / 60000))}).`,
    unsent && unsent < messages.length ? ` ${unsent} earlier messages are not marked as sent.` : "");
}

filters.hidden = false;
filters.addEventListener("input", tick);
filters.addEventListener("change", tick);
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("reset", () => setTimeout(tick));
if (messages.length && inLA.format(messages[0].at) !== here.format(messages[0].at)) {
  one("header .title p").append(`; your own time is ${zone}`);
}
for (const card of all("#creators .card")) {
  const links = card.querySelector(".links");
  const name = card.querySelector("h3").firstChild.textContent.trim();
  links.prepend(button("Only this creator", `Only messages of ${name}`, () => {
    field("page").value = card.dataset.p;
    tick();
    one("#top").scrollIntoView();
    field("page").focus({ preventScroll: true });
  }));
  all(".calendar > g:not(.shade)", card).forEach((block, place) => {
    block.style.cursor = "pointer";
    block.addEventListener("click", () => {
      const message = messages.filter(({ page }) => page === card.dataset.p)[place];
      if (message.item.hidden) { filters.reset(); tick(); }
      location.hash = message.item.id;
    });
  });
}
tick();
setInterval(tick, 30000);
