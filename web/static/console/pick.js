// Keeps the choice of users on the server with every tick: the form says who is shown and who of them is ticked, and the bar
// comes back with what the customers of the chosen users allow. Without scripts the same form does it on its next submit.
export function pick(form) {
  if (!form) return;
  const boxes = () => [...form.querySelectorAll("tbody input[name=user]")]; // more come while customers are still being read
  const whole = form.querySelector("[data-page]");
  const bar = form.querySelector("[data-act]");
  let saves = Promise.resolve(); // one after the other: the last state of the page is the one that stays
  let waiting = 0;

  form.addEventListener("change", (event) => {
    if (event.target === whole) for (const box of boxes()) box.checked = whole.checked;
    if (event.target === whole || event.target.name === "user") save();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-save]");
    if (!button) return;
    event.preventDefault();
    const [, ref] = button.value.split(/^drop:/);
    for (const box of boxes()) if (button.value === "clear" || box.value === ref) box.checked = false;
    save(button.value);
  });
  form.addEventListener("submit", (event) => {
    if (!waiting) return;
    event.preventDefault();
    const button = event.submitter;
    saves.then(() => form.requestSubmit(button?.isConnected ? button : form.querySelector(`[value="${CSS.escape(button.value)}"]`)));
  });
  // The next page must see what was ticked on this one.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || !waiting || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    saves.then(() => { location.href = link.href; });
  });
  form.addEventListener("rows", show);
  show();

  function save(act = "keep") {
    show();
    const body = new URLSearchParams(new FormData(form));
    body.set("act", act);
    body.set("part", "1");
    waiting += 1;
    saves = saves.then(() => send(body)).finally(() => { waiting -= 1; });
  }

  async function send(body) {
    try {
      const answer = await fetch("/console/selection", { method: "POST", body, redirect: "error", cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      swap(await answer.text());
    } catch {
      const picked = bar.querySelector(".picked");
      picked.textContent = picked.dataset.failed;
    }
  }

  function swap(html) {
    const open = [...bar.querySelectorAll("details[open][id]")].map((entry) => entry.id);
    const held = bar.contains(document.activeElement) ? document.activeElement.closest("details")?.id : "";
    // What was set in the panel stays, as far as it is still offered.
    const set = new Map([...bar.querySelectorAll("input[type=checkbox]")].map((box) => [box.name + box.value, box.checked]));
    bar.innerHTML = html;
    for (const box of bar.querySelectorAll("input[type=checkbox]")) box.checked = set.get(box.name + box.value) ?? box.checked;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (held) document.getElementById(held)?.querySelector("summary").focus({ preventScroll: true });
    const link = document.querySelector("[data-picks]");
    const number = bar.querySelector("[data-number]").dataset.number;
    link.hidden = number === "0";
    link.querySelector("b").textContent = number;
    link.setAttribute("aria-label", link.dataset.label.replace("{}", number));
    show();
  }

  function show() {
    const all = boxes().length;
    const ticked = boxes().filter((box) => box.checked).length;
    if (whole) {
      whole.hidden = all === 0;
      whole.checked = ticked > 0 && ticked === all;
      whole.indeterminate = ticked > 0 && ticked < all;
    }
    for (const button of bar.querySelectorAll("[data-none]")) button.disabled = true;
  }
}
