import { readdir, readFile } from 'node:fs/promises';

/** What the threads of some processes had used at a moment: for each process, µs by thread. */
export type CpuSnapshot = readonly ReadonlyMap<string, number>[];

/**
 * The time that processes, each with all its descendants, were on a CPU: what the scheduler says of each of their threads.
 * This process counts without the servers that it started.
 */
export async function cpuSnapshot(roots: readonly number[]): Promise<CpuSnapshot> {
  const children = await childrenOfAll();
  return Promise.all(
    roots.map(async (root) => {
      const pids = root === process.pid ? [root] : withDescendants(root, children);
      return new Map((await Promise.all(pids.map(threadsOf))).flat());
    }),
  );
}

/**
 * The time each process was on a CPU between two moments, µs. What a thread used that has ended in between is not seen, so
 * the processes have to be warm.
 */
export function cpuBetween(before: CpuSnapshot, after: CpuSnapshot): readonly number[] {
  return after.map((threads, process) => {
    const earlier = before[process];
    return [...threads].reduce((sum, [thread, micros]) => sum + micros - (earlier?.get(thread) ?? 0), 0);
  });
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

async function threadsOf(pid: number): Promise<(readonly [thread: string, micros: number])[]> {
  const threads = (await unlessEnded(() => readdir(`/proc/${pid}/task`))) ?? [];
  return Promise.all(
    threads.map(async (thread) => {
      const line = await unlessEnded(() => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'));
      return [thread, line === undefined ? 0 : Number(line.split(' ')[0]) / 1_000] as const;
    }),
  );
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
