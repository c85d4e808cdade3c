// Elements out of values. Text is only ever text: nothing here takes markup.

/** An element; props are attributes, but for on… (listeners) and properties of forms. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (["value", "checked", "disabled", "hidden"].includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const button = (text, onclick, props = {}) => h("button", { type: "button", class: "walk-button", onclick, ...props }, text);

/** A label with its field; `hint` stands between them. */
export function field(label, input, hint = "") {
  const hinted = hint ? h("span", { class: "walk-hint", id: `${input.id}-hint` }, hint) : null;
  if (hint) input.setAttribute("aria-describedby", `${input.id}-hint`);
  return h("div", { class: "walk-field" }, h("label", { for: input.id }, label), hinted, input);
}

/** One of a few, as large buttons. options: [[value, words], …]. */
export function choice(legend, name, options, chosen, onchange) {
  const radios = options.map(([value, words]) => {
    const radio = h("input", { type: "radio", name, value, id: `${name}-${value}`, checked: value === chosen });
    radio.addEventListener("change", () => onchange(value));
    return h("span", { class: "walk-option" }, radio, h("label", { for: radio.id }, words));
  });
  return h("fieldset", { class: "walk-choice" }, h("legend", {}, legend), h("div", { class: "walk-options" }, radios));
}

export const notice = (text, tone = "", ...more) => h("div", { class: `walk-notice ${tone && `is-${tone}`}` }, h("p", {}, text), ...more);

/** The same work, one at a time: pressed twice, it is done once. underWay(): what to wait for, or null. */
export function oneAtATime(work) {
  let underWay = null;
  const once = async (...given) => {
    try {
      await work(...given);
    } finally {
      underWay = null;
    }
  };
  return Object.assign((...given) => { underWay ??= once(...given); return underWay; }, { underWay: () => underWay });
}
