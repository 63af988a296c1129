import { getGroupByKey, listGroups, setGroupEnabled } from '../people/groups.ts';
import { TERMINAL } from '../people/scope.ts';
import { assignGroup, getUnitByName } from '../people/units.ts';
import { readDay } from './org.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

export const list = (output: Output): Promise<void> =>
  withDb(async (db) =>
    printRows(await listGroups(db), ['key', 'account', 'topic', 'enabled', 'members'], output),
  );

export const setEnabled = (key: string, enabled: boolean, output: Output): Promise<void> =>
  withDb(async (db) => {
    await setGroupEnabled(db, key, enabled, TERMINAL, Date.now());
    const [group] = await listGroups(db, key);
    printOne(group ?? {}, `${group?.topic ?? key} is ${enabled ? 'enabled' : 'disabled'}`, output);
  });

export const assign = (key: string, options: Output & { unit?: string; from?: string }): Promise<void> =>
  withDb(async (db, { zone }) => {
    const now = Date.now();
    const unit = options.unit === undefined ? undefined : await getUnitByName(db, options.unit);
    const group = await getGroupByKey(db, key);
    await assignGroup(db, group, unit?.id ?? null, readDay(options.from, now, zone), TERMINAL, now);
    const [listed] = await listGroups(db, key);
    printOne(listed ?? {}, `${group.topic} belongs to ${unit?.name ?? 'no unit'}`, options);
  });
