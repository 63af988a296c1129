/** What people do while things break: they answer the lessons that they see, check in, whisper and talk. */
import type { Person } from './chat.ts';
import { numberIn } from './course.ts';
import type { Meaning } from './protocol.ts';
import type { Random } from './random.ts';
import type { Rig } from './rig.ts';

export interface Load {
  /** Nobody says anything any more. */
  stop(): void;
  /** How much was said so far. */
  count(): number;
}

interface LoadOptions {
  readonly random: Random;
  /** Mean gap between two things that people say by themselves, in real time. */
  readonly every?: number;
  /** How many of a group answer a lesson when it comes. */
  readonly answering?: number;
  /** The most that is said in all, so that a slow machine isn't given ever more to do. */
  readonly most?: number;
}

/** Nobody says more by themselves while so much is not acknowledged: a slow machine isn't given ever more to do. */
const UNHEARD = 40;
const LETTERS = ['A', 'B', 'C', 'D'] as const;
const TALK = ['今天的花开得好', '早上好', '谁家还有纸箱', '[微笑]', '快递几点来？'];

export function openLoad(
  rig: Rig,
  { random, every = 60, answering = 4, most = Infinity }: LoadOptions,
): Load {
  let said = 0;
  let stopped = false;
  const timers = new Set<NodeJS.Timeout>();
  const after = (ms: number, work: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopped) work();
    }, ms);
    timers.add(timer);
  };
  const say = (who: Person, where: { roomId: string } | 'private', text: string, means: Meaning) => {
    if (said >= most) return;
    said += 1;
    rig.chat.say(who, where, text, where === 'private' ? { ...means, reply: true } : means);
  };

  function answer(who: Person, roomId: string): void {
    const [first, second] = [random.pick(LETTERS), random.pick(LETTERS)];
    const where = random.next() < 0.15 ? ('private' as const) : { roomId };
    const kind = random.next();
    if (kind < 0.6) say(who, where, `1${first} 2${second}`, { answers: { 1: first, 2: second } });
    else if (kind < 0.8) say(who, where, `2${second}`, { answers: { 2: second } });
    else say(who, where, `打卡 1${first} 2${second}`, { answers: { 1: first, 2: second }, checkin: true });
    // Some think again.
    if (random.next() < 0.3) after(random.below(800), () => answer(who, roomId));
  }

  rig.chat.onSaid(({ target, text }) => {
    if (stopped || target.kind !== 'group' || numberIn(text) === undefined) return;
    const room = rig.chat.rooms.find(({ id }) => id === target.roomId);
    if (!room) return;
    for (let one = 0; one < answering; one += 1) {
      const who = random.pick(room.people);
      after(random.below(1_500), () => answer(who, room.id));
    }
  });

  async function speak(): Promise<void> {
    after(random.next() * 2 * every, () => void speak());
    if ((await rig.chat.pending()) > UNHEARD) return;
    const room = random.pick(rig.chat.rooms);
    const who = random.pick(room.people);
    const kind = random.next();
    if (kind < 0.4) say(who, { roomId: room.id }, `打卡 今天理了${said}两花`, { checkin: true });
    else if (kind < 0.6) say(who, { roomId: room.id }, random.pick(TALK), {});
    else if (kind < 0.8) say(who, 'private', '我的', {});
    else say(who, 'private', `打卡 第${said}回`, { checkin: true });
  }
  void speak();

  return {
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
    count: () => said,
  };
}
