// The customer selector: search among many, all or none.
export function choose(form) {
  if (!form) return;
  const rows = [...form.querySelectorAll("li")];
  const search = form.querySelector("[data-search]");
  const found = form.querySelector("[data-found]");
  const seen = () => rows.filter((row) => !row.hidden);
  form.querySelector("[data-all]").hidden = false;
  form.querySelector("[data-check]").addEventListener("click", () => mark(true));
  form.querySelector("[data-uncheck]").addEventListener("click", () => mark(false));
  search.addEventListener("input", () => {
    const text = search.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(text);
    found.textContent = text ? found.dataset.found.replace("{shown}", seen().length).replace("{all}", rows.length) : "";
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return; // the only one left is the one that is meant
    event.preventDefault();
    if (seen().length === 1) seen()[0].querySelector("input").click();
  });
  form.closest("details").addEventListener("toggle", (event) => { if (event.target.open) search.focus(); });

  // "All customers" is a choice of its own: a tick below it means exactly what is ticked.
  const every = form.querySelector("[data-every]");
  every.addEventListener("change", () => { if (every.checked) for (const row of rows) row.querySelector("input").checked = true; });
  form.querySelector(".choices").addEventListener("change", () => { every.checked = false; });

  form.addEventListener("submit", (event) => {
    if (every.checked || rows.some((row) => row.querySelector("input").checked)) return;
    event.preventDefault();
    found.textContent = found.dataset.none;
  });

  function mark(on) {
    every.checked = false;
    for (const row of seen()) row.querySelector("input").checked = on;
  }
}
