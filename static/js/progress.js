/* Fetches the page again while something on it is under way, and puts the new piece in the place of the old one.
   Without this file the page says how to see more: by loading it again. */
"use strict";

const EVERY = 5000;

const follow = (piece) => {
  const hint = piece.querySelector("[data-without-script]");
  if (hint) hint.hidden = true;
  setTimeout(async () => {
    if (document.hidden) return follow(piece);
    let fresh = null;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (answer.redirected || !answer.ok) return; // signed out meanwhile: loading the page again says so
      fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(piece.id);
    } catch {
      return follow(piece); // no network for a moment
    }
    if (!fresh) return;
    const isStill = "follow" in fresh.dataset;
    if (!isStill) return location.reload(); // finished or held: the buttons beside it change, too
    if (fresh.innerHTML !== piece.dataset.was) {
      const focused = piece.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      piece.dataset.was = fresh.innerHTML;
      piece.replaceChildren(...fresh.childNodes);
      if (focused) piece.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    }
    follow(piece);
  }, EVERY);
};

for (const piece of document.querySelectorAll("[data-follow]")) follow(piece);
