/** 微课: what there is to send, found by a word or by its sound, and what is being written. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import { listDrafts } from '../../lessons/drafts.ts';
import type { Lesson } from '../../lessons/lesson.ts';
import { findNamed } from '../../lessons/names.ts';
import { listItems, STATE_NAMES } from '../../lessons/review.ts';
import { address, card, nothing, press, rows, tabs } from './draw.ts';
import { namesBehind } from './names.ts';
import { type ConsoleSite, deskOf } from './parts.ts';
import { shellPage } from './shell.ts';

const MOST = 100;

/** Those that a word or its sound stands in; all of them for no word. */
export function findLessons(lessons: readonly Lesson[], query: string): readonly Lesson[] {
  const said = query.trim();
  if (said === '') return lessons;
  const plain = lessons.filter(({ title, id, course, tags }) =>
    [title, id, course, ...tags].some((word) => word.toLowerCase().includes(said.toLowerCase())),
  );
  if (plain.length > 0) return plain;
  const named = lessons.map((lesson) => ({
    value: lesson,
    names: [lesson.title, lesson.id],
    words: [...lesson.tags, lesson.course],
  }));
  return findNamed(said, named)?.values ?? [];
}

export function lessonListRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/lessons', async (c) => {
    const { db, actor, now, zone } = deskOf(site, c);
    const query = c.req.query('q') ?? '';
    const course = c.req.query('course') ?? '';
    const { lessons, faults } = site.catalogue();
    const courses = [...new Set(lessons.map((one) => one.course))].filter(Boolean);
    const found = findLessons(lessons, query).filter((one) => course === '' || one.course === course);
    const drafts = await listDrafts(db, actor);
    const items = new Map((await listItems(db, actor, { limit: 500 })).map((item) => [item.no, item]));
    const names = await namesBehind(
      db,
      drafts.map(({ updated_by: who }) => who),
    );
    return shellPage(c, site, {
      title: '微课',
      note: `${lessons.length} 课`,
      action: press('/lessons/new', '写一课'),
      body: html`${
          actor.units === 'all' && faults.length > 0
            ? html`<div class="alert">
                <p>文件夹里有 ${faults.length} 处写错了，写错的课不会发：</p>
                <ul class="faults">
                  ${faults.slice(0, 20).map(({ file, line, message, cure }) => html`<li><b>${file} 第 ${line} 行</b>：${message}。${cure}</li>`)}
                </ul>
              </div>`
            : ''
        }
        ${
          drafts.length === 0
            ? ''
            : card(
                '正在写的',
                rows(
                  drafts.map((draft) => {
                    const item = draft.review_no === null ? undefined : items.get(draft.review_no);
                    return {
                      what: draft.title,
                      note: `${names.get(draft.updated_by) ?? ''} ${sayWhen(draft.updated_at, now, zone)} 改过${item ? ` · ${STATE_NAMES[item.state]}` : ''}`,
                      href: `/lessons/d/${draft.no}`,
                    };
                  }),
                ),
              )
        }
        <form class="search" method="get" action="/lessons" role="search">
          <input
            type="search"
            name="q"
            value="${query}"
            aria-label="找课"
            placeholder="找课，可以打拼音"
          /><button class="button">找</button>
        </form>
        ${
          courses.length > 1
            ? tabs('课程', [
                { href: address('/lessons', { q: query }), name: '全部', on: course === '' },
                ...courses.map((name) => ({
                  href: address('/lessons', { q: query, course: name }),
                  name,
                  on: course === name,
                })),
              ])
            : ''
        }
        <div class="card">
          ${
            found.length === 0
              ? lessons.length === 0
                ? nothing(
                    '还没有能发的课。写一课，审过就能排；或者把写好的 .md 文件放进服务器的课程文件夹，一分钟内就会出现。',
                    press('/lessons/new', '写一课'),
                  )
                : nothing(
                    `没有找到「${query}」。换一个字，或者打拼音试试。`,
                    html`<a class="button" href="/lessons">看全部</a>`,
                  )
              : rows(
                  found.slice(0, MOST).map(({ id, title, course: of, order, minutes, questions }) => ({
                    what: title,
                    note: `${of === '' ? '单独的课' : `${of} 第 ${order} 课`} · ${minutes} 分钟 · ${questions.length > 0 ? `${questions.length} 题` : '没有小测'}`,
                    href: `/l/${id}`,
                    end: html`<a
                      class="button small quiet"
                      href="${address('/week/add', { what: `lesson:${id}` })}"
                      aria-label="排课：${title}"
                      >排课</a
                    >`,
                  })),
                )
          }
          ${found.length > MOST ? html`<p class="note">还有 ${found.length - MOST} 课没有列出，打几个字找。</p>` : ''}
        </div>
        ${card(
          '从文件导入',
          html`<p>
              写好的 Word（.docx）或 Markdown（.md）文件。先给您看会带过来什么，点了才成草稿，看好了再送审。
            </p>
            <form method="post" action="/lessons/import" enctype="multipart/form-data">
              <input type="file" name="file" accept=".docx,.md" required aria-label="选一个文件" />
              <div class="buttons"><button class="button small quiet">先看一遍</button></div>
            </form>`,
        )}`,
    });
  });
}
