// Completes a list whose customers are still being read. Rows come in where they belong; those that are there stay as they are,
// with their ticks, and the one under the mouse or with the focus stays where it is on the screen. Where fingers tap there is no
// such row, so there a list that shows anything waits for its reader.
import { steady } from "./steady.js";

const STILL = 700; // milliseconds without a movement of mouse or key, after which the list may change
const PAUSE = 250; // the service itself waits a second for what is missing
const SLOW = 5000; // after half a minute it is likely that a customer does not answer
const QUICK = 20;

export function fill(form) {
  const part = (name, root = document) => root.querySelector(`[data-part="${name}"]`);
  const state = part("reading");
  if (!form || !state?.dataset.fill) return;
  const body = form.querySelector("tbody");
  const byHand = matchMedia("(hover: none)").matches;
  let moved = -STILL;
  let looks = 0;
  let found; // what the reader has not asked to see yet
  for (const kind of ["pointermove", "pointerdown", "wheel", "keydown"]) {
    addEventListener(kind, () => { moved = performance.now(); }, { passive: true });
  }
  state.addEventListener("click", (event) => {
    if (event.target.closest("[data-show]") && found) show(found);
  });
  const waits = () => byHand && body.querySelector("input[name=user]");
  if (waits()) reserve();
  look();

  async function look() {
    await visible();
    try {
      const answer = await fetch(state.dataset.fill, { cache: "no-store", redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (unread(part("reading", page)) < unread(found ? part("reading", found) : state)) await take(page);
    } catch {
      state.querySelector("[data-again]").hidden = false; // offline, or signed out
      return;
    }
    if (unread(found ? part("reading", found) : state) === 0) return;
    looks += 1;
    setTimeout(look, looks < QUICK ? PAUSE : SLOW);
  }

  async function take(page) {
    if (!waits()) {
      await still();
      show(page);
      return;
    }
    found = page;
    offer(part("reading", page).querySelector("[data-state]")?.textContent ?? state.querySelector("[data-state]").dataset.done);
  }

  // The button takes its place before there is anything to show, and the note keeps its height, so that nothing below moves.
  function reserve() {
    const button = state.querySelector("[data-show]");
    state.querySelector("[data-again]").hidden = true;
    button.hidden = false;
    button.style.visibility = "hidden";
    state.querySelector(".note").style.minHeight = `${state.querySelector(".note").getBoundingClientRect().height}px`;
  }

  function offer(text) {
    state.querySelector("[data-state]").textContent = text;
    state.querySelector("[data-show]").style.visibility = "";
  }

  function show(page) {
    found = undefined;
    steady(body, (held) => {
      rows([...page.querySelector("[data-pick] tbody").rows], held);
      for (const fresh of page.querySelectorAll("[data-part]")) swap(part(fresh.dataset.part), fresh);
      if (waits() && state.querySelector("[data-show]")) reserve();
    });
    form.dispatchEvent(new CustomEvent("rows", { bubbles: true }));
  }

  function rows(fresh, held) {
    const known = new Map([...body.rows].map((row) => [refOf(row), row]));
    const wanted = new Set(fresh.map(refOf));
    for (const [ref, row] of known) {
      // What belongs on the next page by now goes there, but not from under the mouse and not with a tick.
      const stays = wanted.has(ref) || row === held || row.querySelector("input[name=user]:checked");
      if (!ref || !stays) row.remove();
    }
    let place = body.firstElementChild;
    for (const row of fresh) {
      while (place && !wanted.has(refOf(place))) place = place.nextElementSibling;
      const kept = refOf(row) && known.get(refOf(row));
      if (kept && kept === place) place = place.nextElementSibling;
      else body.insertBefore(kept || document.adoptNode(row), place);
    }
    [...body.rows].forEach(number);
  }

  function swap(old, fresh) {
    const link = old.contains(document.activeElement) ? document.activeElement.textContent : "";
    old.innerHTML = fresh.innerHTML;
    Object.assign(old.dataset, fresh.dataset);
    if (link) [...old.querySelectorAll("a, button")].find((each) => each.textContent === link)?.focus({ preventScroll: true });
  }

  async function still() {
    for (let left; (left = moved + STILL - performance.now()) > 0;) await new Promise((done) => { setTimeout(done, left); });
  }
}

function unread(part) {
  return Number(part.dataset.unread);
}

function refOf(row) {
  return row.querySelector("input[name=user]")?.value ?? "";
}

// Names that belong together within a row carry its number.
function number(row, index) {
  for (const named of row.querySelectorAll("[id], [aria-labelledby]")) {
    for (const attribute of ["id", "aria-labelledby"]) {
      if (named.hasAttribute(attribute)) named.setAttribute(attribute, named.getAttribute(attribute).replace(/\b([a-z])\d+\b/g, `$1${index + 1}`));
    }
  }
}

function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => {
    document.addEventListener("visibilitychange", function shown() {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", shown);
      done();
    });
  });
}
