// Keeps the sandbox live: who one is, which chat is open, what is said.
import { openLog } from './log.js';
import { openOutbox, post } from './outbox.js';
import { follow } from './stream.js';

const byId = (id) => document.getElementById(id);
const app = byId('app');
const text = byId('text');
const world = JSON.parse(byId('world').textContent);

/** How long a word of success stays, ms. */
const TOLD_FOR = 8_000;

/** What the browser remembers; some refuse to. */
const memory = {
  read() {
    try {
      return JSON.parse(localStorage.getItem('weike-sandbox')) ?? {};
    } catch {
      return {};
    }
  },
  write(value) {
    try {
      localStorage.setItem('weike-sandbox', JSON.stringify(value));
    } catch {
      // Then the next visit begins with the first person again.
    }
  },
};

const findPerson = (id) => {
  for (const room of world) for (const person of room.people) if (person.id === id) return { room, person };
  return undefined;
};

const state = {
  ...findPerson(app.dataset.person),
  chat: app.dataset.chat,
  stream: undefined,
  unread: { group: 0, private: 0 },
  drafts: new Map(),
  /** Grows with each opening of a chat, so that a late answer for another one is thrown away. */
  round: 0,
};

function element(tag, className, words) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (words !== undefined) made.textContent = words;
  return made;
}

function press(className, words, action) {
  const button = element('button', className, words);
  button.type = 'button';
  button.addEventListener('click', action);
  return button;
}

function faceOf(person) {
  const face = element('span', `avatar tint-${person.tint}`, person.letters);
  face.setAttribute('aria-hidden', 'true');
  return face;
}

const log = openLog({
  box: byId('log'),
  list: byId('messages'),
  onAway: (isAway) => (byId('fresh').hidden = !isAway),
});

const outbox = openOutbox({
  draw: drawPending,
  onSent(item, message) {
    // Drawn through the eyes of whoever said it: after a change of person it comes with the next reading.
    if (item.person === state.person.id) take(message);
  },
});

function drawPending(items) {
  const here = items.filter(({ person, where }) => person === state.person.id && where === state.chat);
  const known = new Map(Array.from(byId('pending').children, (row) => [row.dataset.key, row]));
  byId('pending').replaceChildren(...here.map((item) => pendingRow(item, known.get(item.key))));
  if (here.length > 0) {
    byId('empty').hidden = true;
    log.toEnd();
  }
}

function pendingRow(item, known) {
  const row = known ?? element('div', 'message mine pending');
  if (!known) {
    const line = element('div', 'line');
    const said = element('div', 'said');
    said.append(element('div', 'name', '我'), element('div', 'bubble', item.text));
    line.append(faceOf(state.person), said);
    row.append(line);
    row.dataset.key = item.key;
  }
  row.classList.toggle('stuck', Boolean(item.stuck));
  row.querySelector('.failed')?.remove();
  if (item.stuck) {
    const reason = item.failed && item.failed !== '没发出去' ? `没发出去（${item.failed}）` : '没发出去';
    const failed = element('div', 'failed');
    failed.append(
      press('again', `${reason}，点一下重发`, () => outbox.again(item)),
      press('drop', '不发了', () => outbox.drop(item)),
    );
    row.querySelector('.said').append(failed);
  }
  return row;
}

async function fetchMessages(where, before) {
  const query = new URLSearchParams({ person: state.person.id, where });
  if (before) query.set('before', before);
  const answer = await fetch(`/sandbox/api/messages?${query}`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return await answer.json();
}

/** Puts a message where it belongs: into the open chat, or into the other one's count of unread. */
function take(message) {
  const isMine = message.person === state.person.id;
  drawPreview(message);
  outbox.arrived(message.id);
  if (message.chat === state.chat) {
    byId('empty').hidden = true;
    log.add(message, isMine);
  } else if (!isMine) {
    state.unread[message.chat] += 1;
    drawUnread();
  }
}

/** Reads the open chat from the server; what is shown already stays. */
async function load() {
  state.round += 1;
  const { round, chat } = state;
  byId('older').hidden = true;
  if (log.isEmpty()) tell('empty', '正在读消息……');
  outbox.show();
  try {
    const { messages, more } = await fetchMessages(chat);
    if (round !== state.round) return;
    byId('older').hidden = !more;
    messages.forEach(take);
    const isEmpty = log.isEmpty() && byId('pending').childElementCount === 0;
    tell('empty', isEmpty ? byId('empty').dataset[chat] : '');
    log.toEnd();
  } catch {
    if (round !== state.round) return;
    tell('empty', '消息没读出来，说过的都还在。');
    byId('empty').append(press('button', '再读一次', () => void load()));
  }
}

/** The last line of the chat that isn't open, for the list. */
async function loadPreview() {
  const { round, chat } = state;
  const { messages } = await fetchMessages(chat === 'group' ? 'private' : 'group');
  const last = messages.at(-1);
  if (last && round === state.round) drawPreview(last);
}

function tell(id, words) {
  byId(id).textContent = words;
  byId(id).hidden = words === '';
}

let isReadingOlder = false;
/** Then only a press tries again: scrolling would ask without end. */
let olderFailed = false;
async function loadOlder() {
  const first = log.first();
  if (isReadingOlder || !first) return;
  isReadingOlder = true;
  const older = byId('older');
  const { round } = state;
  older.textContent = '正在读……';
  try {
    const { messages, more } = await fetchMessages(state.chat, first);
    if (round === state.round) {
      log.addOlder(messages);
      older.hidden = !more;
    }
    older.textContent = '看更早的消息';
    olderFailed = false;
  } catch {
    olderFailed = true;
    older.textContent = '没读出来，点一下再试';
  } finally {
    isReadingOlder = false;
  }
}

function connect() {
  const after = state.stream?.last() ?? app.dataset.last;
  state.stream?.close();
  const { id } = state.person;
  state.stream = follow({
    after,
    address: (last) => `/sandbox/api/events?${new URLSearchParams({ person: id, after: last || '0' })}`,
    onMessage: take,
    onLine(isUp) {
      app.dataset.line = isUp ? 'up' : 'down';
      tell('banner', isUp ? '' : '连接断了，正在重连；说的话会留着');
    },
  });
}

function drawPreview(message) {
  const preview = document.querySelector(`.chat[data-chat="${message.chat}"] .preview`);
  if (preview.dataset.id > message.id) return;
  preview.dataset.id = message.id;
  preview.textContent = message.preview;
}

function drawUnread() {
  const other = state.chat === 'group' ? 'private' : 'group';
  state.unread[state.chat] = 0;
  for (const chat of ['group', 'private'])
    drawCount(document.querySelector(`.chat[data-chat="${chat}"] .unread`), chat);
  drawCount(document.querySelector('.back .unread'), other);
}

function drawCount(badge, chat) {
  const count = state.unread[chat];
  badge.hidden = count === 0;
  badge.textContent = count > 99 ? '99+' : String(count);
  badge.setAttribute('aria-label', `${count} 条没看`);
}

function drawFrame() {
  const { room, person, chat } = state;
  const inGroup = chat === 'group';
  byId('topic').textContent = inGroup ? room.topic : '小课';
  byId('count').textContent = inGroup ? `(${room.people.length + 1})` : '';
  byId('my-face').replaceChildren(faceOf(person));
  byId('my-name').textContent = person.name;
  byId('entry-face').replaceChildren(faceOf(person));
  text.placeholder = `以 ${person.name} 的身份说……`;
  document.querySelector('.chat[data-chat="group"] b').textContent = room.topic;
  for (const link of document.querySelectorAll('.chat[data-chat]')) {
    link.setAttribute('aria-current', link.dataset.chat === chat ? 'page' : 'false');
    link.href = `/sandbox?${addressOf(person, link.dataset.chat)}`;
  }
  for (const link of document.querySelectorAll('.chat[data-room]'))
    link.hidden = link.dataset.room === room.id;
  document.querySelector('.quick').hidden = !inGroup;
  tell('told', '');
  drawUnread();
}

const addressOf = (person, chat) =>
  new URLSearchParams({ as: person.id, ...(chat === 'private' ? { chat } : {}) }).toString();

const draftKey = () => `${state.person.id} ${state.chat}`;

/** Opens a chat as somebody. What is being typed stays with the chat that it was typed in. */
function open(found, chat) {
  const isOther = found.person.id !== state.person.id;
  state.drafts.set(draftKey(), text.value);
  Object.assign(state, { ...found, chat });
  remember();
  history.replaceState(null, '', `/sandbox?${addressOf(found.person, chat)}`);
  text.value = state.drafts.get(draftKey()) ?? '';
  fitText();
  if (isOther || !state.stream) {
    state.unread = { group: 0, private: 0 };
    for (const preview of document.querySelectorAll('.preview')) {
      preview.textContent = '';
      delete preview.dataset.id;
    }
    connect();
  }
  drawFrame();
  show('talk');
  log.clear();
  void load();
  if (isOther) loadPreview().catch(() => undefined);
}

function remember() {
  const known = memory.read();
  memory.write({ person: state.person.id, rooms: { ...known.rooms, [state.room.id]: state.person.id } });
}

const show = (pane) => (app.dataset.pane = pane);

function fitText() {
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight + 2}px`;
}

function send() {
  const words = text.value.trim();
  if (words === '') return;
  text.value = '';
  state.drafts.delete(draftKey());
  fitText();
  outbox.say({ person: state.person.id, where: state.chat, text: words });
}

async function sendNextLesson(button) {
  button.disabled = true;
  clearTimeout(state.forget);
  tell('told', '正在发……');
  try {
    const { told } = await post('/sandbox/api/next', { room: state.room.id });
    tell('told', told);
    state.forget = setTimeout(() => tell('told', ''), TOLD_FOR);
  } catch (error) {
    tell('told', error.message === '没发出去' ? '没有办成，课没有发。请再点一次。' : error.message);
  } finally {
    button.disabled = false;
  }
}

function drawPicker() {
  const rooms = [state.room, ...world.filter((room) => room !== state.room)];
  byId('people').replaceChildren(
    ...rooms.map((room) => {
      const part = element('section', 'room');
      part.append(element('h3', '', room.topic));
      for (const person of room.people) {
        const button = element('button', 'person');
        button.type = 'button';
        button.setAttribute('aria-pressed', String(person === state.person));
        const what = element('span', 'what');
        what.append(element('b', '', person.name), element('small', '', person.status));
        button.append(faceOf(person), what);
        button.addEventListener('click', () => {
          byId('picker').close();
          open({ room, person }, room === state.room ? state.chat : 'group');
          text.focus();
        });
        part.append(button);
      }
      return part;
    }),
  );
}

const acts = {
  list: () => show('list'),
  hints: () => show('hints'),
  talk: () => show('talk'),
  pick() {
    drawPicker();
    byId('picker').showModal();
  },
  close: () => byId('picker').close(),
  next: (button) => void sendNextLesson(button),
  mention() {
    if (!text.value.includes('@小课'))
      text.setRangeText('@小课 ', text.selectionStart, text.selectionEnd, 'end');
    text.focus();
    fitText();
  },
};

document.addEventListener('click', (event) => {
  const target = event.target.closest('[data-act], [data-say], a.chat');
  if (!target) return;
  if (target.dataset.act) {
    // Without us it is a link or a form's button.
    event.preventDefault();
    acts[target.dataset.act](target);
  } else if (target.dataset.say) {
    event.preventDefault();
    show('talk');
    text.value = target.dataset.say;
    text.focus();
    fitText();
  } else {
    event.preventDefault();
    const { chat, room: roomId } = target.dataset;
    const room = world.find(({ id }) => id === roomId);
    const found = room && (findPerson(memory.read().rooms?.[roomId]) ?? { room, person: room.people[0] });
    open(found ?? { room: state.room, person: state.person }, chat ?? 'group');
  }
});
byId('picker').addEventListener('click', (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close();
});
byId('compose').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
text.addEventListener('keydown', (event) => {
  // While an input method is choosing characters, Enter is its own (229 where isComposing comes too late).
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  send();
});
text.addEventListener('input', fitText);
byId('fresh').addEventListener('click', () => log.toEnd());
byId('older').addEventListener('click', () => void loadOlder());
new IntersectionObserver(
  (entries) => {
    if (entries.some((entry) => entry.isIntersecting) && !olderFailed) void loadOlder();
  },
  { root: byId('log') },
).observe(byId('older'));

// An address without a person means: whoever one was the last time.
const asked = new URLSearchParams(location.search);
const known = memory.read();
const back = findPerson(asked.has('room') ? known.rooms?.[asked.get('room')] : known.person);
for (const waiting of document.querySelectorAll('.me, [data-act="mention"]')) waiting.hidden = false;
if (!asked.has('as') && back) open(back, state.chat);
else {
  remember();
  history.replaceState(null, '', `/sandbox?${addressOf(state.person, state.chat)}`);
  drawFrame();
  connect();
  log.toEnd();
  void load();
}
