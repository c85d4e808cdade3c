// Nothing typed is lost by accident (data-keep), and nothing is sent twice (data-keep, data-once),
// nor logged twice after the browser's Back: the form is then made anew, but stands for the same.

const SENDING_MS = 10_000;

export function attach(form) {
  let sentAt = null;
  let typed = false;
  const remember = sameAfterBack(form);

  form.addEventListener("input", () => { typed = true; });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("formaction")) { // another thing than the form is for
      typed = false;
      return;
    }
    const now = performance.now();
    if (sentAt !== null && now - sentAt < SENDING_MS) {
      event.preventDefault();
      return;
    }
    sentAt = now;
    typed = false;
    remember();
  });
  addEventListener("pageshow", () => { sentAt = null; }); // back from the next page
  if (form.hasAttribute("data-keep")) {
    addEventListener("beforeunload", (event) => typed && event.preventDefault());
  }
}

/** Keep, beside this step of the tab's history, which entry the form was sent as. */
function sameAfterBack(form) {
  const uid = form.querySelector("input[name=uid]");
  if (!uid) return () => {};
  const sentAs = history.state?.sentAs;
  if (sentAs) {
    uid.value = sentAs;
    const note = form.querySelector("[data-sent-before]");
    if (note) note.hidden = false;
    note?.querySelector("a").addEventListener("click", () => history.replaceState(null, ""));
  }
  return () => history.replaceState({ ...history.state, sentAs: uid.value }, "");
}
