/** Writing a lesson: the form beside what the group and the page will show, saved by itself, with all that it has been. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';

import { unitFor } from '../../chat/commands/announce.ts';
import { shrinkPhoto } from '../../checkin/photos.ts';
import { localTime, sayWhen } from '../../clock.ts';
import { submitAndPublish } from '../../delivery/publish.ts';
import { UserError } from '../../errors.ts';
import {
  type Draft,
  dropDraft,
  getDraft,
  getDraftText,
  listVersions,
  noteReview,
  restoreDraft,
  saveDraft,
  startDraft,
} from '../../lessons/drafts.ts';
import { diffTexts } from '../../lessons/lines.ts';
import { keepPicture, picturesDir } from '../../lessons/pictures.ts';
import { getItem, getText, reviseItem, writeItem } from '../../lessons/review.ts';
import { faultsOf, readPieces, writePieces } from '../../lessons/source.ts';
import { notFound } from '../../people/scope.ts';
import { inTransaction } from '../../db/open.ts';
import { wordsOf } from '../words.ts';
import { acts } from './acting.ts';
import { card, nothing, press, rows } from './draw.ts';
import { drawEditor, drawLive, type Shown } from './editor-page.ts';
import { type QuizMode, readSource } from './editor-form.ts';
import { say } from './flash.ts';
import { namesBehind } from './names.ts';
import { type ConsoleSite, type Desk, deskOf, type Form, readForm, readNo } from './parts.ts';
import { longestText } from './preview.ts';
import { shellPage } from './shell.ts';

const BLANK = '---\ntitle: ""\n---\n\n';

export function editorRoutes(app: Hono, site: ConsoleSite): void {
  app.post(
    '/lessons/new',
    acts(site, '/lessons', async ({ db, actor, now }) => {
      const draft = await startDraft(db, { source: BLANK, unitId: await unitFor(db, actor, []) }, actor, now);
      return { text: '开始写吧，写的会自己保存。', to: `/lessons/d/${draft.no}` };
    }),
  );
  app.post(
    '/lessons/from-review',
    acts(site, '/reviews', async ({ db, actor, now }, form) => {
      const item = await getItem(db, readNo(form.get('no')), actor);
      if (item.kind !== 'lesson') throw notFound('review', item.no);
      const { body } = await getText(db, item.id, item.hash);
      const started = await startDraft(
        db,
        { source: body, unitId: item.unit_id, reviewNo: item.no },
        actor,
        now,
      );
      return { text: '在这里改，改好再送审。', to: `/lessons/d/${started.no}` };
    }),
  );

  app.get('/lessons/d/:no{\\d+}', async (c) => {
    const desk = deskOf(site, c);
    const draft = await getDraft(desk.db, desk.actor, readNo(c.req.param('no')));
    const source = (await getDraftText(desk.db, draft.id, draft.version))?.source ?? '';
    const asked = c.req.query('as');
    return await editorPage(c, desk, draft, {
      source,
      base: draft.version,
      as: asked === 'markdown' || asked === 'source' ? asked : 'cards',
      more: c.req.query('more') === '1' ? 1 : 0,
    });
  });

  // By itself, while one types: what others wrote meanwhile is left alone until one saves.
  app.post('/lessons/d/:no{\\d+}/auto', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now, zone } = desk;
    const no = readNo(c.req.param('no'));
    const form = await readForm(c);
    const draft = await getDraft(db, actor, no);
    const base = readNo(form.get('base'));
    const source = readSource(form, (await getDraftText(db, draft.id, base))?.source ?? '');
    const longest = await longestText(desk);
    try {
      const saved = await saveDraft(db, no, { source, base, merges: false }, actor, now);
      const words =
        saved.kind === 'aside'
          ? '别人也在改这一课。您写的都记着，按「保存」就合在一起。'
          : `已经自己保存 ${localTime(now, zone)}`;
      return c.html(
        drawLive(source, {
          base: saved.kind === 'aside' ? base : saved.version,
          words,
          isSaved: true,
          longest,
        }),
      );
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return c.html(drawLive(source, { base, words: wordsOf(error), isSaved: false, longest }));
    }
  });

  app.post('/lessons/d/:no{\\d+}', async (c) => await save(c, deskOf(site, c)));

  app.get('/lessons/d/:no{\\d+}/history', async (c) => {
    const { db, actor, now, zone } = deskOf(site, c);
    const draft = await getDraft(db, actor, readNo(c.req.param('no')));
    const versions = await listVersions(db, draft.id);
    const names = await namesBehind(
      db,
      versions.map(({ written_by: who }) => who),
    );
    return shellPage(c, site, {
      title: '改过什么',
      note: draft.title,
      back: { path: `/lessons/d/${draft.no}`, name: '接着写' },
      body: card(
        '每一稿都在',
        rows(
          versions.map(({ version, written_by: who, written_at: at, how }) => ({
            lead: `第 ${version} 稿`,
            what: names.get(who) ?? '已离开的人',
            note: `${sayWhen(at, now, zone)}${HOW[how]}${version === draft.version ? ' · 现在这一稿' : ''}`,
            href: `/lessons/d/${draft.no}/v/${version}`,
          })),
        ),
      ),
    });
  });

  app.get('/lessons/d/:no{\\d+}/v/:version{\\d+}', async (c) => {
    const { db, actor } = deskOf(site, c);
    const draft = await getDraft(db, actor, readNo(c.req.param('no')));
    const version = readNo(c.req.param('version'));
    const text = await getDraftText(db, draft.id, version);
    if (!text) throw notFound('draft', version);
    const before = (await getDraftText(db, draft.id, text.base))?.source ?? '';
    const head = (await getDraftText(db, draft.id, draft.version))?.source ?? '';
    return shellPage(c, site, {
      title: `第 ${version} 稿`,
      note: draft.title,
      back: { path: `/lessons/d/${draft.no}/history`, name: '改过什么' },
      body: html`${card('这一稿改了', drawDiff(before, text.source))}
      ${
        version === draft.version
          ? ''
          : html`${card('和现在这一稿比', drawDiff(text.source, head))}
              <div class="card">
                ${press(`/lessons/d/${draft.no}/restore`, '换回这一稿', { fields: { version: String(version) } })}
                <p class="note">现在这一稿也留着，随时可以再换回来。</p>
              </div>`
      }`,
    });
  });
  app.post(
    '/lessons/d/:no{\\d+}/restore',
    acts(site, '/lessons', async ({ db, actor, now }, form, c) => {
      const no = readNo(c.req.param('no'));
      const { version } = await getDraft(db, actor, no);
      await restoreDraft(db, no, readNo(form.get('version')), actor, now);
      const undo = {
        path: `/lessons/d/${no}/restore`,
        fields: { version: String(version) },
        label: '换回来',
      };
      return { text: `换回第 ${form.get('version')} 稿了。`, to: `/lessons/d/${no}`, undo };
    }),
  );
  for (const dropped of [true, false])
    app.post(
      `/lessons/d/:no{\\d+}/${dropped ? 'drop' : 'keep'}`,
      acts(site, '/lessons', async ({ db, actor, now }, _form, c) => {
        const no = readNo(c.req.param('no'));
        await dropDraft(db, no, dropped, actor, now);
        return dropped
          ? {
              text: '草稿丢掉了。',
              to: '/lessons',
              undo: { path: `/lessons/d/${no}/keep`, fields: {}, label: '捡回来' },
            }
          : { text: '捡回来了。', to: `/lessons/d/${no}` };
      }),
    );

  app.post('/lessons/picture', async (c) => {
    const { dataDir } = deskOf(site, c);
    try {
      return c.text(await takePicture(c, dataDir));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return c.text(wordsOf(error), 400);
    }
  });
  app.get('/lessons/picture/:name{[0-9a-f]{32}\\.jpg}', async (c) => {
    const bytes = await readFile(join(picturesDir(site.console.dataDir), c.req.param('name'))).catch(
      () => undefined,
    );
    if (!bytes) return c.notFound();
    return c.body(new Uint8Array(bytes), 200, {
      'Content-Type': 'image/jpeg',
      'Cache-Control': 'private, max-age=86400',
    });
  });
}

const HOW = {
  typed: '',
  merged: ' · 两个人写的合在一起',
  aside: ' · 和别人的没合上，单独留着',
  restored: ' · 换回来的',
} as const;

async function editorPage(c: Context, desk: Desk, draft: Draft, shown: Shown, status: 200 | 409 = 200) {
  const { db, actor, now, zone, site } = desk;
  const names = await namesBehind(db, [draft.updated_by]);
  const item =
    draft.review_no === null ? undefined : await getItem(db, draft.review_no, actor).catch(() => undefined);
  const state = `${names.get(draft.updated_by) ?? ''} ${sayWhen(draft.updated_at, now, zone)} 保存的`;
  return shellPage(
    c,
    site,
    {
      title: draft.title,
      back: { path: '/lessons', name: '微课' },
      wide: true,
      live: true,
      body: drawEditor(draft, {
        ...shown,
        state,
        longest: await longestText(desk),
        ...(item ? { item } : {}),
      }),
    },
    status,
  );
}

/** A press of one of the form's buttons: whatever it is, what was written is saved first. */
async function save(c: Context, desk: Desk) {
  const { db, actor, now, site } = desk;
  const no = readNo(c.req.param('no'));
  const form = await readForm(c);
  const draft = await getDraft(db, actor, no);
  const base = readNo(form.get('base'));
  const as = modeOf(form);
  const act = form.get('act');
  const before = (await getDraftText(db, draft.id, base))?.source ?? '';
  let source = readSource(form, before);
  try {
    if (act === 'picture') source = await withPicture(c, desk, source);
    const saved = await saveDraft(db, no, { source, base, merges: true }, actor, now);
    const after = await getDraft(db, actor, no);
    if (saved.kind === 'aside') {
      const other = (await getDraftText(db, draft.id, base))?.source ?? '';
      return await editorPage(
        c,
        desk,
        after,
        { source, base: saved.version, as, more: 0, conflict: diffTexts(other, saved.source) },
        409,
      );
    }
    // Not drawn from here: whoever reloads would send once more what they had written by then.
    if (act === 'add') return c.redirect(`/lessons/d/${no}?as=cards&more=1#last`, 303);
    if (act === 'submit') return await submit(c, desk, after, saved.source);
    const words = saved.kind === 'merged' ? '保存了，和别人写的合在一起了。' : '保存了。';
    say(c, site, { text: words });
    const next = act === 'markdown' || act === 'source' || act === 'cards' ? act : as;
    return c.redirect(`/lessons/d/${no}?as=${next}`, 303);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return await editorPage(c, desk, draft, { source, base, as, more: 0, fault: wordsOf(error) }, 409);
  }
}

const modeOf = (form: Form): Shown['as'] =>
  form.get('mode') === 'source' ? 'source' : form.get('quiz-as') === 'markdown' ? 'markdown' : 'cards';

async function submit(c: Context, desk: Desk, draft: Draft, source: string) {
  const { db, actor, now, site } = desk;
  const faults = faultsOf(source);
  const shown = { source, base: draft.version, as: 'cards' as QuizMode, more: 0 };
  if (faults.length > 0)
    return await editorPage(
      c,
      desk,
      draft,
      { ...shown, fault: '还有几处没写好，改好再送审。写的都保存了。' },
      409,
    );
  try {
    const handed = await inTransaction(db, async (trx) => {
      const pieces = readPieces(source);
      if (draft.review_no === null) {
        const author =
          pieces.author || (await namesBehind(trx, [actor.memberId ?? ''])).get(actor.memberId ?? '') || '';
        const body = writePieces({ ...pieces, author, id: pieces.id || `d${draft.no}` });
        const item = await writeItem(trx, { kind: 'lesson', body, unitId: draft.unit_id }, actor, now);
        await noteReview(trx, draft.id, item.no);
        return await submitAndPublish(trx, item.no, actor, now);
      }
      const item = await getItem(trx, draft.review_no, actor);
      const text = pieces.id === '' ? writePieces({ ...pieces, id: item.lesson_id ?? '' }) : source;
      const revised = await reviseItem(trx, item.no, { body: text }, actor, now);
      return revised.state === 'draft' || revised.state === 'returned'
        ? await submitAndPublish(trx, item.no, actor, now)
        : revised;
    });
    const words =
      handed.state === 'approved'
        ? `《${handed.title}》可以排课了。`
        : handed.state === 'submitted'
          ? `《${handed.title}》送审了，等别人审过就能排课。`
          : `《${handed.title}》没有变。`;
    say(c, site, { text: words });
    await desk.poke();
    return c.redirect(`/reviews/${handed.no}`, 303);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return await editorPage(c, desk, draft, { ...shown, fault: wordsOf(error) }, 409);
  }
}

async function fileIn(c: Context): Promise<File | undefined> {
  const { file } = await c.req.parseBody();
  return file instanceof File && file.size > 0 ? file : undefined;
}

/** Made anew, whatever it says that it is: what can't be read as a picture isn't one. Gives what stands in the text. */
async function takePicture(c: Context, dataDir: string): Promise<string> {
  const file = await fileIn(c);
  if (!file) throw new UserError('没有选图片。');
  const shrunk = await shrinkPhoto(new Uint8Array(await file.arrayBuffer())).catch((error: unknown) => {
    throw new UserError('这个文件不是图片，或者太大，没有收。请换 JPG 或 PNG。', { cause: error });
  });
  const name = await keepPicture(picturesDir(dataDir), shrunk.bytes);
  const alt =
    file.name
      .replace(/\.[^.]*$/, '')
      .replaceAll(/[[\]()\\\s]+/g, ' ')
      .trim()
      .slice(0, 30) || '图片';
  return `![${alt}](${name})`;
}

async function withPicture(c: Context, { dataDir }: Desk, source: string): Promise<string> {
  const picture = await takePicture(c, dataDir);
  const pieces = readPieces(source);
  return writePieces({ ...pieces, body: `${pieces.body}\n\n${picture}` });
}

const drawDiff = (before: string, after: string) => {
  const lines = diffTexts(before, after);
  if (lines.every(({ kind }) => kind === 'same')) return nothing('一样，没有改。');
  return html`<div class="diff">
    ${lines.map(({ kind, text }) =>
      kind === 'same'
        ? html`<p>${text}</p>`
        : kind === 'gone'
          ? html`<p class="gone"><span class="unseen">去掉：</span><del>${text}</del></p>`
          : html`<p class="new"><span class="unseen">加上：</span><ins>${text}</ins></p>`,
    )}
  </div>`;
};
