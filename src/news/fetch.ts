/**
 * Reads an address of the web that a stranger has named. It goes to public addresses only: the address that a
 * name has is looked up once per hop, checked, and connected to, so that no second answer of the DNS can slip
 * in between; literal addresses and every redirect are checked alike. Time, size and redirects are limited.
 */
import { lookup as dnsLookup } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import { SECOND } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import { isPublicAddress } from './address.ts';
import { FeedFault } from './fault.ts';

/** All addresses of a host name. */
export type Resolve = (
  host: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export interface FetchRules {
  readonly resolve?: Resolve;
  /** Addresses with their port that are allowed although they aren't public, as `127.0.0.1:8099`; for tests. */
  readonly allowed?: ReadonlySet<string>;
  /** Asked before each request, also of a redirect; it throws when the host has been asked enough. */
  readonly mayAsk?: (host: string) => Promise<void> | void;
  /** Of all hops and the whole body, ms. */
  readonly timeLimit?: number;
  /** Bytes of the body, unpacked. */
  readonly sizeLimit?: number;
  readonly signal?: AbortSignal;
}

export interface FetchRequest {
  readonly url: string;
  /** What the Accept header says. */
  readonly accept: string;
  /** What the last answer said of itself, for a conditional request. */
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface Fetched {
  /** Whether the site says that nothing has changed; `bytes` is empty then. */
  readonly isUnchanged: boolean;
  /** Where it was found, after redirects. */
  readonly url: string;
  readonly bytes: Buffer;
  readonly contentType?: string;
  readonly etag?: string;
  readonly lastModified?: string;
}

/** The site answered, but not with what was asked for. */
export class StatusFault extends FeedFault {
  override name = 'StatusFault';
  readonly status: number;
  /** The header, when the site said how long to wait: seconds or a date. */
  readonly retryAfter: string | undefined;

  constructor(status: number, retryAfter?: string) {
    super('status', `the site answered with status ${status}`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const TIME_LIMIT = 20 * SECOND;
const SIZE_LIMIT = 8 * 1024 * 1024;
const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const AGENT = 'weike (feed reader)';
/** Longest validator that is kept and sent back. */
const LONGEST_VALIDATOR = 500;
/** Of an address, characters; sites and browsers take no longer one for granted. */
const LONGEST_ADDRESS = 2_000;

const resolveBySystem: Resolve = (host) => dnsLookup(host, { all: true });

/** The address as it can be asked for: http or https, without a password, of a length that sites take. Throws `FeedFault`. */
export function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new FeedFault('address', 'expected an address that begins with http:// or https://');
  if (url.username !== '' || url.password !== '')
    throw new FeedFault('address', 'an address with a password in it is not read');
  url.hash = '';
  if (url.href.length > LONGEST_ADDRESS)
    throw new FeedFault(
      'address-length',
      `an address of more than ${LONGEST_ADDRESS} characters is not read`,
    );
  return url;
}

/** As `readUrl`; throws as well for what can be seen to lie inside without asking the DNS. */
export function checkUrl(text: string): URL {
  const url = readUrl(text);
  const host = bareHost(url);
  if (
    /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa)$/.test(host) ||
    (isIP(host) && !isPublicAddress(host))
  )
    throw refused(host);
  return url;
}

/** Throws `FeedFault` for everything but a 2xx answer and, of a conditional request, 304. */
export async function fetchPublic(asked: FetchRequest, rules: FetchRules = {}): Promise<Fetched> {
  const deadline = AbortSignal.timeout(rules.timeLimit ?? TIME_LIMIT);
  const signal = rules.signal ? AbortSignal.any([deadline, rules.signal]) : deadline;
  // With an allow-list the tests read this machine by its names; the addresses are checked all the same.
  const read = rules.allowed?.size ? readUrl : checkUrl;
  let url = read(asked.url);
  try {
    for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
      await rules.mayAsk?.(url.hostname);
      const response = await ask(url, asked, rules, signal);
      const next = nextHop(response, url);
      if (next === undefined) return await readAnswer(response, url, asked, rules);
      response.destroy();
      url = read(next.href);
    }
  } catch (error) {
    if (error instanceof FeedFault) throw error;
    if (deadline.aborted)
      throw new FeedFault(
        'too-long',
        `no whole answer within ${(rules.timeLimit ?? TIME_LIMIT) / SECOND} s`,
        { cause: error },
      );
    throw new FeedFault('network', `the site can't be reached: ${reasonOf(error)}`, { cause: error });
  }
  throw new FeedFault('redirects', `more than ${MOST_REDIRECTS} redirects`);
}

const bareHost = (url: URL): string =>
  url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();

function ask(
  url: URL,
  asked: FetchRequest,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const mayConnect = (address: string) =>
    isPublicAddress(address) || (rules.allowed?.has(`${address}:${port}`) ?? false);
  const host = bareHost(url);
  // The system doesn't look literal addresses up: they are checked here.
  if (isIP(host) && !mayConnect(host)) throw refused(host);
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        // A connection of its own: one that is kept was checked for another name.
        agent: false,
        lookup: guardedLookup(rules.resolve ?? resolveBySystem, mayConnect),
        signal,
        headers: {
          accept: asked.accept,
          'accept-encoding': 'gzip, deflate, br',
          'user-agent': AGENT,
          ...(asked.etag === undefined ? {} : { 'if-none-match': asked.etag }),
          ...(asked.lastModified === undefined ? {} : { 'if-modified-since': asked.lastModified }),
        },
      },
      resolve,
    );
    request.on('socket', (socket: Socket) =>
      socket.once('connect', () => {
        if (!mayConnect(socket.remoteAddress ?? '')) request.destroy(refused(host));
      }),
    );
    request.on('error', reject);
    request.end();
  });
}

const refused = (host: string) =>
  new FeedFault('private', `${host} isn't at a public address: only public addresses are read`);

/** Looks a name up and hands on the public ones of its addresses: those are what is connected to. */
function guardedLookup(resolve: Resolve, mayConnect: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    const fail = (error: unknown) => callback(error as NodeJS.ErrnoException, '');
    void (async () => {
      const found = await resolve(host).catch((error: unknown) => fail(error));
      const wanted = found?.filter(({ family }) => !options.family || family === Number(options.family));
      if (!wanted) return;
      const open = wanted.filter(({ address }) => mayConnect(address));
      const [first] = open;
      if (!first) fail(wanted.length === 0 ? new Error(`${host} has no address`) : refused(host));
      else if (options.all) callback(null, open);
      else callback(null, first.address, first.family);
    })();
  };
}

/** Where a redirect leads; `undefined` when it is none. */
function nextHop({ statusCode = 0, headers }: IncomingMessage, from: URL): URL | undefined {
  if (!REDIRECTS.includes(statusCode)) return undefined;
  const to = headers.location ?? '';
  if (to === '' || !URL.canParse(to, from.href))
    throw new FeedFault('redirects', 'a redirect that leads nowhere');
  return new URL(to, from);
}

async function readAnswer(
  response: IncomingMessage,
  url: URL,
  asked: FetchRequest,
  rules: FetchRules,
): Promise<Fetched> {
  const { statusCode = 0, headers } = response;
  const isUnchanged = statusCode === 304 && (asked.etag ?? asked.lastModified) !== undefined;
  if (!isUnchanged && (statusCode < 200 || statusCode > 299)) {
    response.destroy();
    throw new StatusFault(statusCode, headers['retry-after']);
  }
  const bytes = isUnchanged ? Buffer.alloc(0) : await readBody(response, rules.sizeLimit ?? SIZE_LIMIT);
  if (isUnchanged) response.destroy();
  const contentType = headers['content-type'];
  const etag = validator(headers.etag);
  const lastModified = validator(headers['last-modified']);
  return {
    isUnchanged,
    url: url.href,
    bytes,
    ...(contentType === undefined ? {} : { contentType }),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}

const validator = (text: string | undefined) =>
  text !== undefined && text.length <= LONGEST_VALIDATOR ? text : undefined;

async function readBody(response: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stream = unpacked(response);
  try {
    for await (const chunk of stream) {
      size += (chunk as Buffer).length;
      if (size > limit)
        throw new FeedFault('too-large', `the answer is larger than ${(limit / 1024 / 1024).toFixed(1)} MB`);
      chunks.push(chunk as Buffer);
    }
  } finally {
    response.destroy();
    stream.destroy();
  }
  return Buffer.concat(chunks);
}

const UNPACKERS = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** The body as it was before it was packed; what is packed is unpacked as it is read, never beyond the limit. */
function unpacked(response: IncomingMessage): Readable {
  const encoding = response.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return response;
  const unpack = UNPACKERS.get(encoding);
  if (!unpack) throw new FeedFault('encoding', 'the answer is packed in a way that nobody asked for');
  const stream = unpack();
  response.on('error', (error) => stream.destroy(error));
  return response.pipe(stream);
}
