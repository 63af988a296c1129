/** Pace and quiet hours as people fill them in, number by number, and as they are said; they are kept as one line. */
import { html } from 'hono/html';

import { sayMinutes } from '../../chat/plan/times.ts';
import { SECOND } from '../../clock.ts';
import type { Pace, QuietHours } from '../../config.ts';
import { UserError } from '../../errors.ts';
import { PACE_BOUNDS } from '../../people/policy-names.ts';
import type { Html } from '../layout.ts';
import { field } from './draw.ts';
import type { Form } from './parts.ts';

export const sayQuietHours = (hours: QuietHours | 'off'): string =>
  hours === 'off' ? '没有' : `${sayMinutes(hours.from)} 到 ${sayMinutes(hours.to)}`;

export const sayPace = ({ minGap, maxGap, perMinute, perDay }: Pace): string =>
  `隔 ${minGap / SECOND} 到 ${maxGap / SECOND} 秒，一分钟最多 ${perMinute} 条，一天最多 ${perDay} 条`;

const NUMBERS = [
  { name: 'least', label: '两条之间最少隔几秒', most: PACE_BOUNDS.gap },
  { name: 'most', label: '两条之间最多隔几秒', most: PACE_BOUNDS.gap },
  { name: 'minute', label: '一分钟最多几条', most: PACE_BOUNDS.perMinute },
  { name: 'day', label: '一天最多几条', most: PACE_BOUNDS.perDay },
] as const;

export function drawPaceForm(pace: Pace | undefined): Html {
  const shown = {
    least: pace && pace.minGap / SECOND,
    most: pace && pace.maxGap / SECOND,
    minute: pace?.perMinute,
    day: pace?.perDay,
  };
  return html`<div class="filters">
    ${NUMBERS.map(({ name, label, most }) =>
      field(
        label,
        html`<input
          type="number"
          name="${name}"
          min="1"
          max="${most}"
          step="${most === PACE_BOUNDS.gap ? 'any' : '1'}"
          value="${shown[name] ?? ''}"
          required
        />`,
        `1 到 ${most}`,
      ),
    )}
  </div>`;
}

export function drawQuietForm(hours: QuietHours | undefined): Html {
  return html`<div class="filters">
      ${field('从几点', html`<input type="time" name="from" value="${hours ? sayMinutes(hours.from) : ''}" />`)}
      ${field('到几点', html`<input type="time" name="to" value="${hours ? sayMinutes(hours.to) : ''}" />`, '可以跨过半夜')}
    </div>
    <fieldset class="pick">
      <legend class="unseen">要不要免打扰</legend>
      <label
        ><input type="checkbox" name="never" value="1" ${hours ? '' : 'checked'} /><span
          >不要免打扰，夜里也发</span
        ></label
      >
    </fieldset>`;
}

/** The line that is kept; `undefined` when the form has none of these fields. Throws `UserError` that says which number is wrong. */
export function readPaceForm({ get }: Form): string | undefined {
  if (NUMBERS.every(({ name }) => get(name) === '')) return undefined;
  const [least = 0, most = 0, minute = 0, day = 0] = NUMBERS.map(({ name, label, most: bound }) => {
    const text = get(name).trim();
    const isRight = (bound === PACE_BOUNDS.gap ? /^\d{1,3}(\.\d{1,2})?$/ : /^\d{1,5}$/).test(text);
    if (!isRight || Number(text) < 1 || Number(text) > bound)
      throw new UserError(`${label}：要填 1 到 ${bound} 的数，没有改动。`);
    return Number(text);
  });
  if (least > most) throw new UserError('最多隔几秒不能比最少隔几秒还短，没有改动。');
  return `${least}-${most}s,${minute}/min,${day}/day`;
}

export function readQuietForm({ get }: Form): string | undefined {
  if (get('never') === '1') return 'off';
  const [from, to] = [get('from').trim(), get('to').trim()];
  if (from === '' && to === '') return undefined;
  if (!/^\d\d:\d\d$/.test(from) || !/^\d\d:\d\d$/.test(to))
    throw new UserError('免打扰：从几点、到几点都要填，没有改动。');
  if (from === to) throw new UserError('免打扰：从几点和到几点不能一样，没有改动。');
  return `${from}-${to}`;
}
