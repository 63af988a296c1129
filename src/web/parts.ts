/** What the pages are given: plain values and functions, put together in `site.ts`. */
import type { SandboxChannel } from '../channels/sandbox/sandbox.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Catalogue } from '../lessons/catalogue.ts';
import type { Log } from '../log.ts';
import type { Actor } from '../people/scope.ts';
import type { ConsoleParts } from './console/parts.ts';
import type { LearningParts } from './learn-parts.ts';

export interface HealthView {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly parts: {
    readonly database: 'ok' | 'down';
    readonly queue: 'ok' | 'down';
    readonly unknownDeliveries: number;
    readonly heldDeliveries: number;
    /** Messages of people that could not be handled and wait for the next start. */
    readonly failedMessages?: number;
    /** Accounts that say nothing for a while, and until when, ms. */
    readonly paused?: readonly { readonly account: string; readonly until: number }[];
    readonly channels: readonly {
      readonly account: string;
      readonly state: string;
      readonly reason?: string;
      /** When a message or an echo last came, ms. */
      readonly lastTrafficAt?: number;
      readonly deafRestarts?: number;
    }[];
    readonly links?: string;
  };
}

export interface UpcomingView {
  /** When it is expected to go out, ms. */
  readonly at: number;
  /** The hour that it is planned for, ms: the pace spreads the groups of one hour over some minutes. */
  readonly hour?: number;
  readonly topic: string;
  readonly title: string;
}

export interface ParticipationView {
  /** `11月23日—29日`. */
  readonly week: string;
  readonly groups: readonly {
    readonly topic: string;
    readonly people: number;
    readonly learned: number;
    readonly answers: number;
    readonly correct: number;
    readonly checkins: number;
  }[];
  readonly members: readonly {
    readonly name: string;
    readonly status: string;
    readonly unit: string | null;
    readonly group: string;
    readonly answers: number;
    readonly correct: number;
    readonly checkins: number;
    readonly days: number;
  }[];
}

export interface ReadingView {
  /** As it was said in the group. */
  readonly text: string;
  readonly isRead: boolean;
}

export interface WebParts {
  readonly config: Pick<
    Config,
    'host' | 'port' | 'publicUrl' | 'zone' | 'lessonsDir' | 'dataDir' | 'sandboxToken' | 'feedAllow'
  >;
  readonly clock: Clock;
  readonly log: Log;
  readonly catalogue: () => Catalogue;
  readonly health: () => Promise<HealthView>;
  /** Of what the viewer may see, here and below. */
  readonly upcoming: (viewer: Actor) => Promise<readonly UpcomingView[]>;
  readonly participation: (viewer: Actor) => Promise<ParticipationView>;
  readonly sandbox?: SandboxChannel;
  /** Sends the group its next lesson; what to tell the person who pressed. */
  readonly sendNextLesson: (roomId: string) => Promise<string>;
  /** The pages of secretaries and admins. */
  readonly console?: ConsoleParts;
  /** Members' own pages: answering by tapping, `/me`. */
  readonly learning?: LearningParts;
  /** Members' own links to what their group was sent. */
  readonly readings?: {
    readonly find: (secret: string) => Promise<ReadingView | undefined>;
    /** Counts the press of the button; false when the link is nobody's. */
    readonly press: (secret: string) => Promise<boolean>;
  };
  readonly sessions: {
    readonly isLinkLive: (secret: string) => Promise<boolean>;
    readonly spendLink: (secret: string, browser: BrowserView) => Promise<OpenedView | undefined>;
    /** Whose session it is, with what they may do now; `undefined` when that is nothing. */
    readonly find: (secret: string) => Promise<Actor | undefined>;
  };
  /** Members' own records, behind links that the bot sends. */
  readonly records?: {
    readonly isLinkLive: (secret: string) => Promise<boolean>;
    /** The file, a CSV; `undefined` when the link is spent or stale. */
    readonly open: (secret: string, browser: BrowserView) => Promise<string | undefined>;
  };
  /** Coming in at a desk, and going out. */
  readonly entry: {
    readonly startDesk: (
      browser: BrowserView,
    ) => Promise<{ code: string; browser: string; expiresAt: number } | undefined>;
    readonly deskState: (browser: string) => Promise<'waiting' | 'claimed' | 'gone'>;
    readonly spendDesk: (browser: string) => Promise<OpenedView | undefined>;
    readonly endSession: (secret: string) => Promise<void>;
  };
}

/** A browser as its owner knows it, and where it is, as a hash. */
export interface BrowserView {
  readonly agent: string;
  readonly from: string;
}

/** A session that was opened: its secret, and when it ends, ms. */
export interface OpenedView {
  readonly session: string;
  readonly expiresAt: number;
}
