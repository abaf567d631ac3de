import { describe, expect, it } from '@jest/globals';
import { readable } from './readable.js';

describe('readable', () => {
  it('shows time, level, message and fields of a structured line', () => {
    const line = {
      level: 'info',
      time: '2026-01-31T12:00:00.250Z',
      pid: 7,
      hostname: 'h',
      msg: 'message handled',
      attempt: 2,
      type: 'order.place',
    };
    expect(readable(JSON.stringify(line))).toBe('12:00:00.250 info  message handled attempt=2 type=order.place');
  });

  it("understands pino's own numbers for time and level", () => {
    expect(readable('{"level":50,"time":0,"msg":"broken"}')).toBe('00:00:00.000 error broken');
  });

  it('shows an error by its message', () => {
    expect(readable('{"level":"warn","msg":"lost","err":{"message":"no route","stack":"at x"}}')).toBe(
      'warn  lost err="no route"',
    );
  });

  it.each(['plain text', '[1,2]', '42', 'null', '{"half'])('leaves %s as it is', (line) => {
    expect(readable(line)).toBe(line);
  });
});
