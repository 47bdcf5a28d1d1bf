/* Shows a question that is asked only upon an answer, or of those who attend a part, while that is so.
   Without this file each stands in its box, which says when it is asked. */
"use strict";

const boxes = [...document.querySelectorAll("fieldset.only-if")].filter((box) => box.form);

// What is switched off is not sent, so what hangs on a question that is not asked is not asked either.
const isAsked = (box) => {
  const told = new FormData(box.form);
  const { part, upon, answer } = box.dataset;
  const offersParts = part && box.form.querySelector('[name="parts"]');
  return (!offersParts || told.getAll("parts").includes(part)) && (!upon || told.getAll(upon).includes(answer));
};

const show = () => {
  for (const box of boxes) box.hidden = box.disabled = !isAsked(box);
};

document.addEventListener("change", show);
addEventListener("pageshow", show); // a form that comes back with "back" has its answers by then
show();
