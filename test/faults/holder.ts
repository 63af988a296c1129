/**
 * A process that takes a job and holds it for ever. Arguments: the Redis's socket, the queue's prefix, and `add`
 * when it is to add the job first. Says `ready` when it listens and the job's id when it holds it.
 */
import { openQueue } from '../../src/delivery/queue.ts';
import { silentLog } from '../../src/log.ts';

const [, , path = '', prefix = '', job] = process.argv;
const queue = openQueue({
  redis: { path },
  accounts: ['sink'],
  deliver: (id) => {
    process.send?.({ holds: id });
    return new Promise(() => undefined);
  },
  log: silentLog,
  prefix,
});
process.on('disconnect', () => process.exit(0));
if (job !== undefined) {
  for (;;)
    try {
      await queue.add([{ id: job, account: 'sink', kind: 'lesson' }]);
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}
