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
const keepers = document.querySelectorAll('form[data-keep]');
for (const form of keepers) {
  const key = `weike:${form.dataset.keep}`;
  const fields = () =>
    [...form.elements].filter(
      (one) => one.name && one.matches('textarea, input[type=text], input:not([type])'),
    );
  let kept;
  try {
    kept = JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    kept = null;
  }
  if (kept && kept.base === form.dataset.base) {
    const lost = fields().filter(
      (one) => kept.values[one.name] !== undefined && kept.values[one.name] !== one.value,
    );
    if (lost.length > 0) {
      for (const one of lost) one.value = kept.values[one.name];
      form.querySelector('[data-kept-note]')?.removeAttribute('hidden');
      lost[0].dispatchEvent(new Event('input', { bubbles: true }));
    }
  } else localStorage.removeItem(key);
  form.addEventListener('input', () => {
    const values = Object.fromEntries(fields().map((one) => [one.name, one.value]));
    localStorage.setItem(key, JSON.stringify({ base: form.dataset.base ?? '', values }));
  });
  form.querySelector('[data-forget]')?.addEventListener('click', () => {
    localStorage.removeItem(key);
    location.reload();
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
