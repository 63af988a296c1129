import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Channel } from '../../src/channels/channel.ts';
import { handleNew } from '../../src/chat/handle.ts';
import { insertMessages } from '../../src/chat/inbox.ts';
import { photoKeeper } from '../../src/chat/photos.ts';
import { shrinkPhoto } from '../../src/checkin/photos.ts';
import { HOUR, MINUTE, SECOND } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { eraseMember } from '../../src/people/rights.ts';
import { ACCOUNT, type Classroom, openClassroom, type Room, says } from '../support/classroom.ts';
import { DIALECTS } from '../support/databases.ts';

/** As a phone takes it: on its side, with the place where it was taken. */
const photo = (width = 2_000, height = 1_000) =>
  sharp({ create: { width, height, channels: 3, background: '#3a6' } })
    .withMetadata({ orientation: 6 })
    .withExif({ IFD0: { Make: 'Phone' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '22/1 41/1 0/1' } })
    .jpeg()
    .toBuffer();

describe('a photo', () => {
  it('is made anew: upright, small, without what the camera wrote', async () => {
    const original = await photo();
    expect((await sharp(original).metadata()).exif).toBeDefined();
    const { bytes, width, height } = await shrinkPhoto(original);
    const made = await sharp(bytes).metadata();
    expect([width, height]).toEqual([640, 1_280]);
    expect(made).toMatchObject({ format: 'jpeg', width: 640, height: 1_280 });
    expect([made.exif, made.xmp, made.iptc, made.orientation]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(bytes.includes('Phone')).toBe(false);
  });

  it.each([
    ['no picture', Buffer.from('hello')],
    ['a cut-off one', Buffer.from('ffd8ffe000104a46', 'hex')],
    ['too many bytes', Buffer.alloc(21 * 1024 * 1024)],
  ])('that is %s is refused', async (_name, bytes) => {
    await expect(shrinkPhoto(bytes)).rejects.toThrow(/./);
  });

  it('that unpacks to more pixels than any camera takes is refused', async () => {
    const bomb = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    expect(bomb.length).toBeLessThan(2_000_000);
    await expect(shrinkPhoto(bomb)).rejects.toThrow(/pixel/i);
  });
});

describe.each(DIALECTS)('photos beside check-ins on %s', (dialect) => {
  let room: Classroom;
  let place: Room;
  let folder = '';
  let asked: string[] = [];
  let keep: () => Promise<number>;
  beforeEach(async () => {
    room = await openClassroom(dialect);
    const now = room.clock.now();
    place = await room.openRoom(now, now + HOUR);
    folder = mkdtempSync(join(tmpdir(), 'weike-photos-'));
    asked = [];
    const bytes = await photo(100, 50);
    const channel = {
      picture: async (id: string) => {
        asked.push(id);
        return id.startsWith('gone') ? await Promise.reject(new Error('gone')) : bytes;
      },
    } as unknown as Channel;
    keep = photoKeeper({
      db: room.db,
      log: silentLog,
      dataDir: folder,
      channelOf: (account) => (account === ACCOUNT ? channel : undefined),
      now: () => room.clock.now(),
    });
  });
  afterEach(async () => {
    await room.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Said `after` the class began, in the room unless told otherwise. */
  const hear = async (text: string, after: number, given: Parameters<typeof says>[2] = {}) => {
    const at = room.clock.now() + after;
    await insertMessages(room.db, [says(text, at, { roomId: place.roomId, ...given })], at);
    await handleNew({ ...room.parts, now: () => at });
  };
  const picture = (id: string) => ({ id, kind: 'picture' as const });
  const rows = () => room.db.selectFrom('checkin_photo').selectAll().execute();

  it('keeps one that came within two minutes, before or after, by the same person in the same place', async () => {
    await hear('', 0, picture('before'));
    await hear('打卡 好茶', 100 * SECOND);
    await hear('', 3 * MINUTE, picture('after'));
    await hear('', 10 * MINUTE, picture('late'));
    await hear('', 100 * SECOND, { ...picture('other'), contactId: 'bob', senderName: '韦国强' });
    room.clock.advance(5 * MINUTE);
    expect(await keep()).toBe(2);
    expect(asked.toSorted()).toEqual(['after', 'before']);
    expect(await keep()).toBe(0);
    const kept = await rows();
    expect(kept).toHaveLength(2);
    for (const { file, width, height, bytes } of kept) {
      expect([width, height]).toEqual([50, 100]);
      expect(readFileSync(join(folder, 'photos', file))).toHaveLength(bytes);
    }
  });

  it('tries one that can not be had a few times, and goes on with the others', async () => {
    await hear('打卡', 0);
    await hear('', SECOND, picture('gone'));
    await hear('', 2 * SECOND, picture('there'));
    room.clock.advance(5 * SECOND);
    for (let round = 0; round < 5; round += 1) await keep();
    expect(asked.filter((id) => id === 'gone')).toHaveLength(3);
    expect(await rows()).toHaveLength(1);
  });

  it('drops the file with the check-in, or the picture, that is recalled', async () => {
    await hear('', 0, picture('one'));
    await hear('打卡', SECOND, { id: 'word' });
    await hear('', 2 * SECOND, picture('two'));
    room.clock.advance(5 * SECOND);
    await keep();
    const files = () =>
      readdirSync(join(folder, 'photos'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.jpg'),
      );
    expect(files()).toHaveLength(2);
    await hear('one', 0, { id: 'recall-one', kind: 'recall' });
    await keep();
    expect(files()).toHaveLength(1);
    await hear('word', 0, { id: 'recall-word', kind: 'recall' });
    await keep();
    expect(files()).toEqual([]);
    expect((await rows()).map(({ file, withdrawn_at: at }) => [file, at === null])).toEqual([
      ['', false],
      ['', false],
    ]);
    expect(existsSync(join(folder, 'photos'))).toBe(true);
  });

  it('keeps no file of somebody who is forgotten, not even of what was under way', async () => {
    await hear('打卡', 0);
    await hear('', SECOND, picture('one'));
    room.clock.advance(5 * SECOND);
    await keep();
    await hear('', 6 * SECOND, picture('two'));
    const [first] = await rows();
    const path = join(folder, 'photos', first?.file ?? '');
    expect(existsSync(path)).toBe(true);
    const by = { who: 'test' };
    await eraseMember(room.db, first?.member_id ?? '', { day: '2026-11-24', by, now: room.clock.now() });
    expect(await keep()).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect(asked).toEqual(['one']);
    expect((await rows()).map(({ file }) => file)).toEqual(['']);
  });
});
