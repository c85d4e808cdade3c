// The GOV.UK components that have behaviour: error summary, character count, skip link.

import {
  CharacterCount, ErrorSummary, SkipLink,
} from "../vendor/govuk-frontend-6.3.0/govuk-frontend.min.js";

const components = {
  "govuk-character-count": CharacterCount,
  "govuk-error-summary": ErrorSummary,
  "govuk-skip-link": SkipLink,
};

document.body.classList.add("govuk-frontend-supported");

export function attach(element) {
  const Component = components[element.dataset.module];
  if (Component) new Component(element);
}
