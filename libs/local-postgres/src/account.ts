import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The account PostgreSQL runs under: it refuses to run as root. */
export interface Account {
  /** Runs a program to its end. Rejects with its output when it fails. */
  run(file: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }>;
  start(file: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Gives a file or folder to the account, with all it contains. */
  own(path: string): void;
  /** Lets the account pass through a folder that is its owner's only, which it still cannot look into. */
  reach(folder: string): void;
}

/** PostgreSQL reads PG* variables: those of a developer's shell must not change what is started here. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(entries), LC_ALL: 'C', TZ: 'UTC' };
}

function account(wrapper: readonly string[], ids: { uid?: number; gid?: number }): Account {
  const command = (file: string, args: readonly string[]): [string, string[]] => {
    const [first, ...rest] = [...wrapper, file, ...args] as [string, ...string[]];
    return [first, rest];
  };
  return {
    run: (file, args) => execute(...command(file, args), { ...ids, env: cleanEnvironment() }),
    start: (file, args, options) => spawn(...command(file, args), { ...options, ...ids, env: cleanEnvironment() }),
    own: (path) => {
      if (ids.uid !== undefined && ids.gid !== undefined) chownTree(path, ids.uid, ids.gid);
    },
    reach: (folder) => {
      if (ids.gid !== undefined) letGroupPass(folder, ids.gid);
    },
  };
}

function letGroupPass(folder: string, gid: number): void {
  mkdirSync(folder, { recursive: true });
  const { mode, uid } = statSync(folder);
  if ((mode & 0o001) !== 0) return;
  chownSync(folder, uid, gid);
  chmodSync(folder, (mode & 0o7777) | 0o010);
}

function chownTree(path: string, uid: number, gid: number): void {
  chownSync(path, uid, gid);
  if (!statSync(path).isDirectory()) return;
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    chownSync(join(entry.parentPath, entry.name), uid, gid);
  }
}

/**
 * Chooses the account. Anyone but root: oneself. Root: a user namespace that shows root's own files as another
 * user's, so that a 0700 home stays readable and no account is created; where namespaces are switched off
 * (containers), a system account, which then has to be able to read the binaries and reach the data directory.
 *
 * @throws Error when root has neither.
 */
export async function chooseAccount(probe: string): Promise<Account> {
  if (process.getuid?.() !== 0) return account([], {});
  const known = systemAccounts();
  const shown = known.find(({ uid }) => uid === 1000) ?? known[0];
  const candidates: Account[] = [];
  if (shown !== undefined) {
    const map = ['unshare', '--user', `--map-user=${shown.uid}`, `--map-group=${shown.gid}`, '--'];
    candidates.push(account(map, {}));
  }
  for (const name of ['postgres', 'nobody']) {
    const user = known.find((entry) => entry.name === name);
    if (user !== undefined) candidates.push(account([], { uid: user.uid, gid: user.gid }));
  }
  const problems: string[] = [];
  for (const candidate of candidates) {
    try {
      await candidate.run(probe, ['--version']);
      return candidate;
    } catch (error) {
      problems.push((error as Error).message.trim());
    }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and no way to run it as somebody else was found. Start as another user, ' +
      'allow user namespaces (`unshare --user true` must work), or put the repository where the account `nobody` ' +
      `can read it. Tried: ${problems.join('; ')}`,
  );
}

interface SystemAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The accounts PostgreSQL can look up: it stops when the name of its user is unknown. */
function systemAccounts(): SystemAccount[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
}
