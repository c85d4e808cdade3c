// The board of a walkabout: tick all, how many are ticked, and who of them may stay in a merge.

export function attach(form) {
  const rows = [...form.querySelectorAll("input[name=row]")];
  const all = form.querySelector("[data-tick-all]");
  if (!rows.length || !all) return;
  const told = form.querySelectorAll("[data-ticked]");
  const keep = form.querySelector("select[name=keep]");
  let last = null;

  const tell = () => {
    const ticked = rows.filter((row) => row.checked);
    all.checked = ticked.length === rows.length;
    all.indeterminate = ticked.length > 0 && !all.checked;
    for (const place of told) place.textContent = ticked.length ? `${ticked.length} ticked` : "None ticked yet";
    const keys = new Set(ticked.map((row) => row.dataset.key));
    for (const option of keep?.options ?? []) option.hidden = option.value !== "" && !keys.has(option.value);
    if (keep?.selectedOptions[0]?.hidden) keep.value = "";
    for (const row of rows) row.closest("tr").classList.toggle("is-ticked", row.checked);
  };

  all.addEventListener("change", () => {
    for (const row of rows) row.checked = all.checked;
    tell();
  });
  form.addEventListener("click", ({ target, shiftKey }) => {
    if (target.name !== "row") return;
    if (shiftKey && last && last !== target) { // all between the two, as in a list of files
      const [from, to] = [rows.indexOf(last), rows.indexOf(target)].sort((a, b) => a - b);
      for (const row of rows.slice(from, to + 1)) row.checked = target.checked;
    }
    last = target;
    tell();
  });
  form.addEventListener("change", tell);
  tell();
}
