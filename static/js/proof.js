/* Solves the puzzle of a form whose network has sent many (s3chem_events/core/puzzles.py); loaded by nobody else.
   Without this file, or without TLS, where crypto.subtle is missing, the page says how long to wait instead. */
"use strict";

const AT_ONCE = 500;

const solved = async ({ salt, challenge, maxnumber }) => {
  const digest = async (number) => {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(salt + number));
    return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  for (let first = 0; first <= maxnumber; first += AT_ONCE) {
    const some = await Promise.all(Array.from({ length: AT_ONCE }, (_, more) => digest(first + more)));
    const found = some.indexOf(challenge);
    if (found >= 0) return first + found;
  }
  return null;
};

const prove = async (form, field, state) => {
  let pressed = null;
  const wait = (event) => {
    if (event.submitter?.formNoValidate) return; // another language, one more person
    event.preventDefault();
    event.stopPropagation(); // not yet under way
    pressed = event.submitter ?? true;
  };
  form.addEventListener("submit", wait);
  state.textContent = state.dataset.working;
  const { maxnumber, ...puzzle } = JSON.parse(atob(field.value));
  const number = await solved({ maxnumber, ...puzzle });
  form.removeEventListener("submit", wait);
  if (number === null) return;
  field.value = btoa(JSON.stringify({ ...puzzle, number }));
  state.textContent = state.dataset.done;
  if (pressed) form.requestSubmit(pressed === true ? null : pressed);
};

const field = document.querySelector("input[name=altcha]");
if (field && window.crypto?.subtle) prove(field.form, field, document.getElementById("proof-state"));
