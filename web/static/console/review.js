// Keeps the number of users to reset in step with who is taken out.
export function review(form) {
  if (!form) return;
  form.addEventListener("change", (event) => {
    if (event.target.name !== "without") return;
    const out = new FormData(form).getAll("without").length;
    const left = (Number(form.dataset.planned) - out).toLocaleString("en");
    for (const place of form.querySelectorAll("[data-left]")) place.textContent = left;
  });
}
