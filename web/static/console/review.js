// Keeps what the plan comes to in step with who is excluded: the service counts, here its answer is shown.
export function review(form) {
  if (!form) return;
  let last = 0;
  form.addEventListener("change", async (event) => {
    if (event.target.name !== "without") return;
    const body = new URLSearchParams(new FormData(form));
    body.set("part", "1");
    const mine = (last += 1);
    for (const part of form.querySelectorAll("[data-part]")) part.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(location.href, { method: "POST", body, redirect: "error", cache: "no-store" });
      if (answer.ok && mine === last) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // Offline for a moment: the numbers stay marked as not current, and the service counts again when the form is sent.
    }
  });

  function swap(found) {
    for (const part of form.querySelectorAll("[data-part]")) {
      part.replaceWith(document.adoptNode(found.querySelector(`[data-part="${part.dataset.part}"]`)));
    }
    const left = form.querySelector("dd[data-left]").textContent;
    for (const place of form.querySelectorAll("b[data-left]")) place.textContent = left;
  }
}
