/** What people call whoever and whatever stands behind an id. */
import type { Db } from '../../db/open.ts';

/** Databases limit the parameters of a statement. */
const BATCH = 400;

const OURS: Readonly<Record<string, string>> = {
  cli: '服务器上的人',
  console: '这台机器上的人',
  'admin-link': '管理员链接',
  sandbox: '沙盒',
  seed: '第一次启动',
  channel: '聊天软件',
  operator: '服务器上的人',
};

/** A chat account: `wechaty:county` is a name that somebody gave, the sandbox is called what it is. */
export const accountName = (account: string): string => (account === 'sandbox' ? '沙盒' : account);

/** Of members, groups and units. */
export async function namesBehind(db: Db, ids: readonly string[]): Promise<Map<string, string>> {
  const names = new Map<string, string>(Object.entries(OURS));
  const all = [...new Set(ids)].filter((id) => id !== '' && !names.has(id));
  for (let at = 0; at < all.length; at += BATCH) {
    const some = all.slice(at, at + BATCH);
    const members = await db.selectFrom('member').select(['id', 'name']).where('id', 'in', some).execute();
    const groups = await db
      .selectFrom('chat_group')
      .select(['id', 'topic as name'])
      .where('id', 'in', some)
      .execute();
    const units = await db.selectFrom('unit').select(['id', 'name']).where('id', 'in', some).execute();
    for (const { id, name } of [...members, ...groups, ...units]) names.set(id, name);
  }
  return names;
}

/** What people call the other things that the audit is about, by id: with their number, and what they say. */
export async function thingsBehind(db: Db, ids: readonly string[]): Promise<Map<string, string>> {
  const things = new Map<string, string>();
  const all = [...new Set(ids)];
  for (let at = 0; at < all.length; at += BATCH) {
    const some = all.slice(at, at + BATCH);
    const found = await Promise.all([
      db.selectFrom('bank_question').select(['id', 'no']).where('id', 'in', some).execute(),
      db.selectFrom('news_item').select(['id', 'no', 'title']).where('id', 'in', some).execute(),
      db.selectFrom('feed').select(['id', 'url', 'source']).where('id', 'in', some).execute(),
      db.selectFrom('review_item').select(['id', 'no', 'title']).where('id', 'in', some).execute(),
      db.selectFrom('delivery').select(['id', 'no']).where('id', 'in', some).execute(),
    ]);
    const [questions, news, feeds, written, deliveries] = found;
    for (const { id, no } of questions) things.set(id, `第 ${no} 题`);
    for (const { id, no, title } of [...news, ...written]) things.set(id, `${no} 号《${title}》`);
    for (const { id, url, source } of feeds) things.set(id, source || url);
    for (const { id, no } of deliveries) things.set(id, `${no} 号投递`);
  }
  return things;
}
