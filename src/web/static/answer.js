// Keeps each answer as it is tapped. What can't be sent stays in this browser, also when the page is closed or the
// session is over, and goes out when that is over. Without this file the form is sent by its button.

const STORE = 'weike-answers';
const LIFE = 7 * 24 * 3_600_000;
const MOST = 100;
const RETRY = 15_000;
const PATIENCE = 10_000;
const CALM = 600;

const form = document.querySelector('form.answers');
if (form) start(form);

function start(form) {
  const { quiz, who, keeps } = form.dataset;
  const taps = keeps === 'tap';
  const line = form.querySelector('.line');
  const button = form.querySelector('.send button');
  const questions = [...form.querySelectorAll('fieldset')];
  const usual = line.textContent;
  const timers = new Map();
  let busy = false;
  /** Whether the line came back while something was being sent. */
  let isBack = false;
  let expired = false;

  const isMine = (item) => item.quiz === quiz && item.who === who;
  const mine = () => readStore().filter(isMine);
  const waiting = () => mine().filter((item) => !item.draft);
  const questionOf = (no) => questions.find((one) => one.dataset.no === String(no));
  const fieldsOf = (no) =>
    [...new FormData(form)]
      .filter(([name]) => new RegExp(`^q${no}(\\.\\d)?$`).test(name))
      .map(([a, b]) => [a, String(b)]);

  /** Whether something whole was chosen: of an order every place. */
  const isWhole = (fields) => fields.length > 0 && fields.every(([, value]) => value.trim() !== '');
  const textOf = (fields) => fields.map(([, value]) => value.trim()).join('');

  function keep(item, isOld) {
    writeStore([...readStore().filter((one) => !isOld(one)), item]);
  }
  const drop = (tap) => writeStore(readStore().filter((one) => one.tap !== tap));

  function say(words, kind = '') {
    line.textContent = words;
    line.dataset.kind = kind;
  }

  function sayLeft() {
    if (expired) return;
    if (waiting().length > 0 && navigator.onLine === false) return sayOffline();
    const left = questions.filter((one) => !one.dataset.given).map((one) => one.dataset.no);
    const [, until = ''] = / · (.*)$/.exec(usual) ?? [];
    if (!taps) return say(usual);
    say(`${left.length === 0 ? '都答了' : `还差第 ${left.join('、')} 题`} · ${until}`);
  }

  const sayOffline = () =>
    say(
      taps
        ? '现在没有网。选好的先放在这台手机里，连上网就交；截止前交到才算按时。'
        : '现在没有网，没有交上去。选好的放在这台手机里，连上网就交。',
      'warn',
    );

  function note(no, words, kind = '') {
    const place = questionOf(no)?.querySelector('.kept');
    if (!place) return;
    place.textContent = words;
    place.classList.toggle('wrong', kind === 'wrong');
  }

  /** A question as it is now becomes what is to be sent; a tap before it that hasn't gone out is replaced. */
  function put(no) {
    const fields = fieldsOf(no);
    const isOld = (item) => isMine(item) && item.no === no;
    if (!isWhole(fields)) {
      writeStore(readStore().filter((item) => !isOld(item)));
      const { given } = questionOf(no).dataset;
      return note(no, given ? '清空了不算，之前的答案还在' : '');
    }
    if (textOf(fields) === questionOf(no).dataset.given && !waiting().some((item) => item.no === no)) return;
    keep({ quiz, who, no, fields, at: Date.now(), tap: newId() }, isOld);
    note(no, '正在记…');
    void pump();
  }

  function putAll() {
    const fields = questions.filter((one) => !one.disabled).flatMap((one) => fieldsOf(one.dataset.no));
    if (!fields.some(([, value]) => value.trim() !== '')) return say('还没有选。点一个答案，再交。', 'warn');
    keep({ quiz, who, fields, at: Date.now(), tap: newId() }, isMine);
    button.disabled = true;
    say('正在交…');
    void pump();
  }

  const saveDraft = () =>
    keep(
      {
        quiz,
        who,
        draft: true,
        fields: questions.flatMap((one) => fieldsOf(one.dataset.no)),
        at: Date.now(),
        tap: 'draft',
      },
      (item) => isMine(item) && item.draft,
    );

  async function pump() {
    if (busy || expired) return;
    busy = true;
    isBack = false;
    try {
      for (let item = waiting()[0]; item && !expired; item = waiting()[0]) {
        const wasBack = isBack;
        if (await attempt(item)) continue;
        if (isBack === wasBack) break;
        isBack = false;
      }
    } finally {
      busy = false;
    }
  }

  /** Whether to go on with the next. */
  async function attempt(item) {
    let answer;
    try {
      const body = new URLSearchParams([
        ...item.fields,
        ['tap', item.tap],
        ['ago', String(Date.now() - item.at)],
      ]);
      const signal = AbortSignal.timeout ? AbortSignal.timeout(PATIENCE) : undefined;
      answer = await fetch(form.action, {
        method: 'POST',
        headers: { Accept: 'application/json' },
        body,
        signal,
        // Also when the page is left meanwhile.
        keepalive: true,
      });
    } catch {
      return stuck(item);
    }
    if (answer.status >= 500 || answer.status === 429) return stuck(item);
    const said = await answer.json().catch(() => ({}));
    if (answer.status === 401) return end(item);
    drop(item.tap);
    if (!answer.ok) {
      button.disabled = false;
      say(said.error || '没有记下，刷新这一页再试。', 'wrong');
      return true;
    }
    show(item, said);
    return true;
  }

  function stuck(item) {
    sayOffline();
    if (item.no !== undefined) note(item.no, '还在这台手机里');
    button.disabled = false;
    return false;
  }

  function end(item) {
    expired = true;
    button.disabled = false;
    if (item.no !== undefined) note(item.no, '还在这台手机里');
    say('登录过期了，选好的都在这台手机里。私聊小课说「登录」，点开链接再回到这里，就接着交。', 'warn');
    const again = document.createElement('a');
    again.href = `/q/${quiz}`;
    again.className = 'button wide quiet';
    again.textContent = '登录好了，接着来';
    if (!form.querySelector('.send a')) form.querySelector('.send').append(again);
    return false;
  }

  function show(item, { kept = {}, errors = {}, error, makeup, state }) {
    for (const [no, { given, at }] of Object.entries(kept)) {
      const question = questionOf(no);
      if (!question) continue;
      question.dataset.given = given;
      // A newer tap on it is still on its way.
      if (!waiting().some((one) => one.no === no) && (taps || item.no === no)) note(no, `已记下，${at}`);
    }
    for (const [no, words] of Object.entries(errors)) note(no, words, 'wrong');
    button.disabled = false;
    const isFine = Object.keys(errors).length === 0 && error === undefined;
    if (isFine && (!taps || makeup || state === 'done')) {
      writeStore(readStore().filter((one) => !(isMine(one) && (one.draft || !taps))));
      if (waiting().length === 0) return location.reload();
    }
    if (error !== undefined) return say(error, 'warn');
    if (!isFine && !taps) return say('有的题没有记下，看看红字，改好再交。', 'warn');
    sayLeft();
  }

  function restore() {
    const items = mine();
    const isOn = (fields, name, value) => fields.some(([a, b]) => a === name && b === value);
    for (const { fields } of [...items].sort((a, b) => a.at - b.at))
      for (const [name] of fields)
        for (const input of form.elements) {
          if (input.name !== name || input.disabled || input.closest('fieldset').disabled) continue;
          if (input.type === 'radio' || input.type === 'checkbox')
            input.checked = isOn(fields, name, input.value);
          else input.value = fields.find(([a]) => a === name)[1];
        }
    for (const item of items) if (item.no !== undefined) note(item.no, '还在这台手机里');
    if (!taps && items.some((item) => item.draft)) say('上次选到一半的还在，选完再交。');
  }

  for (const question of questions) if (question.dataset.type === 'order') stepByStep(question);
  restore();
  for (const question of questions) question.dispatchEvent(new Event('restored'));
  if (taps && form.dataset.chosen === 'no') form.classList.add('by-tap');

  form.addEventListener('change', (event) => {
    const no = event.target.closest('fieldset')?.dataset.no;
    if (no === undefined) return;
    if (!taps) return saveDraft();
    clearTimeout(timers.get(no));
    if (event.target.type === 'checkbox')
      timers.set(
        no,
        setTimeout(() => put(no), CALM),
      );
    else put(no);
  });
  form.addEventListener('input', (event) => {
    if (!event.target.classList.contains('field')) return;
    const { no } = event.target.closest('fieldset').dataset;
    if (!taps) return saveDraft();
    clearTimeout(timers.get(no));
    timers.set(
      no,
      setTimeout(() => put(no), 2 * CALM),
    );
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!taps) return putAll();
    for (const question of questions)
      if (!question.disabled && isWhole(fieldsOf(question.dataset.no))) put(question.dataset.no);
  });
  // What waits for a moment of calm must not be lost with the page.
  addEventListener('pagehide', () => {
    for (const [no, timer] of timers) {
      clearTimeout(timer);
      put(no);
    }
  });
  // One that is under way may fail yet for the line that was gone: then it isn't left for the next round.
  addEventListener('online', () => {
    isBack = true;
    void pump().then(sayLeft);
  });
  addEventListener('offline', sayOffline);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    // Perhaps they have come in again meanwhile.
    expired = false;
    void pump();
  });
  setInterval(() => void pump(), RETRY);
  if (navigator.onLine === false) sayOffline();
  void pump();
}

/** The steps of an order, tapped one after the other; a second tap takes one out again. */
export function stepByStep(question) {
  const places = [...question.querySelectorAll('.places select')];
  const steps = [...question.querySelectorAll('.steps li')];
  question.querySelector('.places').hidden = true;
  const chosen = () => places.map(({ value }) => value).filter(Boolean);
  const buttons = steps.map((step) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'option step';
    button.disabled = question.disabled;
    button.append(...step.childNodes);
    step.append(button);
    step.classList.add('tapped');
    button.addEventListener('click', () => {
      const { letter } = step.dataset;
      const order = chosen();
      const next = order.includes(letter) ? order.filter((one) => one !== letter) : [...order, letter];
      places.forEach((place, at) => (place.value = next[at] ?? ''));
      draw();
      if (next.length !== places.length)
        question.querySelector('.kept').textContent = `按先后点，还有 ${places.length - next.length} 步`;
      places[0].dispatchEvent(new Event('change', { bubbles: true }));
    });
    return button;
  });
  function draw() {
    const order = chosen();
    steps.forEach((step, at) => {
      const place = order.indexOf(step.dataset.letter);
      step.classList.toggle('on', place >= 0);
      step.querySelector('b').textContent = place >= 0 ? String(place + 1) : step.dataset.letter;
      buttons[at].setAttribute('aria-pressed', String(place >= 0));
    });
  }
  question.addEventListener('restored', draw);
  draw();
}

function newId() {
  // Not `randomUUID`, which plain http doesn't have.
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function readStore() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE));
    const isItem = (one) =>
      Array.isArray(one?.fields) && typeof one.tap === 'string' && Date.now() - one.at < LIFE;
    return Array.isArray(kept) ? kept.filter(isItem) : [];
  } catch {
    return memory;
  }
}

/** Where the browser keeps nothing, as long as the page is open. */
let memory = [];

function writeStore(items) {
  memory = items.slice(-MOST);
  try {
    if (memory.length === 0) localStorage.removeItem(STORE);
    else localStorage.setItem(STORE, JSON.stringify(memory));
  } catch {
    // Then it stays in `memory`.
  }
}
