// Instants in the reader's own time, on hovering; and how long ago something was read.
export function tellTimes(root) {
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
  for (const time of root.querySelectorAll("time[datetime]")) time.title = local.format(new Date(time.dateTime));
}
