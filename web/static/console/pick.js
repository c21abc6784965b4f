// Choosing users over several pages: what was ticked on another page is kept for this tab and sent along.
export function pick(form) {
  if (!form) return;
  const key = `mfareset-picked:${form.dataset.pick}`;
  const boxes = [...form.querySelectorAll("tbody input[name=user]")];
  const whole = form.querySelector("[data-page]");
  const told = form.querySelector("[data-picked]");
  const here = new Set(boxes.map((box) => box.value));
  const picked = new Set(JSON.parse(sessionStorage.getItem(key) ?? "[]"));
  const clear = document.createElement("button");
  clear.type = "button";
  clear.className = "link";
  clear.textContent = "Clear";
  clear.addEventListener("click", () => { picked.clear(); show(); });
  for (const box of boxes) {
    box.addEventListener("change", () => { box.checked ? picked.add(box.value) : picked.delete(box.value); show(); });
  }
  if (whole) {
    whole.hidden = boxes.length === 0;
    whole.addEventListener("change", () => {
      for (const box of boxes) whole.checked ? picked.add(box.value) : picked.delete(box.value);
      show();
    });
  }
  form.addEventListener("submit", (event) => {
    for (const old of form.querySelectorAll("input[data-elsewhere]")) old.remove();
    if (event.submitter?.value === "all") return;
    for (const value of picked) {
      if (here.has(value)) continue;
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "user";
      field.value = value;
      field.dataset.elsewhere = "";
      form.append(field);
    }
    sessionStorage.removeItem(key);
  });
  addEventListener("pageshow", show);
  show();

  function show() {
    for (const box of boxes) box.checked = picked.has(box.value);
    const shown = boxes.filter((box) => box.checked).length;
    if (whole) {
      whole.checked = shown > 0 && shown === boxes.length;
      whole.indeterminate = shown > 0 && shown < boxes.length;
    }
    sessionStorage.setItem(key, JSON.stringify([...picked]));
    const others = picked.size - shown;
    told.textContent = picked.size
      ? `${picked.size} ${picked.size === 1 ? "user" : "users"} chosen${others ? `, ${others} on other pages` : ""} `
      : "Choose users to reset.";
    if (picked.size) told.append(clear);
  }
}
