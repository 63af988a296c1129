/** The same parts from a terminal. Each command loads only what it needs. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { UserError, wordsForTerminal } from './errors.ts';

const FAILED = 1;
const MISUSED = 2;

/** Repeatable options gather. */
const gather = (value: string, before: readonly string[]) => [...before, value];

const program = new Command('weike')
  .description('微课: lessons, groups, schedules and deliveries from a terminal')
  .showHelpAfterError()
  .exitOverride();

type Options = Record<string, unknown>;

/** Adds a command whose work lies in a module of its own; `run` gives the exit code, or nothing for 0. */
function add(
  path: string,
  description: string,
  run: (args: string[], options: Options) => Promise<number | void>,
): Command {
  const words = path.split(' ');
  const rest = words.slice(1).join(' ');
  const isNested = words.length > 1 && !/^[[<]/.test(words[1] ?? '');
  const parent = isNested ? group(words[0] ?? '') : program;
  return parent
    .command(isNested ? rest : path)
    .description(description)
    .option('--json', 'machine-readable output on standard output')
    .action(async (...given: unknown[]) => {
      const options = given.at(-2) as Options;
      const args = given
        .slice(0, -2)
        .flat()
        .filter((one) => typeof one === 'string');
      process.exitCode = (await run(args, options)) ?? 0;
    });
}

/** What a first word is about. */
const ABOUT: Readonly<Record<string, string>> = {
  bank: 'the question bank: its template, its questions, their export',
  certify: 'members who say who they are: waiting, let in, refused',
  code: 'the codes that a branch hands out for certification',
  delivery: 'what went out, what is in doubt or held, and what to do about it',
  digest: 'digests as text or picture',
  feed: 'where news comes from',
  group: 'chat groups: listed when first seen, silent until enabled',
  invitation: 'invitations of the account into groups',
  items: 'how good the questions are, and keys put right',
  lesson: 'lessons: list, check, render',
  match: 'people and groups that were not recognised for sure after a login',
  member: 'the roster and single members',
  news: 'the news desk: keep, reject, edit',
  org: 'the tree of Party organisations',
  review: 'lessons and notices that wait for approval',
  role: 'who may do what, and where',
  rollup: 'the kept sums, compared with the facts or counted anew',
  schedule: 'what goes out when',
  session: 'who is in the console',
  setting: 'policies of units and groups',
  token: 'keys of programs that use /api/v1',
};

function group(name: string): Command {
  return (
    program.commands.find((command) => command.name() === name) ??
    program.command(name).description(ABOUT[name] ?? `${name}: see its commands`)
  );
}

const groups = () => import('./cli/groups.ts');
const members = () => import('./cli/members.ts');
const org = () => import('./cli/org.ts');
const roles = () => import('./cli/roles.ts');
const roster = () => import('./cli/roster.ts');
const codes = () => import('./cli/codes.ts');
const match = () => import('./cli/match.ts');
const invitations = () => import('./cli/invitations.ts');
const lessons = () => import('./cli/lessons.ts');
const schedules = () => import('./cli/schedules.ts');
const deliveries = () => import('./cli/deliveries.ts');

add('group list', 'all groups that a channel has shown', async (_, options) =>
  (await groups()).list(options),
);
add('group enable <key>', 'let the bot read and write in a group', async ([key = ''], options) =>
  (await groups()).setEnabled(key, true, options),
);
add('group disable <key>', 'stop reading and writing in a group', async ([key = ''], options) =>
  (await groups()).setEnabled(key, false, options),
);

add('group assign <key>', 'say which unit a group belongs to', async ([key = ''], options) =>
  (await groups()).assign(key, options),
)
  .option('--unit <name>', 'the unit, by name or path; without it the group belongs to none')
  .option('--from <day>', 'from this local day on (default today)');

add('org list', 'the tree of organisation units', async (_, options) => (await org()).list(options));
add('org add <name>', 'add a unit', async ([name = ''], options) => (await org()).add(name, options))
  .option('--kind <kind>', '党工委, 党委, 党总支, 党支部 or 党小组; read from the name when left out')
  .option('--under <unit>', 'below this unit, by name or path');
add('org move <unit>', 'move a unit with all below it', async ([unit = ''], options) =>
  (await org()).move(unit, options),
)
  .option('--under <unit>', 'below this unit')
  .option('--top', 'below none')
  .option('--from <day>', 'from this local day on (default today)');
add('org rename <unit> <name>', 'give a unit another name', async ([unit = '', name = ''], options) =>
  (await org()).rename(unit, name, options),
);
add('org close <unit>', 'end a unit that has nobody left', async ([unit = ''], options) =>
  (await org()).close(unit, options),
);

add('role list', 'who holds which role', async (_, options) => (await roles()).list(options));
add(
  'role grant <member> <role>',
  'secretary and department for a unit, county and operator for all',
  async ([member = '', role = ''], options) => (await roles()).grant(member, role, options),
).option('--unit <name>', 'the unit, by name or path');
add('role revoke <member> <role>', 'take a role back', async ([member = '', role = ''], options) =>
  (await roles()).revoke(member, role, options),
).option('--unit <name>', 'the unit, by name or path');

add('member list', 'the roster and the guests', async (_, options) => (await members()).list(options)).option(
  '--left',
  'those who have left instead',
);
add('member add <name>', 'add a person to the roster', async ([name = ''], options) =>
  (await members()).add(name, options),
)
  .option('--unit <name>', 'the organisation unit; made when it is not there yet')
  .option('--number <number>', "the county's own number (编号)")
  .option('--status <status>', 'full, probationary, prospective, applicant or masses', 'full');

add('member change <member>', 'correct or move somebody on the roster', async ([member = ''], options) =>
  (await members()).change(member, options),
)
  .option('--name <name>', 'the right name')
  .option('--number <number>', "the county's own number; empty for none")
  .option('--unit <unit>', 'move to this unit')
  .option('--status <status>', 'full, probationary, prospective, applicant or masses')
  .option('--mobile <flag>', 'on or off: 流动')
  .option('--from <day>', 'from this local day on (default today)');
add(
  'member leave <member>',
  'take somebody off the roster; what they did stays',
  async ([member = ''], options) => (await members()).leave(member, options),
)
  .option('--reason <reason>', 'left or transferred', 'left')
  .option('--from <day>', 'from this local day on (default today)');
add('member data <member>', 'everything that is kept of a member, for them', async ([member = ''], options) =>
  (await members()).data(member, options),
).option('--csv', 'as CSV, a row per value');
add(
  'member erase <member>',
  'forget who a member was, for good; what they did goes on counting',
  async ([member = ''], options) => (await members()).erase(member, options),
);
add('member template', 'an empty roster to fill in', async (_, options) =>
  (await roster()).template(options),
).requiredOption('--out <file>', 'the file, .xlsx or .csv');
add(
  'member import <file>',
  'take an Excel or CSV file as the roster of the units it names',
  async ([file = ''], options) => (await roster()).importFrom(file, options),
)
  .option('--dry-run', 'only show what would change')
  .option('--partial', 'whoever is not in the file has not left')
  .option('--make-units', 'make units that are not there yet')
  .option('--from <day>', 'from this local day on (default today)');
add('member export', 'the roster as a file that can be imported again', async (_, options) =>
  (await roster()).exportTo(options),
)
  .option('--out <file>', 'the file, .xlsx or .csv; without it JSON is printed')
  .option('--unit <unit>', 'only this unit and below');

add('code print', 'one-time codes for certification, as a sheet to hand out', async (_, options) =>
  (await codes()).print(options),
)
  .option('--unit <name>', 'for those of this unit and below who are not certified yet')
  .option('--member <member>', 'for one member, by number, name or id')
  .option('--csv', 'as CSV');
add('certify list', 'who waits to be certified', async (_, options) => (await codes()).list(options));
add('certify approve <no>', 'they are who they say they are', async ([no = ''], options) =>
  (await codes()).approve(no, options),
).option('--as <member>', 'which member, where several are called so or none');
add('certify reject <no> [reason]', 'they are not', async ([no = '', reason = ''], options) =>
  (await codes()).reject(no, reason, options),
);
add(
  'certify revoke <member>',
  'take a certification back, with what came along',
  async ([member = ''], options) => (await codes()).revoke(member, options),
);

add('match list', 'groups and people not recognised with certainty after a login', async (_, options) =>
  (await match()).list(options),
);
add('match accept <no>', 'yes, that is the one', async ([no = ''], options) =>
  (await match()).accept(no, options),
);
add('match reject <no>', 'no, it is not', async ([no = ''], options) => (await match()).reject(no, options));

add('invitation list', 'groups that want the account', async (_, options) =>
  (await invitations()).list(options),
);
add('invitation accept <no>', 'join the group', async ([no = ''], options) =>
  (await invitations()).decide(no, true, options),
);
add('invitation reject <no>', 'do not join it', async ([no = ''], options) =>
  (await invitations()).decide(no, false, options),
);

add('audit', 'who changed what, newest first', async (_, options) =>
  (await import('./cli/audit.ts')).list(options),
)
  .option('--from <day>', 'first local day')
  .option('--to <day>', 'last local day')
  .option('--who <who>', 'cli, channel, or a member by name, number or id')
  .option('--what <what>', 'such as member.add, or member for all of them')
  .option('--subject <subject>', 'what was changed: a member, a group key, a unit, an id')
  .option('--limit <n>', 'how many', '1000')
  .option('--csv', 'as CSV');

add('lesson list', 'the lessons that can be sent', async (_, options) => (await lessons()).list(options));
add('lesson check [files...]', 'every fault with file, line and cure', async (files, options) =>
  (await lessons()).check(files, options),
);
add(
  'lesson render <file>',
  'a lesson as the chat or the page shows it; - reads standard input',
  async ([file = ''], options) => (await lessons()).render(file, options),
).option('--as <form>', 'chat or page', 'chat');

add('schedule list', 'what is scheduled', async (_, options) => (await schedules()).list(options));
add('schedule add', 'schedule a lesson, a course or a digest', async (_, options) =>
  (await schedules()).add(options),
)
  .option('--lesson <id>', 'one lesson')
  .option('--course <name>', 'the next lesson of a course, each time')
  .option('--digest <span>', 'day, week, month or quarter')
  .option('--brief [span]', 'the news that was kept: day or week')
  .option('--notice <no>', 'one item of party-building information or a notice')
  .option('--group <key>', 'to this group; may be repeated', gather, [])
  .option('--all', 'to all groups that are enabled then')
  .option('--at <time>', 'once, e.g. 2026-12-01T20:00 in the zone of ZONE')
  .option('--cron <expression>', "again and again, e.g. '0 20 * * 1,3,5'")
  .option('--monthly <rule>', "each month, e.g. 'first fri 20:00', 'last workday 20:00', '15 20:00'")
  .option('--workdays-only', 'only on working days of China, make-up weekends included')
  .option('--skip-holidays', 'not on statutory holidays')
  .option('--move-to-next-workday', 'on a day off, at the same hour of the next working day')
  .option('--misfire <policy>', 'when its hour was missed: catch-up, fold (into the next digest) or skip')
  .option('--grace <duration>', 'how late catch-up may be (default 12h)')
  .option('--close <duration>', 'how long the quiz stays open, e.g. 2h (default 24h)')
  .option('--again', 'also to groups that have had the lesson in this revision');
add('schedule preview', 'what will be sent when', async (_, options) =>
  (await schedules()).preview(options),
).option('--days <n>', 'how many days ahead', '7');
add('schedule remove <no>', 'plan nothing of it any more', async ([no = ''], options) =>
  (await schedules()).remove(no, options),
);
add('send', 'send a lesson now', async (_, options) => (await schedules()).send(options))
  .requiredOption('--lesson <id>', 'the lesson')
  .option('--group <key>', 'to this group; may be repeated', gather, [])
  .option('--again', 'also where the group has had this revision')
  .option('--close <duration>', 'how long the quiz stays open, e.g. 2h (default 24h)');

add('delivery list', 'the ledger, newest first', async (_, options) => (await deliveries()).list(options))
  .option('--state <state>', 'only those in this state')
  .option('--group <key>', 'only those to this group')
  .option('--limit <n>', 'how many', '100');
add('delivery held', 'what waits for a person after an outage', async (_, options) =>
  (await deliveries()).held(options),
).option('--group <key>', 'only those to this group');
add('delivery show <no>', 'its parts, its attempts, what people decided', async ([no = ''], options) =>
  (await deliveries()).show(no, options),
);
add('delivery resolve <no>', 'decide about one delivery', async ([no = ''], options) =>
  (await deliveries()).resolve(no, options),
).requiredOption('--as <decision>', 'sent (it arrived), resend or drop');
add('delivery release [no...]', 'send what is held', async (numbers, options) =>
  (await deliveries()).settleHeld(numbers, 'resend', options),
).option('--all', 'all that is held');
add('delivery drop [no...]', 'drop what is held', async (numbers, options) =>
  (await deliveries()).settleHeld(numbers, 'drop', options),
).option('--all', 'all that is held');

const settings = () => import('./cli/settings.ts');
const place = (command: Command) =>
  command.option('--unit <name>', 'for this unit').option('--group <key>', 'for this group');
place(
  add('setting list', 'what the county, a unit or a group has set', async (_, options) =>
    (await settings()).list(options),
  ),
);
place(
  add('setting get <name>', 'one setting as it holds there', async ([name = ''], options) =>
    (await settings()).get(name, options),
  ),
);
place(
  add('setting set <name> <value>', 'set it there', async ([name = '', value], options) =>
    (await settings()).set(name, value, options),
  ),
);
place(
  add('setting reset <name>', 'let it inherit again', async ([name = ''], options) =>
    (await settings()).set(name, undefined, options),
  ),
);

const feeds = () => import('./cli/feeds.ts');
add('feed parse <file>', "what a feed's file holds; - reads standard input", async ([file = ''], options) =>
  (await feeds()).parse(file, options),
);
add('feed list', 'the feeds that are read, and what came of it last', async (_, options) =>
  (await feeds()).list(options),
);
add('feed add <url>', 'read this feed from now on', async ([url = ''], options) =>
  (await feeds()).add(url, options),
)
  .option('--source <name>', 'what stands beside its items; its own title when left out')
  .option('--category <name>', 'given to its items; by their words when left out');
add('feed fetch [no...]', 'read these feeds now, or those that are due', async (numbers, options) =>
  (await feeds()).fetch(numbers, options),
).option('--all', 'all, due or not');
add('feed remove <no>', 'read it no more', async ([no = ''], options) => (await feeds()).remove(no, options));

const news = () => import('./cli/news.ts');
const desk = (command: Command) =>
  command.option('--unit <name>', 'for this unit and below; else for the county');
desk(
  add('news list', 'the desk, what concerns the county most first', async (_, options) =>
    (await news()).list(options),
  ),
)
  .option('--state <state>', 'new, kept, rejected, sent or expired')
  .option('--kind <kind>', 'news, party or notice')
  .option('--limit <n>', 'how many', '100');
desk(
  add('news show <no>', 'all that is known of an item', async ([no = ''], options) =>
    (await news()).show(no, options),
  ),
);
desk(
  add('news keep <no...>', 'let items be sent', async (numbers, options) =>
    (await news()).decide(numbers, 'kept', options),
  ),
);
desk(
  add('news reject <no...>', 'let items not be sent', async (numbers, options) =>
    (await news()).decide(numbers, 'rejected', options),
  ),
);
add('news edit <no>', 'change the words of an item', async ([no = ''], options) =>
  (await news()).edit(no, options),
)
  .option('--title <text>', 'its title')
  .option('--summary <text>', 'its summary, or the words of a notice')
  .option('--source <text>', 'where it comes from')
  .option('--category <text>', 'what it is about');
add('news add', 'write an item by hand', async (_, options) => (await news()).add(options))
  .requiredOption('--title <text>', 'its title')
  .requiredOption('--summary <text>', 'its summary, or the words of a notice')
  .requiredOption('--source <text>', 'where it comes from')
  .option('--kind <kind>', 'news, party or notice', 'news')
  .option('--url <address>', 'where more of it stands')
  .option('--date <day>', 'its day; today when left out');
add('news check', "every fault of the lessons' folder's news", async (_, options) =>
  (await news()).check(options),
);

const digests = () => import('./cli/digests.ts');
const digestOf = (command: Command) =>
  command
    .addOption(
      new Option('--kind <span>', 'what it covers')
        .choices(['day', 'week', 'month', 'quarter'])
        .makeOptionMandatory(),
    )
    .option('--day <day>', 'of the span around this day; else the last one that is mostly over');
digestOf(
  add('digest render', 'a digest as it would go out, into a file', async (_, options) =>
    (await digests()).render(options),
  ),
)
  .option('--unit <name>', 'of this unit and all below it')
  .option('--group <key>', 'of this group')
  .addOption(new Option('--as <form>', 'its form').choices(['text', 'png', 'svg']).default('text'))
  .option('--out <file>', 'where to write it');
digestOf(
  add('digest correct', 'send a digest that went out with other figures anew, marked', async (_, options) =>
    (await digests()).correct(options),
  ),
)
  .requiredOption('--group <key>', 'to this group')
  .option('--anyway', 'also when its figures are what the group was told');

const rollups = () => import('./cli/rollups.ts');
add('rollup verify', 'compare the kept sums with the facts', async (_, options) =>
  (await rollups()).verify(options),
);
add('rollup rebuild', 'count the sums anew from the facts', async (_, options) =>
  (await rollups()).rebuild(options),
);
add('report', "a unit's 台账 of a month or a quarter, as a workbook", async (_, options) =>
  (await import('./cli/reports.ts')).run(options),
)
  .requiredOption('--unit <name>', 'the unit, with all below it')
  .option('--month <month>', 'e.g. 2026-11', readMonth)
  .option('--quarter <quarter>', 'or e.g. 2026-Q4', readQuarter)
  .requiredOption('--out <file>', 'the xlsx file');

add('export <what>', 'answers, checkins, deliveries or members', async ([what = ''], options) =>
  (await import('./cli/exports.ts')).run(what, options),
)
  .option('--format <format>', 'csv or json', 'csv')
  .option('--from <day>', 'first local day, e.g. 2026-11-01')
  .option('--to <day>', 'last local day')
  .option('--group <key>', 'only this group');
const bank = () => import('./cli/bank.ts');
add('bank list', 'the questions that may be drawn', async (_, options) =>
  (await bank()).list(options),
).option('--tag <tag>', 'only those with this tag');
add('bank template', 'a workbook to fill in', async (_, options) => (await bank()).template(options)).option(
  '--out <file>',
  'where to write it',
  '题库模板.xlsx',
);
add('bank export', 'the questions as GIFT, Markdown or a workbook', async (_, options) =>
  (await bank()).exportBank(options),
)
  .option('--format <format>', 'gift, md or xlsx', 'gift')
  .option('--tag <tag>', 'only those with this tag')
  .option('--out <file>', 'write a file instead of printing');
add('bank retire <no>', 'draw a question no more', async ([no = ''], options) =>
  (await bank()).retire(no, options),
);
add('bank restore <no>', 'draw a retired question again', async ([no = ''], options) =>
  (await bank()).restore(no, options),
);
add(
  'bank approve <no>',
  'let a question be drawn that was written in the console',
  async ([no = ''], options) => (await bank()).approve(no, options),
);
add(
  'bank edit <no>',
  'write a question anew; another key marks anew what was asked',
  async ([no = ''], options) => (await bank()).edit(no, options),
)
  .option('--key <key>', 'what is right: B, ABD, 对, "密封 | 密封保存", 95±2, CBA')
  .option('--stem <text>', 'what it asks, as Markdown')
  .option('--explanation <text>', 'what is said with the key')
  .option('--tag <tag...>', 'its tags, instead of those that it has')
  .option('--reworded', 'mark anew as well where it was asked in other words')
  .option('--dry-run', 'say what would change, change nothing');
const items = () => import('./cli/items.ts');
add('items', 'how good the questions are', async (_, options) => (await items()).list(options))
  .option('--lesson <id>', 'only those of this lesson')
  .option('--bank', 'those of the bank, each over all quizzes that drew it')
  .option('--unit <path>', 'only quizzes of the groups of this unit and those below it')
  .option('--from <day>', 'only quizzes opened on this local day or later')
  .option('--to <day>', 'only quizzes opened on this local day or earlier')
  .option('--flagged', 'only those that someone should look at');
add('items rekey <lesson>', 'mark anew what was asked with another key', async ([lesson = ''], options) =>
  (await items()).rekey(lesson, options),
).option('--dry-run', 'say what would change, change nothing');
add(
  'import <file>',
  'questions (.gift, .xlsx, .csv), a draft (.docx), lessons (.md or a folder)',
  async ([file = ''], options) => (await import('./cli/import.ts')).run(file, options),
)
  .option('--dry-run', 'say what would happen, change nothing')
  .option('--tag <tag>', 'give every question this tag; may be repeated', gather, []);
add('interpret', 'what chat messages are: JSON lines on standard input', async () =>
  (await import('./cli/interpret.ts')).run(),
).option('--stdin', 'read standard input (the only way)');
const review = () => import('./cli/review.ts');
const sessions = () => import('./cli/sessions.ts');

add('review list', 'the lessons and notices that people wrote', async (_, options) =>
  (await review()).list(options),
).option('--state <state>', 'draft, submitted, approved, returned or withdrawn');
add('review show <no>', 'one of them with its text and votes', async ([no = ''], options) =>
  (await review()).show(no, options),
);
add('review approve <no>', 'give your approval to its present text', async ([no = ''], options) =>
  (await review()).approve(no, options),
);
add('review return <no>', 'send it back to its author', async ([no = ''], options) =>
  (await review()).sendBack(no, options),
).option('--reason <words>', 'what is to be mended');

add('session list', 'who is in the console now', async (_, options) => (await sessions()).list(options));
add('session revoke [no]', 'end a session', async ([no], options) =>
  (await sessions()).revoke(no, options),
).option('--member <member>', 'all sessions of this member, by name, number or id');
add(
  'login-link <member>',
  'a link that lets a member in once, for ten minutes',
  async ([member = ''], options) => (await sessions()).loginLink(member, options),
);
const tokens = () => import('./cli/tokens.ts');
add('token create <name>', 'a key for a program that uses /api/v1', async ([name = ''], options) =>
  (await tokens()).create(name, options),
)
  .option('--member <member>', 'whose roles it has; the whole county without it')
  .option('--scope <scope>', 'read or write', 'read')
  .option('--for <duration>', 'how long it works, at most 366d', '90d');
add('token list', 'the keys that work now', async (_, options) => (await tokens()).list(options));
add('token revoke <no>', 'end a key', async ([no = ''], options) => (await tokens()).revoke(no, options));

add('admin-link', 'a link that lets an admin in once, for ten minutes', async (_, options) =>
  (await import('./cli/admin-link.ts')).run(options),
);

for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
  command.exitOverride();

// A database that we make holds names: it is nobody else's to read.
process.umask(0o077);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = failed(error);
}

/** Says what was wrong, without a stack; gives the exit code. */
function failed(error: unknown): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
  const isExpected = error instanceof UserError || (error as NodeJS.ErrnoException).code !== undefined;
  process.stderr.write(`weike: ${isExpected ? '' : 'unexpected: '}${wordsForTerminal(error)}\n`);
  return FAILED;
}

function readQuarter(text: string): string {
  if (/^\d{4}-[Qq][1-4]$/u.test(text)) return text.toUpperCase();
  throw new InvalidArgumentError('expected a quarter like 2026-Q4');
}

function readMonth(text: string): string {
  if (/^\d{4}-(?:0[1-9]|1[0-2])$/u.test(text)) return text;
  throw new InvalidArgumentError('expected a month like 2026-11');
}
