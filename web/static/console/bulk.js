// Reads a list from a file into the text field, so that a mistake in it can be corrected there.
export function bulk(form) {
  const chooser = form?.querySelector("[data-file]");
  if (!chooser) return;
  chooser.hidden = false;
  chooser.querySelector("input").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
    form.querySelector("textarea").value = new TextDecoder(wide).decode(bytes);
    event.target.value = "";
    form.requestSubmit(form.querySelector("[value=find]"));
  });
}
