// Shows instants in the reader's own time, and how long ago they were; the exact time in UTC is their title.
// Loaded in the head and not deferred: what the parser adds is changed before it is painted, so no text jumps.
(() => {
  const page = document.documentElement;
  // The page's language in the reader's own regional form, where the browser has one: en-GB and not en.
  const language = navigator.languages.find((each) => each.split("-")[0] === page.lang) ?? { en: "en-GB" }[page.lang] ?? page.lang;
  const day = { day: "numeric", month: "short", year: "numeric" };
  const whole = new Intl.DateTimeFormat(language, { ...day, weekday: "short", hour: "2-digit", minute: "2-digit" });
  const short = new Intl.DateTimeFormat(language, day);
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "long" });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const MINUTE = 60_000;
  const UNITS = [["day", 1440], ["hour", 60], ["minute", 1]];
  const LONGEST = 7 * 1440; // minutes; what is further away has its date alone
  // The service's clock counts: this machine's may be wrong.
  const ahead = Date.now() - Date.parse(page.dataset.now);

  let paper = false; // being printed: how long ago something was is wrong a minute later, and nothing can be pointed to

  function relative(at) {
    const minutes = Math.trunc((at - (Date.now() - ahead)) / MINUTE);
    if (Math.abs(minutes) > LONGEST) return "";
    const [unit, size] = UNITS.find(([, each]) => Math.abs(minutes) >= each) ?? [];
    return unit ? ago.format(Math.trunc(minutes / size), unit) : page.dataset.justNow;
  }

  function show(time) {
    const at = new Date(time.dateTime);
    const since = paper ? "" : relative(at);
    const text = time.dataset.time === "ago" && !paper ? since || short.format(at) : whole.format(at) + (since && ` (${since})`);
    if (time.textContent !== text) time.textContent = text;
  }

  function showAll(root) {
    for (const time of root.querySelectorAll("time[data-time]")) show(time);
    for (const place of root.querySelectorAll("[data-zone]")) {
      const text = (paper ? place.dataset.paper : place.dataset.zone).replace("{}", zone);
      if (place.textContent !== text) place.textContent = text;
    }
  }

  // The parser may add an element before its text, so that the parent of what was added is looked at, too.
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) if (addedNodes.length) showAll(target.parentNode ?? target);
  }).observe(document, { childList: true, subtree: true });
  setInterval(() => { if (!document.hidden) showAll(document); }, 20_000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) showAll(document); });
  addEventListener("pageshow", () => showAll(document));
  for (const [event, is] of [["beforeprint", true], ["afterprint", false]]) addEventListener(event, () => { paper = is; showAll(document); });
})();
