/** What a page of the console does by itself: counts down, keeps what is being written, lets plans be dragged. */

// Times that come nearer.
const say = (ms) => {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return '马上就发';
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (days) return `还有 ${days} 天${hours ? ` ${hours} 小时` : ''}`;
  if (hours) return `还有 ${hours} 小时${rest ? ` ${rest} 分` : ''}`;
  return `还有 ${rest} 分钟`;
};
const tick = () => {
  for (const time of document.querySelectorAll('[data-until]'))
    time.textContent = say(Number(time.dataset.until) - Date.now());
};
if (document.querySelector('[data-until]')) setInterval(tick, 20_000);

// What is typed outlives a reload, the back button and a session that ran out; what was taken in is forgotten.
for (const form of document.querySelectorAll('form[data-keep]')) {
  const key = `weike:${form.dataset.keep}`;
  // Where the form says upon which words it was drawn.
  const based = () => form.elements.namedItem(form.dataset.based ?? 'base');
  const base = () => based()?.value ?? form.dataset.base ?? '';
  const fields = () =>
    [...form.elements].filter(
      (one) =>
        one.name && one.matches('textarea, select, input:not([type=hidden], [type=file], [type=search])'),
    );
  const valueOf = (one) => (one.matches('[type=checkbox], [type=radio]') ? one.checked : one.value);
  const drawnOf = (one) => {
    if (one.matches('select')) return valueOf(one);
    return one.matches('[type=checkbox], [type=radio]') ? one.defaultChecked : one.defaultValue;
  };
  const keyOf = (one) =>
    one.matches('[type=checkbox], [type=radio]') ? `${one.name}=${one.value}` : one.name;
  let typed = 0;
  let asked = 0;
  let kept;
  try {
    kept = JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    kept = null;
  }
  // What was sent and brought the text further arrived.
  if (kept?.sent && kept.base !== base()) {
    localStorage.removeItem(key);
    kept = null;
  }
  // What one typed while the page was still coming is typed too; what the browser put back by itself isn't.
  const isOpened = performance.getEntriesByType('navigation')[0]?.type === 'navigate';
  const early = isOpened ? fields().filter((one) => valueOf(one) !== drawnOf(one)) : [];
  // Of what was sent the server may have put the blanks in order.
  const inOrder = (text) => (typeof text === 'string' ? text.replace(/\s+/g, ' ').trim() : text);
  const isSame = (one, other) => one === other || (kept?.sent && inOrder(one) === inOrder(other));
  const lost = kept
    ? fields().filter(
        (one) =>
          !early.includes(one) &&
          kept.values[keyOf(one)] !== undefined &&
          !isSame(kept.values[keyOf(one)], valueOf(one)),
      )
    : [];
  if (lost.length > 0) {
    for (const one of lost)
      if (one.matches('[type=checkbox], [type=radio]')) one.checked = kept.values[keyOf(one)];
      else one.value = kept.values[keyOf(one)];
    const field = based();
    if (field) field.value = kept.base;
    form.querySelector('[data-kept-note]')?.removeAttribute('hidden');
  }
  const [news] = [...lost, ...early];
  // Told once htmx listens, which may come after us; nobody heard what was typed in between either.
  const tell = () => {
    const one = news ?? (typed > asked ? fields()[0] : undefined);
    one?.dispatchEvent(new Event('input', { bubbles: true }));
  };
  document.addEventListener('DOMContentLoaded', () => setTimeout(tell));
  const keep = (sent = false) => {
    const values = Object.fromEntries(fields().map((one) => [keyOf(one), valueOf(one)]));
    localStorage.setItem(key, JSON.stringify({ base: base(), values, sent }));
  };
  form.addEventListener('input', () => {
    typed += 1;
    keep();
  });
  form.addEventListener('submit', () => keep(true));
  form.addEventListener('htmx:before:request', () => (asked = typed));
  form.addEventListener('htmx:after:request', () => {
    if (typed === asked && document.querySelector('#live [data-saved]')) localStorage.removeItem(key);
  });
  form.querySelector('[data-forget]')?.addEventListener('click', () => {
    localStorage.removeItem(key);
    location.reload();
  });
}

// A picture is put where one writes, chosen or pasted.
const text = document.querySelector('[data-paste]');
if (text) {
  const note = document.querySelector('[data-picture-note]');
  const chooser = document.querySelector('[data-picture]');
  document.querySelector('[data-plain]')?.setAttribute('hidden', '');
  const put = async (file) => {
    note.textContent = '正在放图片……';
    const body = new FormData();
    body.append('file', file);
    try {
      const answer = await fetch('/lessons/picture', { method: 'POST', body });
      const said = await answer.text();
      if (!answer.ok) {
        note.textContent = answer.status === 400 ? said : '图片没有放成，过一会儿再试。';
        return;
      }
      text.setRangeText(`\n\n${said}\n\n`, text.selectionStart, text.selectionEnd, 'end');
      text.dispatchEvent(new Event('input', { bubbles: true }));
      note.textContent = '图片放进去了。';
    } catch {
      note.textContent = '网络断了，图片没有放成。';
    }
  };
  text.addEventListener('paste', (event) => {
    const file = [...event.clipboardData.files].find(({ type }) => type.startsWith('image/'));
    if (!file) return;
    event.preventDefault();
    void put(file);
  });
  chooser?.addEventListener('change', async () => {
    const [file] = chooser.files;
    if (file) await put(file);
    chooser.value = '';
  });
}

// A search beside a form isn't a change of the form.
for (const field of document.querySelectorAll('[data-stop]'))
  field.addEventListener('change', (event) => event.stopPropagation());

// A plan is dragged to another day, or to an hour of it.
const week = document.querySelector('[data-week]');
if (week) {
  const form = document.querySelector('#move');
  const clear = () => week.querySelectorAll('.over').forEach((one) => one.classList.remove('over'));
  week.addEventListener('dragstart', (event) => {
    const entry = event.target.closest('[data-no]');
    if (!entry) return;
    event.dataTransfer.setData(
      'text/plain',
      JSON.stringify({ no: entry.dataset.no, time: entry.dataset.time }),
    );
    event.dataTransfer.effectAllowed = 'move';
  });
  week.addEventListener('dragover', (event) => {
    const day = event.target.closest('.day:not(.past)');
    if (!day) return;
    event.preventDefault();
    clear();
    (event.target.closest('.slot') ?? day).classList.add('over');
  });
  week.addEventListener('dragleave', clear);
  week.addEventListener('drop', (event) => {
    const day = event.target.closest('.day:not(.past)');
    if (!day) return;
    event.preventDefault();
    const { no, time } = JSON.parse(event.dataTransfer.getData('text/plain'));
    form.elements.namedItem('no').value = no;
    form.elements.namedItem('day').value = day.dataset.day;
    form.elements.namedItem('time').value = event.target.closest('.slot')?.dataset.time ?? time;
    form.requestSubmit();
  });
}
