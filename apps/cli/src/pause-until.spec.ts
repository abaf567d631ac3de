import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { pauseUntil } from './pause-until.js';

it('waits until the time has come, with its fraction', async () => {
  const time = performance.now() + 12.3;
  await pauseUntil(time);
  expect(performance.now()).toBeGreaterThanOrEqual(time);
});

it('does not wait for what is over, and lets others have their turn', async () => {
  let hadTurn = false;
  setImmediate(() => {
    hadTurn = true;
  });
  await pauseUntil(performance.now() - 5_000);
  expect(hadTurn).toBe(true);
});

it('waits for longer than a timer can, until it is aborted', async () => {
  const asked = new AbortController();
  const waited = pauseUntil(performance.now() + 1e12, asked.signal).then(
    () => 'over',
    () => 'aborted',
  );
  const soon = new Promise((resolve) => setTimeout(resolve, 50, 'still waiting'));
  expect(await Promise.race([waited, soon])).toBe('still waiting');
  asked.abort();
  expect(await waited).toBe('aborted');
});

/** Node.js emits its warnings on the process itself, which Jest hides from tests. */
it('makes Node.js complain of no timer, neither of the past nor too long', () => {
  const script = `
    import { pauseUntil } from ${JSON.stringify(new URL('./pause-until.ts', import.meta.url))};
    await pauseUntil(performance.now() - 5_000);
    const asked = new AbortController();
    setImmediate(() => asked.abort());
    await pauseUntil(performance.now() + 1e12, asked.signal).catch((error) => console.log(error.name));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toBe('AbortError\n');
});
