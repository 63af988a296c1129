/** The other side of a mock puppet's chat: two rooms, a few people, and what the bot was seen to say. */
import { PuppetMock, mock } from 'wechaty-puppet-mock';
import { types } from 'wechaty-puppet';

export interface MockChat {
  readonly puppet: PuppetMock;
  /** A fresh puppet on the same chat, as each connection of a real account makes one. */
  connect(): PuppetMock;
  readonly rooms: { id: string; topic: string; people: string[] }[];
  say(from: string, to: { roomId: string } | 'bot', text: string, mention: boolean): string;
  seen(to: { roomId: string } | { contactId: string }): { kind: 'text' | 'picture'; text: string }[];
  /** What the bot said under that id; `undefined` when it was somebody else. */
  saidAs(
    id: string,
  ): { to: { roomId: string } | { contactId: string }; kind: 'text' | 'picture'; text: string } | undefined;
}

export interface MockChatOptions {
  /** In each room, besides the bot. */
  readonly people?: number;
  /** When a message is written, ms. */
  readonly now?: () => number;
}

const BOT = 'bot';
let said = 0;

/** The mock logs in as soon as it is started. */
export function makeMockChat({ people: count = 3, now = Date.now }: MockChatOptions = {}): MockChat {
  const mocker = new mock.Mocker();
  let puppet = new PuppetMock({ mocker });
  const bot = mocker.createContact({ id: BOT, name: '小课' });
  const rooms = ['花茶支部群', '村淘支部群'].map((topic, index) => {
    const people = Array.from({ length: count }, (_, no) => no + 1).map((no) => {
      const id = `p${index}${no}`;
      mocker.createContact({ id, name: `茶友${index}${no}` });
      return id;
    });
    const id = `room${index}@chatroom`;
    mocker.createRoom({ id, topic, memberIdList: [BOT, ...people] });
    return { id, topic, people };
  });
  mocker.use(() => {
    mocker.login(bot);
    return () => undefined;
  });

  return {
    puppet,
    connect() {
      // The mock takes one puppet in its life.
      Object.assign(mocker, { _puppet: undefined });
      puppet = new PuppetMock({ mocker });
      return puppet;
    },
    rooms,
    say(from, to, text, mention) {
      said += 1;
      const id = `said-${process.pid}-${said}`;
      mocker.MessageMock.create({
        id,
        talkerId: from,
        ...(to === 'bot' ? { listenerId: BOT } : { roomId: to.roomId, mentionIdList: mention ? [BOT] : [] }),
        text: mention ? `@小课\u2005${text}` : text,
        timestamp: now(),
        type: types.Message.Text,
      });
      puppet.emit('message', { messageId: id });
      return id;
    },
    seen(to) {
      return [...mocker.cacheMessagePayload.values()]
        .filter(
          (payload) =>
            payload.talkerId === BOT &&
            ('roomId' in to
              ? payload.roomId === to.roomId
              : !payload.roomId && payload.listenerId === to.contactId),
        )
        .map(({ type, text = '' }) => ({ kind: type === types.Message.Text ? 'text' : 'picture', text }));
    },
    saidAs(id) {
      const payload = mocker.cacheMessagePayload.get(id);
      if (payload?.talkerId !== BOT) return undefined;
      const { roomId, listenerId = '', type, text = '' } = payload;
      return {
        to: roomId ? { roomId } : { contactId: listenerId },
        kind: type === types.Message.Text ? 'text' : 'picture',
        text,
      };
    },
  };
}
