// What was typed and isn't known to have arrived. Nothing in here is lost while the page is open.

const WAITS = [0, 800, 2500];
const TIMEOUT = 10_000;

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

/**
 * Says what is put in, one after the other. `draw(items)` shows what hasn't arrived; `onSent(item, message)`
 * gets the message that an item has become.
 */
export function openOutbox({ draw, onSent }) {
  let items = [];
  let line = Promise.resolve();

  const show = () => draw(items);

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
    if (!items.some((item) => item.key === key)) return;
    items = items.filter((item) => item.key !== key);
    show();
  }

  const queue = (item) => {
    item.stuck = false;
    line = line.then(() => attempt(item));
  };

  return {
    say(message) {
      const item = { ...message, key: newKey() };
      items.push(item);
      queue(item);
      show();
    },
    again(item) {
      if (item.stuck) queue(item);
      show();
    },
    /** The message has come back on the live line, perhaps before the answer to the request. */
    arrived(id) {
      const [, key] = id.split('.');
      if (key !== undefined) remove(key);
    },
    show,
  };
}
