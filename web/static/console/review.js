// Keeps what a plan comes to in step with who is excluded: the service counts, here its answer is shown. The page of an approver
// has it inlined (web/pages.py).
export function review(form) {
  if (!form) return;
  const parts = () => [...form.querySelectorAll("[data-part]")];
  // Without scripts, or where the service does not answer, a button counts. It is taken out and not only hidden: Enter in a
  // field would press it.
  const byHand = form.querySelector("[data-recount]");
  const gap = document.createComment("");
  let last = 0;
  byHand?.replaceWith(gap);
  form.addEventListener("change", async (event) => {
    if (event.target.name !== "without") return;
    const body = new URLSearchParams(new FormData(form));
    body.set("part", "1");
    const mine = (last += 1);
    for (const part of parts()) part.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(location.href, { method: "POST", body, redirect: "error", cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine === last) swap(found);
    } catch {
      // Offline for a moment: the numbers stay marked as not current, and the service counts again when the form is sent.
      if (byHand) gap.replaceWith(byHand);
    }
  });

  // The parts stay and their content goes, so that what is said aloud when it changes is.
  function swap(found) {
    for (const part of parts()) {
      part.replaceChildren(...found.querySelector(`[data-part="${part.dataset.part}"]`).childNodes);
      part.removeAttribute("aria-busy");
    }
    byHand?.replaceWith(gap);
    const left = form.querySelector("dd[data-left]")?.textContent;
    for (const place of form.querySelectorAll("b[data-left]")) place.textContent = left;
    if (found.title) document.title = found.title;
  }
}
