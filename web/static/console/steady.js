// Changes rows of a list so that the one under the mouse, or with the focus, keeps its place on the screen: what is about to be
// ticked is not moved away.
export function steady(body, change) {
  const held = body.querySelector("tr:hover") ?? (body.contains(document.activeElement) ? document.activeElement.closest("tr") : null);
  const before = held?.getBoundingClientRect().top;
  change(held);
  if (held?.isConnected) scrollBy({ top: held.getBoundingClientRect().top - before, behavior: "instant" });
}
