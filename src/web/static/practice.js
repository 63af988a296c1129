// The steps of an order are tapped one after the other; everything else on the page needs no script.
import { stepByStep } from '/static/answer.js';

for (const question of document.querySelectorAll('.practice fieldset[data-type="order"]'))
  stepByStep(question);
