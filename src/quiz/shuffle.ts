/**
 * Options in another order for each group. The window keeps the order that its group saw; what is recorded are always
 * the letters of the lesson itself.
 */
import type { Orders } from '../lessons/compose.ts';
import type { Question } from '../lessons/lesson.ts';
import type { Answers } from './question.ts';
import { seededRandom, shuffled } from './random.ts';

const LETTERS = 'ABCDEFGH';
/** 以上都对, A和C: such an option speaks of the order it stands in. */
const POSITIONAL =
  /以上|上述|前面|下面|以下|前[两三]|后[两三]|都[对错是不]|[A-H]\s*[、和与及]\s*[A-H]|^\s*[A-H]\s*[.、]/;

/** By question the letters as they are shown; questions that must keep their order are left out. */
export function shuffleOptions(questions: readonly Question[], seed: string): Orders {
  const orders: Record<number, string> = {};
  for (const question of questions) {
    if (question.options.length < 2) continue;
    if ([...question.options, question.explanation].some((text) => POSITIONAL.test(text))) continue;
    const letters = LETTERS.slice(0, question.options.length);
    orders[question.no] = shuffled([...letters], seededRandom(`${seed} ${question.no}`)).join('');
  }
  return orders;
}

/** What somebody answered by the letters that they saw, in the letters of the lesson. */
export function toCanonical(answers: Answers, questions: readonly Question[], orders: Orders): Answers {
  const canonical: Record<number, readonly string[]> = {};
  for (const [no, value] of Object.entries(answers)) {
    const order = orders[Number(no)];
    const type = questions.find((question) => question.no === Number(no))?.type;
    const letters =
      order === undefined ? value : value.map((letter) => order[LETTERS.indexOf(letter)] ?? letter);
    canonical[Number(no)] = type === 'order' ? letters : letters.toSorted();
  }
  return canonical;
}
