/** Keys of programs: whose they are, what they may do, until when. Only a hash of the secret is kept. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const apiTokens: Migration = {
  name: '0016_api_tokens',
  up: async (run, { int, end }) => {
    await run(
      sql`create table api_token (
        id text primary key,
        no ${int} not null unique,
        hash text not null unique,
        name text not null,
        member_id text references member (id),
        scope text not null check (scope in ('read', 'write')),
        created_by text not null,
        created_at ${int} not null,
        expires_at ${int} not null,
        revoked_at ${int},
        used_at ${int}
      ) ${end}`,
      sql`create index api_token_member on api_token (member_id)`,
    );
  },
};
