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
  /** What a scan reports when the code was read by the phone and waits for a press there. */
  readonly scanned: number;
  readonly fileBox: (path: string) => Promise<FileBoxInterface>;
}

/** A puppet made elsewhere, for tests. */
export type GivenPuppet = impls.PuppetInterface;

/**
 * The vendors' loggers print what people say, some of it on standard output: they are silent, unless the
 * operator asks for them by their own variables. Set before the first of their modules is loaded.
 */
async function silence(): Promise<void> {
  process.env.WECHATY_LOG ??= 'silent';
  process.env.BROLOG_LEVEL ??= 'silent';
  process.env.GRPC_VERBOSITY ??= 'NONE';
  const { log } = await import('wechaty-puppet');
  if (process.env.WECHATY_LOG === 'silent') log.level('silent');
}

/** Runs `work` and takes off what it hung on the process: one puppet swallows every uncaught exception of ours. */
async function withoutHandlers<T>(work: () => Promise<T>): Promise<T> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as 'exit'));
  try {
    return await work();
  } finally {
    for (const [index, event] of events.entries())
      for (const listener of process.listeners(event as 'exit'))
        if (!before[index]?.includes(listener)) process.off(event, listener);
  }
}

/** Builds a bot on the puppet that the settings name, its memory card in the data folder. */
export async function buildBot(config: ChannelConfig, dataDir: string, given?: GivenPuppet) {
  process.env.WECHATY_PUPPET_LRU_CACHE_SIZE_ROOM = CACHED;
  process.env.WECHATY_PUPPET_LRU_CACHE_SIZE_ROOM_MEMBER = CACHED;
  process.env.WECHATY_PUPPET_LRU_CACHE_SIZE_CONTACT = CACHED;
  await silence();
  const { WechatyBuilder } = await import('wechaty');
  const bot = WechatyBuilder.build({
    name: join(dataDir, config.account.replaceAll(':', '-')),
    ...(given
      ? { puppet: given }
      : { puppet: config.puppet as never, puppetOptions: config.puppetOptions as never }),
  });
  await withoutHandlers(() => bot.init());
  return bot;
}

export async function loadVendor(): Promise<Vendor> {
  await silence();
  const [{ types }, { FileBox }] = await Promise.all([import('wechaty-puppet'), import('file-box')]);
  return {
    messageTypes: { text: types.Message.Text, image: types.Message.Image, recalled: types.Message.Recalled },
    scanned: types.ScanStatus.Scanned,
    fileBox: async (path) => {
      // By content: a path means nothing to a puppet on another machine.
      return FileBox.fromBase64((await readFile(path)).toString('base64'), basename(path));
    },
  };
}
