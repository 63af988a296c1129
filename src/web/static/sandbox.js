// Keeps the sandbox's chat live: draws messages, follows the event stream, sends what is typed.
const app = document.getElementById('app');
const log = document.getElementById('log');
const text = document.getElementById('text');
const rooms = JSON.parse(document.getElementById('world').textContent);

const state = { chat: 'group', person: app.dataset.person, room: app.dataset.room, first: '', shown: new Set() };
const remembered = JSON.parse(localStorage.getItem('sandbox') || '{}');
if (!new URLSearchParams(location.search).has('as') && remembered.person) {
  const room = rooms.find((one) => one.people.some((person) => person.id === remembered.person));
  if (room) Object.assign(state, { room: room.id, person: remembered.person });
}
let source;
let lastTime = 0;

const roomNow = () => rooms.find((room) => room.id === state.room);
const personOf = (id) => roomNow().people.find((person) => person.id === id);
const element = (tag, className, words) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (words !== undefined) made.textContent = words;
  return made;
};

/** The avatar shows the given name: two characters, or one. */
function avatarOf(person) {
  if (!person) return element('div', 'avatar bot', '课');
  const colour = [...person.id].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7) % 7;
  return element('div', `avatar c${colour}`, person.name.slice(-2));
}

function bubbleOf(message) {
  if (message.picture) {
    const bubble = element('div', 'bubble picture');
    const image = element('img');
    image.src = message.picture;
    image.alt = message.text || '图片';
    bubble.append(image);
    return bubble;
  }
  const bubble = element('div', 'bubble');
  for (const piece of message.text.split(/(@[^\s@]+|https?:\/\/[^\s）]+)/)) {
    if (piece.startsWith('@')) bubble.append(element('span', 'mention', piece));
    else if (/^https?:\/\//.test(piece)) {
      const link = element('a', '', piece);
      link.href = piece;
      link.target = '_blank';
      link.rel = 'noopener';
      bubble.append(link);
    } else bubble.append(piece);
  }
  return bubble;
}

function draw(message) {
  const person = message.person ? personOf(message.person) : undefined;
  const mine = message.person === state.person;
  const row = element('div', `message${mine ? ' mine' : ''}${message.waiting ? ' waiting' : ''}`);
  row.dataset.id = message.id;
  const said = element('div', 'said');
  const name = element('div', 'name', person ? (state.chat === 'group' ? person.nickname : person.name) : '小课');
  if (person && state.chat === 'group' && (person.status === 'full' || person.status === 'probationary'))
    name.append(element('span', 'tag', '党员'));
  said.append(name, bubbleOf(message));
  row.append(avatarOf(person), said);
  return row;
}

function timeOf(at) {
  const date = new Date(at);
  const time = date.toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false });
  return date.toDateString() === new Date().toDateString() ? time : `${date.getMonth() + 1}月${date.getDate()}日 ${time}`;
}

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
const toEnd = () => (log.scrollTop = log.scrollHeight);

function add(message) {
  if (message.chat !== state.chat || state.shown.has(message.id)) return;
  // What was drawn while it was being sent has become this message.
  const key = message.id.split('.')[1];
  const sending = key && log.querySelector(`[data-id="${key}"]`);
  state.shown.add(message.id);
  const stay = isAtEnd() || message.person === state.person;
  if (sending) sending.replaceWith(draw(message));
  else {
    if (message.at - lastTime > 300_000) log.append(element('div', 'time', timeOf(message.at)));
    lastTime = message.at;
    log.append(draw(message));
  }
  if (stay) toEnd();
}

async function load(before) {
  const query = new URLSearchParams({ person: state.person, where: state.chat, ...(before ? { before } : {}) });
  const answer = await fetch(`/sandbox/api/messages?${query}`);
  if (!answer.ok) throw new Error('the messages could not be read');
  return await answer.json();
}

function olderButton() {
  const button = element('button', 'older', '看更早的');
  button.type = 'button';
  button.addEventListener('click', async () => {
    const { messages, more } = await load(state.first);
    const height = log.scrollHeight;
    button.remove();
    const rows = messages.filter((message) => !state.shown.has(message.id));
    for (const message of rows) state.shown.add(message.id);
    log.prepend(...rows.map(draw));
    if (messages.length > 0) state.first = messages[0].id;
    if (more) log.prepend(olderButton());
    log.scrollTop += log.scrollHeight - height;
  });
  return button;
}

let round = 0;
async function show() {
  const mine = (round += 1);
  localStorage.setItem('sandbox', JSON.stringify({ person: state.person }));
  source?.close();
  drawFrame();
  const { messages, more } = await load();
  if (mine !== round) return;
  state.shown.clear();
  lastTime = 0;
  log.replaceChildren(...(more ? [olderButton()] : []));
  state.first = messages[0]?.id ?? '';
  for (const message of messages) add(message);
  if (messages.length === 0) log.append(element('div', 'time', state.chat === 'group' ? '一分钟内会有第一课，也可以点“立即发下一课”' : '跟小课说点什么，比如：帮助'));
  toEnd();
  follow(messages.at(-1)?.id ?? '0');
}

function follow(after) {
  const query = new URLSearchParams({ person: state.person, after });
  // The browser comes back by itself and tells the last id that it saw.
  source = new EventSource(`/sandbox/api/events?${query}`);
  source.addEventListener('message', (event) => add(JSON.parse(event.data)));
  source.addEventListener('open', () => (app.dataset.live = 'yes'));
}

function drawFrame() {
  const room = roomNow();
  const inGroup = state.chat === 'group';
  document.getElementById('topic').textContent = inGroup ? room.topic : '小课';
  document.getElementById('count').textContent = inGroup ? `(${room.people.length + 1})` : '';
  document.getElementById('list-topic').textContent = room.topic;
  document.getElementById('room').value = state.room;
  const select = document.getElementById('person');
  select.replaceChildren(
    ...room.people.map((person) => {
      const option = element('option', '', person.nickname);
      option.value = person.id;
      return option;
    }),
  );
  select.value = state.person;
  text.placeholder = `以 ${personOf(state.person).name} 的身份说`;
  for (const button of document.querySelectorAll('.chat')) button.setAttribute('aria-current', String(button.dataset.chat === state.chat));
}

async function post(path, body) {
  const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || '没有发出去，请再试一次');
  return said;
}

async function say(words) {
  const where = state.chat;
  const person = state.person;
  const key = crypto.randomUUID().replaceAll('-', '');
  const row = draw({ id: key, person, kind: 'text', text: words, waiting: true });
  log.append(row);
  toEnd();
  const attempt = async () => {
    row.querySelector('.state')?.remove();
    try {
      const { id } = await post('/sandbox/api/say', { person, where, text: words, key });
      row.classList.remove('waiting');
      if (!state.shown.has(id)) {
        state.shown.add(id);
        row.dataset.id = id;
      } else if (row.isConnected && row.dataset.id === key) row.remove();
    } catch (error) {
      const again = element('button', 'state', `${error instanceof TypeError ? '没发出去' : error.message}，点一下重发`);
      again.type = 'button';
      again.addEventListener('click', attempt);
      row.querySelector('.said').append(again);
      toEnd();
    }
  };
  await attempt();
}

const pane = (name) => (app.dataset.pane = name);

document.getElementById('type').addEventListener('submit', (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (words === '') return;
  text.value = '';
  text.style.height = '';
  say(words);
});
text.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    document.getElementById('type').requestSubmit();
  }
});
text.addEventListener('input', () => {
  text.style.height = '';
  text.style.height = `${text.scrollHeight + 2}px`;
});
document.getElementById('at').addEventListener('click', () => {
  if (!text.value.includes('@小课')) text.value = `@小课 ${text.value}`;
  text.focus();
});
document.getElementById('room').addEventListener('change', (event) => {
  state.room = event.target.value;
  state.person = roomNow().people[0].id;
  show();
});
document.getElementById('person').addEventListener('change', (event) => {
  state.person = event.target.value;
  show();
});
for (const button of document.querySelectorAll('.chat'))
  button.addEventListener('click', () => {
    state.chat = button.dataset.chat;
    pane('talk');
    show();
  });
for (const button of document.querySelectorAll('[data-say]'))
  button.addEventListener('click', () => {
    text.value = button.dataset.say;
    pane('talk');
    text.focus();
  });
document.getElementById('back').addEventListener('click', () => pane('list'));
document.getElementById('more').addEventListener('click', () => pane('hints'));
document.getElementById('hints-back').addEventListener('click', () => pane('talk'));
document.getElementById('next-lesson').addEventListener('click', async (event) => {
  const told = document.getElementById('told');
  event.target.disabled = true;
  try {
    told.textContent = (await post('/sandbox/api/next', { room: state.room })).told;
    state.chat = 'group';
    pane('talk');
    drawFrame();
    await show();
  } catch (error) {
    told.textContent = error.message;
  } finally {
    event.target.disabled = false;
  }
});

show();
