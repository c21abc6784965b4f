// Keeps one part of a page up to date: asks whether it changed (ETag) and swaps it in. Quick while much happens, slow while
// somebody has to decide, silent while nobody looks.
const QUICK = 2000;
const SLOW = 10000;

export function follow(part) {
  if (!part) return;
  let etag = part.dataset.etag;
  let quiet = 0;
  let timer;
  const next = () => { timer = setTimeout(look, quiet < 15 ? QUICK : SLOW); };
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && part.dataset.live) look();
  });
  beat();
  next();

  async function look() {
    if (document.hidden || !part.dataset.live) return;
    try {
      const answer = await fetch(part.dataset.live, { headers: { "If-None-Match": etag }, cache: "no-store", redirect: "error" });
      quiet = answer.status === 304 ? quiet + 1 : 0;
      if (answer.status === 200) swap(await answer.text(), answer.headers);
    } catch {
      quiet += 1; // offline for a moment, or signed out: the next look will tell
    }
    if (part.dataset.live) next();
  }

  // Only here is it true that the page goes on by itself.
  function beat() {
    for (const told of part.querySelectorAll("[data-beat]")) told.hidden = !part.dataset.live;
  }

  function stands() {
    return part.querySelector("[data-stands]")?.dataset.stands ?? "";
  }

  // A notice says what was so when the page was loaded, and goes when the request moves on.
  function settle() {
    const notice = document.getElementById("notice");
    if (notice && !notice.dataset.while?.split(" ").includes(stands())) notice.remove();
  }

  function swap(html, headers) {
    if (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
    etag = headers.get("ETag");
    const held = document.activeElement?.id;
    const open = [...part.querySelectorAll("details[open][id]")].map((entry) => entry.id);
    const before = stands();
    part.innerHTML = html;
    beat();
    if (stands() !== before) settle();
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
    if (headers.get("X-Live") === "ended") {
      part.dataset.live = "";
      document.querySelector("[data-beat]")?.remove();
      if (headers.get("X-Reload")) location.reload();
    }
  }
}
