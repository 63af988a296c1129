/** A question of the bank as a form, and what its change would do, to look at before it does. */
import { html } from 'hono/html';

import type { BankEditPlan } from '../../digest/rekey-bank.ts';
import { renderInline } from '../../lessons/chat.ts';
import type { BankItem } from '../../quiz/bank.ts';
import { type Item, LETTERS, TYPE_NAMES } from '../../quiz/item.ts';
import { readKey, readTags, writeKey } from '../../quiz/item-table.ts';
import type { Html } from '../layout.ts';
import { card, type Content, field, hidden, select } from './draw.ts';
import type { Form } from './parts.ts';

const FEWEST_OPTIONS = 4;
const TYPES = Object.keys(TYPE_NAMES) as Item['type'][];

export const EMPTY_ITEM: Item = {
  type: 'single',
  stem: '',
  options: [],
  key: [],
  explanation: '',
  tags: [],
};

/** What was sent; options that are left empty are none, and the letters move up with the key. */
export function readItemForm(form: Form, fixed?: Item['type']): Item {
  const type = fixed ?? TYPES.find((one) => one === form.get('type')) ?? 'single';
  const given = [...LETTERS].map((letter) => ({
    letter,
    text: form.get(`option-${letter}`).replaceAll(/\s+/g, ' ').trim(),
  }));
  const hasOptions = type === 'single' || type === 'multi' || type === 'order';
  const kept = hasOptions ? given.filter(({ text }) => text !== '') : [];
  const moved = new Map(kept.map(({ letter }, index) => [letter, LETTERS[index] ?? '']));
  const key = readKey(type, form.get('key').trim());
  return {
    type,
    stem: form.get('stem').replaceAll('\r\n', '\n').trim(),
    options: kept.map(({ text }) => text),
    // A letter without an option is a fault, and no other option's.
    key: hasOptions ? key.map((letter) => moved.get(letter) ?? '？') : key,
    explanation: form.get('explanation').replaceAll('\r\n', '\n').trim(),
    tags: readTags(form.get('tags')),
  };
}

const KEY_HINTS: Readonly<Record<Item['type'], string>> = {
  single: '一个字母，如 B',
  multi: '几个字母，如 ABD',
  truefalse: '对 或 错',
  text: '几种写法用 | 隔开，如 密封 | 密封保存',
  number: '可以写误差，如 95±2，或 0.5~0.8',
  order: '字母的先后，如 CBA',
};

/** `of`: the question that is changed; a new one has none, and comes after the `last`. */
export function itemForm(
  item: Item,
  action: string,
  { of, last = 0, fault }: { of?: BankItem; last?: number; fault?: string } = {},
): Html {
  const shown = [
    ...LETTERS.slice(0, Math.max(FEWEST_OPTIONS, Math.min(LETTERS.length, item.options.length + 1))),
  ];
  const hasOptions = of === undefined || item.options.length > 0;
  return html`${fault === undefined ? '' : html`<p class="alert" role="alert">${fault}</p>`}
    <form
      class="card stack"
      method="post"
      action="${action}"
      data-keep="bank-${of?.no ?? 'new'}"
      data-base="${of?.version ?? last}"
      data-based="version"
    >
      ${
        of === undefined
          ? field(
              '题型',
              select(
                'type',
                TYPES.map((value) => ({ value, name: TYPE_NAMES[value] })),
                item.type,
              ),
            )
          : html`${hidden({ version: String(of.version) })}
              <p class="note">${TYPE_NAMES[of.type]}</p>`
      }
      ${field('题目', html`<textarea name="stem" rows="3" maxlength="1000" required>${item.stem}</textarea>`)}
      ${
        hasOptions
          ? shown.map((letter, index) =>
              field(
                `选项 ${letter}`,
                html`<input name="option-${letter}" maxlength="300" value="${item.options[index] ?? ''}" />`,
              ),
            )
          : ''
      }
      ${field(
        '答案',
        html`<input name="key" maxlength="200" value="${writeKey(item)}" required autocomplete="off" />`,
        of === undefined
          ? `单选 B；多选 ABD；判断 对；填空 密封 | 密封保存；填数 95±2；排序 CBA`
          : KEY_HINTS[of.type],
      )}
      ${field(
        '解析',
        html`<textarea name="explanation" rows="2" maxlength="2000">${item.explanation}</textarea>`,
        '和答案一起公布，可以不写',
      )}
      ${field(
        '标签',
        html`<input name="tags" maxlength="200" value="${item.tags.join('，')}" />`,
        '用逗号隔开。小测里写 抽题：标签 3，就从这个标签里抽 3 道',
      )}
      <button class="button">${of === undefined ? '加进题库' : '先看会改什么'}</button>
    </form>`;
}

/** The fields of the form once more, unseen, for the press that follows the look. */
export const keptFields = (item: Item): Readonly<Record<string, string>> => ({
  stem: item.stem,
  ...Object.fromEntries(item.options.map((option, index) => [`option-${LETTERS[index] ?? ''}`, option])),
  key: writeKey(item),
  explanation: item.explanation,
  tags: item.tags.join(','),
});

/** A question as its readers see it, with what is right. */
export const drawItem = (item: Item): Html =>
  html`<div class="question">
    <p>${renderInline(item.stem)}</p>
    ${
      item.options.length === 0
        ? ''
        : html`<ol class="options">
            ${item.options.map(
              (option, index) =>
                html`<li>
                  <b>${LETTERS[index] ?? ''}</b>
                  ${item.type !== 'order' && item.key.includes(LETTERS[index] ?? '') ? html`<strong>${renderInline(option)}（对）</strong>` : renderInline(option)}
                </li>`,
            )}
          </ol>`
    }
    ${item.options.length === 0 || item.type === 'order' ? html`<p>答案：${writeKey(item)}</p>` : ''}
    ${item.explanation === '' ? '' : html`<p class="note">${renderInline(item.explanation)}</p>`}
  </div>`;

/** What an edit would change, in words. */
export function sayPlan(plan: BankEditPlan): Content {
  const { windows, open, answers, members, right, wrong, left, reworded } = plan;
  const parts: Content[] = [];
  if (windows.length === 0) parts.push(html`<p>以前问过的小测不用重新判。</p>`);
  else if (answers === 0)
    parts.push(
      html`<p>
        有 ${windows.length}
        次小测抽到过这道题${open > 0 ? `（${open} 次还没截止）` : ''}，按新答案没有一个人的判法会变。
      </p>`,
    );
  else
    parts.push(
      html`<p>
          <b>${windows.length} 次小测</b>${open > 0 ? `（${open} 次还没截止）` : ''}要重新判：${members}
          个人的 ${answers} 个答案，其中 ${right} 个改成对，${wrong} 个改成错。
        </p>
        <p>成绩、积分、练习和题目分析都跟着变；每个答案原来怎么判的，都留着。</p>`,
    );
  if (left > 0)
    parts.push(
      html`<p>
        另有 ${left}
        次问的时候${reworded === left ? '题目的字不一样' : '字或选项不一样'}，不动它们${reworded > 0 ? '；只是改了错字的，可以勾下面那一项' : ''}。
      </p>`,
    );
  return html`${parts}`;
}

export const drawChange = (before: Item, to: Item): Html =>
  html`${card('改成', drawItem(to), { note: to.tags.join('，') })}${card('原来是', drawItem(before), { note: before.tags.join('，') })}`;
