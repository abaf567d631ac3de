import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { settingsOf } from '../settings.mjs';
import { SETTINGS } from './guide.ts';

const example = readFileSync(join(import.meta.dirname, '../overlays/example/settings/settings.env'), 'utf8');

it('are those of the example overlay', () => {
  const names = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(Object.keys(SETTINGS).sort()).toEqual(names.sort());
});

it('say everything that is missing or wrong at once', () => {
  const outputs = {
    identities: { value: { 'order-api': { name: 'a' } } },
    fully_qualified_namespace: { value: 'localhost' },
  };
  expect(() => settingsOf(outputs, 'registry', 'V1.0')).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /prefix is registry and path.*a release is at most 38.*no host name of Service Bus.*database_host is missing.*no order-api with a client id.*no scaler/s,
      ),
    }),
  );
});
