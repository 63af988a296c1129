/** News: feeds, items, what went where, who has read it. Digests: rehearsals, periods, sums by month and by day. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const newsDigests: Migration = {
  name: '0009_news_digests',
  up: async (run, { int, end }) => {
    await run(
      sql`create table feed (id text primary key, no ${int} not null unique, url text not null,
        source text not null, category text not null, added_by text not null, added_at ${int} not null,
        removed_at ${int}, etag text, last_modified text, next_at ${int} not null, failures ${int} not null,
        fetched_at ${int}, outcome text, reason text) ${end}`,
      sql`create unique index feed_url on feed (url) where removed_at is null`,
      sql`create index feed_next on feed (next_at) where removed_at is null`,
      sql`create table feed_host (host text primary key, next_at ${int} not null, day text not null,
        asked ${int} not null) ${end}`,
      sql`create table news_item (id text primary key, no ${int} not null unique, kind text not null,
        title text not null, summary text not null, url text not null, link_key text not null,
        source text not null, published_at ${int} not null, category text not null, relevance ${int} not null,
        origin text not null, origin_key text not null, stopped text, added_by text not null,
        added_at ${int} not null, edited_by text, sent_at ${int}, expires_at ${int} not null, example ${int} not null) ${end}`,
      sql`create unique index news_item_link on news_item (link_key) where link_key <> ''`,
      sql`create unique index news_item_origin on news_item (origin, origin_key)`,
      sql`create index news_item_expires on news_item (expires_at)`,
      sql`create index news_item_added on news_item (added_at)`,
      sql`create table news_decision (item_id text not null references news_item, unit_id text not null,
        verdict text not null, decided_by text not null, decided_at ${int} not null,
        primary key (item_id, unit_id)) ${end}`,
      sql`create table news_sighting (feed_id text not null references feed, guid text not null,
        item_id text references news_item, seen_at ${int} not null, primary key (feed_id, guid)) ${end}`,
      sql`create index news_sighting_item on news_sighting (item_id)`,
      sql`create table news_sending (group_id text not null references chat_group,
        item_id text not null references news_item, delivery_id text not null references delivery,
        at ${int} not null, primary key (group_id, item_id)) ${end}`,
      sql`create index news_sending_delivery on news_sending (delivery_id)`,
      sql`create index news_sending_item on news_sending (item_id)`,
      sql`create table news_request (id text primary key, url text not null, account text not null,
        contact_id text not null, member_id text not null references member, asked_at ${int} not null,
        done_at ${int}, item_id text references news_item, reason text) ${end}`,
      sql`create index news_request_open on news_request (asked_at) where done_at is null`,
      sql`create table reading (delivery_id text not null references delivery,
        member_id text not null references member, how text not null, message_id text references message,
        at ${int} not null, primary key (delivery_id, member_id)) ${end}`,
      sql`create index reading_member on reading (member_id)`,
      sql`create table reading_token (hash text primary key, delivery_id text not null references delivery,
        member_id text not null references member, created_at ${int} not null) ${end}`,
      sql`create index reading_token_member on reading_token (member_id, delivery_id)`,
    );
  },
};
