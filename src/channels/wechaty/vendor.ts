/**
 * The vendor's modules, loaded when they are needed: they are most of the start-up time. Nothing of them
 * crosses the folder.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { FileBoxInterface } from 'file-box';
import type { impls } from 'wechaty-puppet';

import type { ChannelConfig } from '../../config.ts';

/** Rooms and members are looked up at every message; the vendor's default caches hold a few hundred. */
const CACHED = '20000';

export type Bot = Awaited<ReturnType<typeof buildBot>>;
export type Puppet = Bot['puppet'];

export interface Vendor {
  readonly messageTypes: { readonly text: number; readonly image: number; readonly recalled: number };
  readonly fileBox: (path: string) => Promise<FileBoxInterface>;
}

/** A puppet made elsewhere, for tests. */
export type GivenPuppet = impls.PuppetInterface;

/** Builds a bot on the puppet that the settings name, its memory card in the data folder. */
export async function buildBot(config: ChannelConfig, dataDir: string, given?: GivenPuppet) {
  // The vendor's log goes to standard output, which belongs to what commands answer.
  process.env.WECHATY_LOG = 'silent';
  process.env.WECHATY_PUPPET_LRU_CACHE_SIZE_ROOM = CACHED;
  process.env.WECHATY_PUPPET_LRU_CACHE_SIZE_ROOM_MEMBER = CACHED;
  process.env.WECHATY_PUPPET_LRU_CACHE_SIZE_CONTACT = CACHED;
  const { WechatyBuilder } = await import('wechaty');
  const bot = WechatyBuilder.build({
    name: join(dataDir, config.account.replaceAll(':', '-')),
    ...(given
      ? { puppet: given }
      : { puppet: config.puppet as never, puppetOptions: config.puppetOptions as never }),
  });
  await bot.init();
  return bot;
}

export async function loadVendor(): Promise<Vendor> {
  const [{ types }, { FileBox }] = await Promise.all([import('wechaty-puppet'), import('file-box')]);
  return {
    messageTypes: { text: types.Message.Text, image: types.Message.Image, recalled: types.Message.Recalled },
    fileBox: async (path) => {
      // By content: a path means nothing to a puppet on another machine.
      return FileBox.fromBase64((await readFile(path)).toString('base64'), basename(path));
    },
  };
}
