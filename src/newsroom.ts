/**
 * Reads what comes from outside: the folder's news, feeds that are due, addresses that people pasted. It waits
 * for strangers' sites, so it has rounds of its own that hold nothing else up.
 */
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Db } from './db/open.ts';
import { planDeliveries } from './delivery/ledger.ts';
import type { Log } from './log.ts';
import type { FetchRules } from './news/fetch.ts';
import { loadNewsFiles, recordNewsFiles } from './news/files.ts';
import { gatherDue, type GatherParts } from './news/gather.ts';
import { hasRequests, readRequests, sayDone } from './news/requests.ts';
import { serial } from './serial.ts';

export interface NewsroomParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly config: Config;
  readonly log: Log;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Called when somebody's answer is planned. */
  readonly onAnswer: () => Promise<void>;
  readonly rules?: FetchRules;
}

export function openNewsroom({ db, clock, config, log, signal, onAnswer, rules }: NewsroomParts) {
  const gathering: GatherParts = {
    db,
    clock,
    zone: config.zone,
    log,
    rules: { ...(config.feedAllow ? { allowed: config.feedAllow } : {}), ...rules, signal },
  };
  const withExamples = config.channels.some(({ kind }) => kind === 'sandbox');

  const rounds = serial(async () => {
    if (signal.aborted) return;
    const { files, faults } = await loadNewsFiles(config.lessonsDir, config.zone);
    for (const { file, line } of faults)
      log.warn({ file, line }, 'a file of news has a fault: "weike news check"');
    await recordNewsFiles(db, files, { withExamples }, clock.now());
    const answered = await readRequests(gathering, async (trx, request, done, now) => {
      await planDeliveries(
        trx,
        [
          {
            cause: `news-request:${request.id}`,
            kind: 'reply',
            account: request.account,
            contactId: request.contact_id,
            plannedAt: now,
            parts: [{ kind: 'text', body: sayDone(done, config.zone) }],
          },
        ],
        now,
      );
    });
    if (answered > 0) await onAnswer();
    await gatherDue(gathering);
  }, log);

  return {
    ...rounds,
    /** Somebody who pasted an address needn't wait for the next round. */
    async pokeRequests() {
      if (await hasRequests(db)) rounds.poke();
    },
  };
}
