// Fills the cells that are read after the page: per customer twenty rows at a time and one call after the other, so that no
// customer's directory is asked for more than it answers, and no slow one keeps the others waiting.
import { steady } from "./steady.js";

const AT_ONCE = 20;

export function facts(table) {
  if (!table) return;
  const groups = new Map();
  for (const row of table.querySelectorAll("tr[data-user]")) {
    // Rows that come later are read when they are there; those that are being read, or could not be, are left as they are.
    if (!row.querySelector("[data-wait][hidden]") || row.querySelector("[data-failed]:not([hidden])")) continue;
    const [customer] = row.dataset.user.split("/");
    groups.set(customer, [...(groups.get(customer) ?? []), row]);
  }
  steady(table, () => {
    for (const wait of [...groups.values()].flatMap((rows) => rows.flatMap((row) => [...row.querySelectorAll("[data-wait]")]))) wait.hidden = false;
  });
  for (const [customer, rows] of groups) fill(customer, rows);
}

async function fill(customer, rows) {
  for (let start = 0; start < rows.length; start += AT_ONCE) await load(customer, rows.slice(start, start + AT_ONCE));
}

async function load(customer, rows) {
  const users = rows.map((row) => row.dataset.user.split("/")[1]).join(",");
  try {
    const answer = await fetch(`/console/users/facts?${new URLSearchParams({ customer, users })}`, { redirect: "error", cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    steady(document.querySelector("[data-facts]"), () => {
      for (const row of rows) swap(row, found.querySelector(`tr[data-user="${CSS.escape(row.dataset.user)}"]`));
    });
  } catch {
    for (const row of rows) for (const wait of row.querySelectorAll("[data-wait]")) wait.hidden = true;
    for (const row of rows) for (const failed of row.querySelectorAll("[data-failed]")) failed.hidden = false;
  }
}

function swap(row, found) {
  for (const cell of found.querySelectorAll("[data-fact]")) {
    row.querySelector(`[data-fact="${cell.dataset.fact}"]`).replaceWith(document.adoptNode(cell));
  }
  const button = row.querySelector("[data-one]");
  if (button && "refused" in found.dataset) button.disabled = true;
}
