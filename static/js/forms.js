// Nothing typed is lost by accident (data-keep), and nothing is sent twice (data-keep, data-once).

const SENDING_MS = 10_000;

export function attach(form) {
  let sentAt = null;
  let typed = false;

  form.addEventListener("input", () => { typed = true; });
  form.addEventListener("submit", (event) => {
    const now = performance.now();
    if (sentAt !== null && now - sentAt < SENDING_MS) {
      event.preventDefault();
      return;
    }
    sentAt = now;
    typed = false;
  });
  addEventListener("pageshow", () => { sentAt = null; }); // back from the next page
  if (form.hasAttribute("data-keep")) {
    addEventListener("beforeunload", (event) => typed && event.preventDefault());
  }
}
