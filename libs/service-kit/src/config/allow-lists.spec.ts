import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, loadConfig } from './load-config.js';
import { processVariables } from './variables.js';

const schema = z.object({ ...processVariables });

it('hosts and origins are lists, and none are there by default', () => {
  const env = { ALLOWED_HOSTS: 'orders.example.com, order-api,', ALLOWED_ORIGINS: 'https://shop.example.com' };
  expect(loadConfig(schema, env)).toMatchObject({
    ALLOWED_HOSTS: ['orders.example.com', 'order-api'],
    ALLOWED_ORIGINS: ['https://shop.example.com'],
  });
  const { ALLOWED_HOSTS, ALLOWED_ORIGINS } = loadConfig(schema, { ALLOWED_HOSTS: '' });
  expect([ALLOWED_HOSTS, ALLOWED_ORIGINS]).toEqual([undefined, undefined]);
});

it('every entry that is none is reported by its place, without its value', () => {
  const env = {
    ALLOWED_HOSTS: 'order-api,https://me:secret@orders.example.com,*.example.com,orders.example.com/api',
    ALLOWED_ORIGINS: '*,https://shop.example.com/page',
  };
  const load = () => loadConfig(schema, env);
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(
    /ALLOWED_HOSTS entry 2 has a scheme[^]*ALLOWED_HOSTS entry 3 is a pattern[^]*ALLOWED_HOSTS entry 4 has a path/,
  );
  expect(load).toThrow(/ALLOWED_ORIGINS entry 1 is a pattern[^]*ALLOWED_ORIGINS entry 2 is not as browsers send it/);
  expect(load).not.toThrow(/secret/);
});
