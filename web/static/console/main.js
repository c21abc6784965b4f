// Everything here is a convenience: the pages work without scripts.
import { bulk } from "./bulk.js";
import { pick } from "./pick.js";
import { choose } from "./choose.js";
import { facts } from "./facts.js";
import { fill } from "./fill.js";
import { follow } from "./follow.js";
import { review } from "./review.js";

for (const menu of document.querySelectorAll("[data-menu]")) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
// The bar's panels come and go with the choice, so they are looked up when they are needed.
const panels = () => [...document.querySelectorAll(".scope[open]")];
document.addEventListener("click", (event) => {
  if (event.target.isConnected) for (const panel of panels()) if (!panel.contains(event.target)) panel.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const panel of panels()) {
    panel.open = false;
    panel.querySelector("summary").focus();
  }
});
for (const form of document.querySelectorAll("[data-auto]")) {
  for (const select of form.querySelectorAll("select")) select.addEventListener("change", () => form.requestSubmit());
  // Empty fields would only make the address long.
  form.addEventListener("submit", () => { for (const field of form.elements) if (field.name && !field.value) field.disabled = true; });
  addEventListener("pageshow", () => { for (const field of form.elements) field.disabled = false; });
}
// "/" leads to the search, but not where somebody types.
const find = document.querySelector("[data-find]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  find?.focus();
});
// A page that the browser kept whole shows what was so then: who was chosen, and a review that may have been confirmed since.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
choose(document.querySelector("[data-chooser]"));
pick(document.querySelector("[data-pick]"));
facts(document.querySelector("[data-facts]"));
addEventListener("rows", () => facts(document.querySelector("[data-facts]")));
bulk(document.querySelector("[data-bulk]"));
fill(document.querySelector("[data-pick]"));
follow(document.querySelector("[data-live]"));
review(document.querySelector("[data-review]"));
// A time that is entered is the reader's own; the service reads UTC.
for (const field of document.querySelectorAll("[data-local]")) {
  for (const note of field.labels[0].querySelectorAll("[data-utc]")) note.remove();
  field.form.addEventListener("formdata", ({ formData }) => {
    const at = new Date(field.value);
    if (!Number.isNaN(at.getTime())) formData.set(field.name, at.toISOString().slice(0, 16));
  });
}
// On a phone the way about is wider than the screen.
const side = document.querySelector(".side ul");
const current = side?.querySelector("[aria-current]");
if (current) side.scrollLeft = current.offsetLeft - (side.clientWidth - current.offsetWidth) / 2;
