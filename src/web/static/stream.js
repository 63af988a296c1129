// The live line to the server. It comes back by itself after the last message that it brought.

const SILENCE = 40_000;
const SLOWEST = 15_000;
const HIDDEN_FOR = 60_000;

/**
 * `address(after)` gives where to listen; `onMessage` gets each message once and in order, `onLine` whether
 * the line is up. Returns `close()` and `last()`, the id of the last message.
 */
export function follow({ address, after, onMessage, onLine }) {
  let last = after;
  let source;
  let closed = false;
  let failures = 0;
  let timers = { silence: 0, retry: 0, hidden: 0 };

  function open() {
    clearTimeout(timers.retry);
    source?.close();
    source = new EventSource(address(last));
    source.addEventListener('message', (event) => {
      last = event.lastEventId;
      alive();
      onMessage(JSON.parse(event.data));
    });
    source.addEventListener('beat', alive);
    source.addEventListener('error', () => {
      onLine(false);
      // While the browser itself tries again there is nothing to do.
      if (source.readyState === EventSource.CLOSED) openLater();
    });
    listen();
  }

  function alive() {
    failures = 0;
    onLine(true);
    listen();
  }

  /** A line can be dead without a word: then silence tells. */
  function listen() {
    clearTimeout(timers.silence);
    timers.silence = setTimeout(() => {
      onLine(false);
      open();
    }, SILENCE);
  }

  function openLater() {
    clearTimeout(timers.retry);
    const wait = Math.min(1000 * 2 ** failures, SLOWEST);
    failures += 1;
    timers.retry = setTimeout(open, wait);
  }

  function rest() {
    source?.close();
    source = undefined;
    clearTimeout(timers.silence);
    clearTimeout(timers.retry);
  }

  /** A browser grants one server few lines: a page that nobody looks at gives its line back. */
  function onVisibility() {
    clearTimeout(timers.hidden);
    if (document.hidden) timers.hidden = setTimeout(rest, HIDDEN_FOR);
    else if (!source) open();
  }

  document.addEventListener('visibilitychange', onVisibility);
  open();
  return {
    last: () => last,
    close() {
      if (closed) return;
      closed = true;
      clearTimeout(timers.hidden);
      document.removeEventListener('visibilitychange', onVisibility);
      rest();
    },
  };
}
