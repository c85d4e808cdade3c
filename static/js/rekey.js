// Keying in a sheet with the keyboard alone: Enter goes to the next row, the codes follow the kind.

const USED_BY = { severity: ["finding"], who: ["offer"] };

export function attach(form) {
  for (const row of form.querySelectorAll("[data-row]")) follow(row);
  form.addEventListener("change", ({ target }) => {
    if (target.name?.startsWith("kind-")) follow(target.closest("[data-row]"));
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-save]"));
      return;
    }
    const row = event.target.closest("[data-row]");
    if (!row || event.target.matches("button, a")) return;
    event.preventDefault();
    onward(form, row);
  });
}

/** The next row's first box; after the last row, more rows. */
function onward(form, row) {
  const following = form.querySelector(`#title-${Number(row.dataset.row) + 1}`);
  if (following) following.focus();
  else form.querySelector("[data-more]")?.click();
}

/** What a kind has no use for is out of the way of the Tab key, unless something stands in it. */
function follow(row) {
  const kind = row.querySelector("select").value;
  row.querySelector("[name^='category-']").setAttribute("list", `codes-${kind === "group" ? "asset" : kind}`);
  for (const [cell, kinds] of Object.entries(USED_BY)) {
    const input = row.querySelector(`[name^='${cell}-']`);
    const idle = !kinds.includes(kind) && !input.value;
    input.tabIndex = idle ? -1 : 0;
    input.classList.toggle("is-idle", idle);
  }
}
