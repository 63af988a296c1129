/** What is kept for how long, and how much would go: beside the setting that decides it. */
import { html } from 'hono/html';

import { countTalk } from '../../chat/forget.ts';
import { DAY, saySpan, sayWhen } from '../../clock.ts';
import { PICTURES_KEPT } from '../../delivery/drawing.ts';
import { KEPT_FOR } from '../../digest/export-jobs.ts';
import { UPLOAD_LIFE } from '../../people/uploads.ts';
import type { Html } from '../layout.ts';
import { table } from './draw.ts';
import type { Desk } from './parts.ts';

const CHOICES = [1, 3, 7, 14, 30].map((days) => days * DAY);

export async function drawKeeping({ db, now, zone }: Pick<Desk, 'db' | 'now' | 'zone'>): Promise<Html> {
  const { all, oldest, nextDay, goes } = await countTalk(db, now, CHOICES);
  return html`<dl class="facts">
      <dt>现在留着</dt>
      <dd>
        ${all} 条闲聊的原话${oldest === undefined ? '' : `，最早的是 ${sayWhen(oldest, now, zone)}`}；
        一天之内到期清掉 ${nextDay} 条
      </dd>
      <dt>一直留着</dt>
      <dd>答案、打卡、积分、投递、审计；本人要求删除的，去掉名字，只留数目</dd>
      <dt>简报的图</dt>
      <dd>${saySpan(PICTURES_KEPT)}</dd>
      <dt>做好的台账文件</dt>
      <dd>${saySpan(KEPT_FOR)}</dd>
      <dt>导入到一半的文件</dt>
      <dd>${saySpan(UPLOAD_LIFE)}</dd>
    </dl>
    ${table(
      '改了留多久，会清掉多少条闲聊的原话',
      [
        { title: '闲聊留', cell: (span: number) => saySpan(span) },
        { title: '马上清掉', cell: (span: number) => `${goes.get(span) ?? 0} / ${all}`, figure: true },
      ],
      CHOICES,
    )}
    <p class="note">闲聊：既不是答案、打卡，也不是命令的话。清掉的找不回来。</p>`;
}

/** What follows at once from a span that was just set; `''` when nothing does. */
export async function sayGoing({ db, now }: Pick<Desk, 'db' | 'now'>, kept: number): Promise<string> {
  const { goes } = await countTalk(db, now, [kept]);
  const count = goes.get(kept) ?? 0;
  return count === 0 ? '' : `有 ${count} 条已经到期，一分钟内清掉，清掉的找不回来。`;
}
