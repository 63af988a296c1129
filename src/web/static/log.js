// The messages of one chat: in the order of their ids, each one once, with the newest in view.

const GAP = 5 * 60_000;
const NEAR = 60;

/** A message as the server drew it, as an element. */
function elementOf(html) {
  const holder = document.createElement('template');
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

/**
 * `box` scrolls, `list` holds the messages; `onAway(true)` says that something new came while one was reading
 * further up.
 */
export function openLog({ box, list, onAway }) {
  let atEnd = true;

  const toEnd = () => {
    box.scrollTop = box.scrollHeight;
    atEnd = true;
    onAway(false);
  };
  box.addEventListener(
    'scroll',
    () => {
      atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
      if (atEnd) onAway(false);
    },
    { passive: true },
  );
  // Pictures that arrive, a keyboard that opens: whoever was at the end stays there.
  const stay = new ResizeObserver(() => {
    if (atEnd) toEnd();
  });
  stay.observe(box);
  stay.observe(list);

  function place(element) {
    const { id } = element.dataset;
    let before = list.lastElementChild;
    while (before && before.dataset.id > id) before = before.previousElementSibling;
    if (before?.dataset.id === id) return false;
    if (before) before.after(element);
    else list.prepend(element);
    markGap(element);
    markGap(element.nextElementSibling);
    return true;
  }

  function markGap(element) {
    if (!element) return;
    const before = element.previousElementSibling;
    element.classList.toggle('gap', !before || element.dataset.at - before.dataset.at > GAP);
  }

  return {
    toEnd,
    isEmpty: () => list.childElementCount === 0,
    first: () => list.firstElementChild?.dataset.id,
    clear: () => list.replaceChildren(),
    /** Adds a new message; says whether it wasn't there yet. */
    add(message, isMine) {
      const wasAtEnd = atEnd;
      if (!place(elementOf(message.html))) return false;
      if (wasAtEnd || isMine) toEnd();
      else onAway(true);
      return true;
    },
    /** Adds older messages above without moving what is being read. */
    addOlder(messages) {
      const height = box.scrollHeight;
      const top = box.scrollTop;
      // Nobody wants to hear the past read aloud.
      box.setAttribute('aria-live', 'off');
      for (const message of messages) place(elementOf(message.html));
      box.scrollTop = top + box.scrollHeight - height;
      requestAnimationFrame(() => box.setAttribute('aria-live', 'polite'));
    },
  };
}
