// The Menu link of a narrow screen becomes a button that opens and shuts the menu in place.

export function attach(link) {
  const menu = document.querySelector(link.getAttribute("href"));
  link.setAttribute("role", "button");
  link.setAttribute("aria-controls", menu.id);
  const set = (open) => {
    link.setAttribute("aria-expanded", String(open));
    menu.classList.toggle("is-open", open);
    menu.classList.toggle("is-shut", !open);
  };
  const toggle = (event) => {
    event.preventDefault();
    set(link.getAttribute("aria-expanded") !== "true");
  };
  link.addEventListener("click", toggle);
  link.addEventListener("keydown", (event) => event.key === " " && toggle(event));
  set(false);
  const wide = matchMedia("(min-width: 1341px)");
  const followWidth = () => wide.matches && menu.classList.remove("is-shut");
  wide.addEventListener("change", followWidth);
  followWidth();
}
