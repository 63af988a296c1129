// What was typed and isn't known to have arrived. Nothing in here is lost, also when the page is closed.

const WAITS = [0, 800, 2500];
const TIMEOUT = 10_000;
const STORE = 'weike-outbox';
/** More than anybody types on a broken line; a browser keeps only so much. */
const MOST = 50;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Throws an Error whose message is for the reader; `again` on it says that trying again may help. */
export async function post(address, body) {
  let answer;
  try {
    answer = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
    });
  } catch {
    throw Object.assign(new Error('没发出去'), { again: true });
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw Object.assign(new Error(said.error || '没发出去'), { again: answer.status >= 500 });
}

/** A key for one message. Not `randomUUID`, which plain http doesn't have. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const isItem = (one) =>
  [one?.person, one?.where, one?.text, one?.key].every((value) => typeof value === 'string');

/** What this browser kept; some browsers refuse to. */
function readStore() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE));
    return Array.isArray(kept) ? kept.filter(isItem) : [];
  } catch {
    return [];
  }
}

function writeStore(items) {
  try {
    if (items.length === 0) localStorage.removeItem(STORE);
    else localStorage.setItem(STORE, JSON.stringify(items.slice(-MOST)));
  } catch {
    // Then they stay as long as the page is open.
  }
}

/**
 * Says what is put in, one after the other. `draw(items)` shows what hasn't arrived; `onSent(item, message)`
 * gets the message that an item has become. What an earlier page left behind waits for a press: it may be
 * hours old, and its answer no longer meant.
 */
export function openOutbox({ draw, onSent }) {
  let items = readStore().map((item) => ({ ...item, stuck: true }));
  let line = Promise.resolve();

  const show = () => draw(items);

  /** Other windows write there too: only our own lines are changed. */
  function keep({ person, where, text, key }) {
    writeStore([...readStore().filter((one) => one.key !== key), { person, where, text, key }]);
  }

  async function attempt(item) {
    item.failed = undefined;
    show();
    for (const wait of WAITS) {
      await sleep(wait);
      if (!items.includes(item)) return;
      try {
        const { person, where, text, key } = item;
        const { message } = await post('/sandbox/api/say', { person, where, text, key });
        remove(key);
        onSent(item, message);
        return;
      } catch (error) {
        item.failed = error.message;
        if (!error.again) break;
      }
    }
    item.stuck = true;
    show();
  }

  function remove(key) {
    writeStore(readStore().filter((one) => one.key !== key));
    if (!items.some((item) => item.key === key)) return;
    items = items.filter((item) => item.key !== key);
    show();
  }

  const queue = (item) => {
    item.stuck = false;
    line = line.then(() => attempt(item));
  };

  // Another window of this browser has sent it, or thrown it away.
  addEventListener('storage', (event) => {
    if (event.key !== STORE && event.key !== null) return;
    const kept = new Set(readStore().map(({ key }) => key));
    items = items.filter((item) => !item.stuck || kept.has(item.key));
    show();
  });

  return {
    say(message) {
      const item = { ...message, key: newKey() };
      items.push(item);
      keep(item);
      queue(item);
      show();
    },
    again(item) {
      if (item.stuck) queue(item);
      show();
    },
    drop: (item) => remove(item.key),
    /** The message has come back on the live line, perhaps before the answer to the request. */
    arrived(id) {
      const [, key] = id.split('.');
      if (key !== undefined) remove(key);
    },
    show,
  };
}
