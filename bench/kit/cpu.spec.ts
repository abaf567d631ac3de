import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpuBetween, cpuSnapshot } from './cpu.js';

describe('the CPU of processes', () => {
  it('is what they used between two moments, and that of what has ended is left out', () => {
    const before = [
      new Map([
        ['1', 100],
        ['2', 5_000],
      ]),
    ];
    const after = [
      new Map([
        ['1', 130],
        ['3', 7],
      ]),
    ];
    expect(cpuBetween(before, after)).toEqual([37]);
  });

  it('includes what their children use, but for this process', async () => {
    // The shell itself does next to nothing: to start Node.js takes more than 10 ms.
    const child = `"$0" -e 'console.log("ready"); setInterval(() => {}, 1e6)'`;
    const shell = spawn('sh', ['-c', `${child}; true`, process.execPath], { detached: true });
    const pids = [shell.pid ?? 0, process.pid];
    try {
      await once(shell.stdout, 'data');
      const [ofShell, ofThis] = await cpuSnapshot(pids);
      expect(cpuBetween([], [ofShell ?? new Map()])[0]).toBeGreaterThan(10_000);
      expect([...(ofShell?.keys() ?? [])].filter((thread) => ofThis?.has(thread))).toEqual([]);
    } finally {
      process.kill(-(shell.pid ?? 0), 'SIGKILL');
      await once(shell, 'close');
    }
  });
});
