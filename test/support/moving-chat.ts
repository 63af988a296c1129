/** A chat whose ids can all change with a login, as on the web protocols: rooms and people are kept by number. */
import type { Channel, ChannelSink, ChatTarget } from '../../src/channels/channel.ts';
import { RefusedError } from '../../src/channels/channel.ts';
import type { Clock } from '../../src/clock.ts';

export interface MovingChat {
  readonly channel: Channel;
  /** What the bot said in a room. */
  said(room: number): readonly string[];
  /** What it said to a person. */
  whispered(person: number): readonly string[];
  say(person: number, room: number | 'bot', text: string): Promise<void>;
  /** Logs in again; `between` happens after the login and before all rooms have been read. */
  relogin(
    ids: { rooms: readonly string[]; people: readonly string[] },
    between?: () => Promise<void>,
  ): Promise<void>;
}

export interface MovingWorld {
  readonly people: readonly string[];
  readonly rooms: readonly { readonly topic: string; readonly people: readonly number[] }[];
}

export function makeMovingChat(world: MovingWorld, clock: Clock): MovingChat {
  const account = 'moving';
  let rooms = world.rooms.map((_, index) => `r${index}@x`);
  let people = world.people.map((_, index) => `p${index}`);
  let sink: ChannelSink | undefined;
  let no = 0;
  const spoken = new Map<string, string[]>();
  const keyOf = (target: ChatTarget) => {
    const index = target.kind === 'group' ? rooms.indexOf(target.roomId) : people.indexOf(target.contactId);
    if (index < 0) throw new RefusedError('账号不在这个群里');
    return `${target.kind} ${index}`;
  };
  const groups = () =>
    world.rooms.map(({ topic, people: seats }, index) => ({
      account,
      roomId: rooms[index] ?? '',
      topic,
      members: seats.map((person) => ({ contactId: people[person] ?? '', name: world.people[person] ?? '' })),
    }));
  async function logIn(between?: () => Promise<void>): Promise<void> {
    await sink?.loggedIn?.(account);
    await between?.();
    for (const group of groups()) await sink?.group(group);
    await sink?.listed?.(account, groups());
  }

  return {
    channel: {
      account,
      limits: { maxText: 2_000, paced: false },
      async start(given) {
        sink = given;
        await logIn();
      },
      async stop() {
        sink = undefined;
      },
      status: () => ({ account, state: 'online', since: 0, name: '小课' }),
      async send(target, part) {
        const key = keyOf(target);
        spoken.set(key, [...(spoken.get(key) ?? []), part.kind === 'text' ? part.text : part.alt]);
        no += 1;
        return { messageId: `said-${no}` };
      },
    },
    said: (room) => spoken.get(`group ${room}`) ?? [],
    whispered: (person) => spoken.get(`private ${person}`) ?? [],
    async say(person, room, text) {
      no += 1;
      await sink?.message({
        account,
        id: `heard-${no}`,
        ...(room === 'bot' ? {} : { roomId: rooms[room] ?? '' }),
        contactId: people[person] ?? '',
        senderName: world.people[person] ?? '',
        kind: 'text',
        text,
        mention: false,
        sentAt: clock.now(),
      });
    },
    async relogin(ids, between) {
      rooms = [...ids.rooms];
      people = [...ids.people];
      await logIn(between);
    },
  };
}
