import { listGroups, setGroupEnabled } from '../people/groups.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

export const list = (output: Output): Promise<void> =>
  withDb(async (db) =>
    printRows(await listGroups(db), ['key', 'account', 'topic', 'enabled', 'members'], output),
  );

export const setEnabled = (key: string, enabled: boolean, output: Output): Promise<void> =>
  withDb(async (db) => {
    await setGroupEnabled(db, key, enabled, 'cli', Date.now());
    const [group] = await listGroups(db, key);
    printOne(group ?? {}, `${group?.topic ?? key} is ${enabled ? 'enabled' : 'disabled'}`, output);
  });
