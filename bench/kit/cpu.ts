import { readdir, readFile } from 'node:fs/promises';

/**
 * The time that processes, each with all its descendants, were on a CPU, µs: what the scheduler says of each of their
 * threads. This process counts without the servers that it started. What a thread used that has ended is not seen, so the
 * processes have to be warm.
 */
export async function onCpuMicros(roots: readonly number[]): Promise<readonly number[]> {
  const children = await childrenOfAll();
  return Promise.all(
    roots.map(async (root) => {
      const pids = root === process.pid ? [root] : withDescendants(root, children);
      const times = await Promise.all(pids.map(onCpuOf));
      return times.reduce((sum, each) => sum + each, 0);
    }),
  );
}

type Children = ReadonlyMap<number, readonly number[]>;

async function childrenOfAll(): Promise<Children> {
  const children = new Map<number, number[]>();
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  await Promise.all(
    pids.map(async (pid) => {
      const parent = await parentOf(pid);
      if (parent === undefined) return;
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    }),
  );
  return children;
}

function withDescendants(pid: number, children: Children): readonly number[] {
  return [pid, ...(children.get(pid) ?? []).flatMap((child) => withDescendants(child, children))];
}

/** Undefined for a process that has ended. */
async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await unlessEnded(() => readFile(`/proc/${pid}/stat`, 'utf8'));
  // The name, in parentheses, may contain anything.
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

async function onCpuOf(pid: number): Promise<number> {
  const threads = (await unlessEnded(() => readdir(`/proc/${pid}/task`))) ?? [];
  const times = await Promise.all(
    threads.map(async (thread) => {
      const line = await unlessEnded(() => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'));
      return line === undefined ? 0 : Number(line.split(' ')[0]) / 1_000;
    }),
  );
  return times.reduce((sum, each) => sum + each, 0);
}

async function unlessEnded<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
