/**
 * Looks into a ZIP archive (xlsx, docx) before anything unpacks it: how many files it holds and how large they
 * become, first as its directory claims, then by unpacking each within that claim. What is passed on is safe to
 * unpack whole. Format: APPNOTE.TXT 6.3, sections 4.3.6 to 4.3.16.
 */
import { inflateRawSync } from 'node:zlib';

import { UserError } from '../errors.ts';

export interface ArchiveLimits {
  /** Bytes of all files together, unpacked. */
  readonly maxUnpacked: number;
  readonly maxFiles: number;
}

export interface ArchivedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

export const MEGABYTE = 1024 * 1024;

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;

/** Whether the bytes begin like a ZIP archive. */
export const isArchive = (bytes: Uint8Array): boolean =>
  bytes.length >= END_SIZE && Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32LE(0) === LOCAL_ENTRY;

/** Whether the bytes begin like a file of old Office (.xls, .doc), or of a new one with a password. */
export const isOldOffice = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 8)).equals(Buffer.from('d0cf11e0a1b11ae1', 'hex'));

/** All files of the archive, unpacked. Throws `UserError` when it is broken, encrypted or grows too large. */
export function unpackArchive(given: Uint8Array, { maxUnpacked, maxFiles }: ArchiveLimits): ArchivedFile[] {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const { count, start } = findDirectory(bytes);
  if (count > maxFiles) throw tooLarge();
  const entries = readDirectory(bytes, start, count);
  if (entries.reduce((sum, entry) => sum + entry.size, 0) > maxUnpacked) throw tooLarge();
  return entries.map((entry) => ({ name: entry.name, bytes: unpackEntry(bytes, entry) }));
}

const tooLarge = () =>
  new UserError('这个文件解开后太大了，可能是恶意构造的压缩包；请另存一份，去掉多余的工作表和图片再试');
const broken = (cause?: unknown) =>
  new UserError('这个文件打不开，可能没传完整；请在电脑上打开后另存一份再试', { cause });

function findDirectory(bytes: Buffer): { count: number; start: number } {
  const lowest = Math.max(0, bytes.length - END_SIZE - LONGEST_COMMENT);
  for (let at = bytes.length - END_SIZE; at >= lowest; at -= 1)
    if (bytes.readUInt32LE(at) === END_OF_DIRECTORY)
      return { count: bytes.readUInt16LE(at + 10), start: bytes.readUInt32LE(at + 16) };
  throw broken();
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

function readDirectory(bytes: Buffer, start: number, count: number): Entry[] {
  const entries: Entry[] = [];
  try {
    for (let at = start; entries.length < count;) {
      if (bytes.readUInt32LE(at) !== DIRECTORY_ENTRY) throw broken();
      const nameLength = bytes.readUInt16LE(at + 28);
      if (bytes.readUInt16LE(at + 8) & 1) throw new UserError('这个文件加了密码；请去掉密码另存一份再试');
      entries.push({
        name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
        method: bytes.readUInt16LE(at + 10),
        packed: bytes.readUInt32LE(at + 20),
        size: bytes.readUInt32LE(at + 24),
        offset: bytes.readUInt32LE(at + 42),
      });
      at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    }
  } catch (error) {
    throw error instanceof UserError ? error : broken(error);
  }
  return entries;
}

function unpackEntry(bytes: Buffer, { method, packed, size, offset }: Entry): Buffer {
  try {
    const from = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
    const data = bytes.subarray(from, from + packed);
    if (method === STORED && data.length === size) return data;
    if (method !== DEFLATED) throw broken();
    // An entry that says less than it holds fails here, before it has grown.
    const unpacked = size === 0 ? Buffer.alloc(0) : inflateRawSync(data, { maxOutputLength: size });
    if (unpacked.length !== size) throw broken();
    return unpacked;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : broken(error);
  }
}
