/**
 * What practice is worth: a cohort whose memory follows FSRS, each member with parameters of their own, over eight
 * weeks of lessons. What they got wrong comes back as our schedule says; or as many times, at random; or never.
 */
import { type Card, createEmptyCard, default_w, type FSRS, fsrs, Rating } from 'ts-fsrs';

import { DAY } from '../src/clock.ts';
import { newCard, reviewCard } from '../src/quiz/practice.ts';
import { seededRandom } from '../src/quiz/random.ts';
import { type Bench, figure } from './figure.ts';

const WEEKS = 8;
const LESSONS_A_WEEK = 3;
const QUESTIONS = 3;
/** Share of questions that are got wrong at first. */
const WRONG = 0.4;
const MOST_A_DAY = 3;
const START = Date.UTC(2026, 0, 5, 4);

type Plan = 'never' | 'random' | 'fsrs';

interface Known {
  /** What is really remembered. */
  memory: Card;
  /** What our schedule thinks. */
  card: Card;
  due: number;
}

export const retention: Bench = {
  name: 'retention',
  title: `what is remembered after ${WEEKS} weeks`,
  async run({ full, say }) {
    const members = full ? 1_000 : 200;
    say(`${members} members`);
    const results = {
      fsrs: run('fsrs', members),
      random: run('random', members),
      never: run('never', members),
    };
    const share = (what: string, plan: Plan) => ({
      what,
      value: Math.round(1_000 * results[plan].recalled) / 10,
      unit: '%',
    });
    const messages = `${(results.fsrs.messages / members).toFixed(1)} messages a member with practice, ${(results.random.messages / members).toFixed(1)} at random`;
    return await Promise.resolve([
      figure(share('recalled, practised when about to be forgotten', 'fsrs'), {
        bare: share('recalled, the same number of messages at random', 'random'),
        aim: { of: 'ratio', atLeast: 1 },
        note: `simulated: memory by FSRS-6 with noise of 30 % on every parameter; ${messages}`,
      }),
      figure(share('recalled, practised when about to be forgotten (once more)', 'fsrs'), {
        bare: share('recalled without practice', 'never'),
        aim: { of: 'ratio', atLeast: 1 },
      }),
    ]);
  },
};

function run(plan: Plan, members: number): { recalled: number; messages: number } {
  let [recalled, count, messages] = [0, 0, 0];
  for (let member = 0; member < members; member += 1) {
    const one = simulate(plan, member);
    recalled += one.recalled;
    count += one.count;
    messages += one.messages;
  }
  return { recalled: recalled / count, messages };
}

interface Simulated {
  /** Sum of the chances of recalling each mistake at the end. */
  readonly recalled: number;
  readonly count: number;
  readonly messages: number;
  /** Messages of each day. */
  readonly asked: readonly number[];
}

/** The same member has the same mind and the same mistakes under every plan. */
function simulate(plan: Plan, member: number): Simulated {
  const random = seededRandom(`member ${member}`);
  const mind: FSRS = fsrs({
    enable_fuzz: false,
    w: default_w.map((weight) => weight * (0.7 + 0.6 * random())),
  });
  const mistakes = Array.from({ length: WEEKS * LESSONS_A_WEEK * QUESTIONS }, () => random() < WRONG);
  const answers = seededRandom(`answers ${member}`);
  // As many messages on the same days as the schedule would send.
  const quota = plan === 'random' ? simulate('fsrs', member).asked : [];
  const known: Known[] = [];
  const asked: number[] = [];
  let messages = 0;
  for (let day = 0; day < WEEKS * 7; day += 1) {
    const now = START + day * DAY;
    if ([0, 2, 4].includes(day % 7)) {
      const lesson = Math.floor(day / 7) * LESSONS_A_WEEK + (day % 7) / 2;
      for (let question = 0; question < QUESTIONS; question += 1)
        if (mistakes[lesson * QUESTIONS + question] === true)
          known.push({
            memory: mind.next(createEmptyCard(new Date(now)), new Date(now), Rating.Again).card,
            card: newCard(now),
            due: now + DAY,
          });
    }
    const chosen =
      plan === 'never'
        ? []
        : plan === 'random'
          ? Array.from({ length: quota[day] ?? 0 }, () => known[Math.floor(answers() * known.length)])
          : known
              .filter(({ due }) => due <= now)
              .toSorted((a, b) => a.due - b.due)
              .slice(0, MOST_A_DAY);
    asked.push(chosen.length);
    for (const item of chosen) {
      if (!item) continue;
      messages += 1;
      const right = answers() < mind.get_retrievability(item.memory, new Date(now), false);
      item.memory = mind.next(item.memory, new Date(now), right ? Rating.Good : Rating.Again).card;
      item.card = reviewCard(item.card, right, now);
      item.due = Math.max(new Date(item.card.due).getTime(), now + DAY);
    }
  }
  const end = new Date(START + WEEKS * 7 * DAY);
  const recalled = known.reduce((sum, { memory }) => sum + mind.get_retrievability(memory, end, false), 0);
  return { recalled, count: known.length, messages, asked };
}
