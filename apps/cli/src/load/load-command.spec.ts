import { afterAll, describe, expect, it } from '@jest/globals';
import { orderflow } from '../../test/command-line.js';
import { Scripts } from '../../test/scripts.js';

const scripts = new Scripts();
const elsewhere = {
  ORDER_API_URL: 'http://127.0.0.1:1',
  SERVICEBUS_CONNECTION_STRING:
    'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=x;SharedAccessKey=x;UseDevelopmentEmulator=true;',
};

afterAll(() => scripts.remove());

describe('orderflow load', () => {
  it.each<[string, Record<string, string>, string[], number, RegExp]>([
    ['nothing runs', {}, [], 1, /There is no broker/],
    ['the broker is not named', { ORDER_API_URL: 'http://127.0.0.1:1' }, [], 2, /broker is not known: set SERVICEBUS/],
    ['workers are not here', elsewhere, ['--workers', '2'], 2, /Only the workers of a system on this machine/],
  ])('says so when %s', async (_, environment, args, code, errors) => {
    const outcome = await orderflow(scripts.directory, environment, 'load', ...args);
    expect(outcome).toMatchObject({ code, errors: expect.stringMatching(errors) });
  });

  it.each([
    ['--workers', '1,1'],
    ['--workers', '1,,2'],
    ['--workers', 'many'],
    ['--rate', '0'],
    ['--orders', '1.5'],
    ['--max-replicas', '0'],
  ])('refuses %s %s', async (option, value) => {
    const { code, errors } = await orderflow(scripts.directory, {}, 'load', option, value);
    expect(code).toBe(2);
    expect(errors).toContain(`option '${option}`);
  });
});
