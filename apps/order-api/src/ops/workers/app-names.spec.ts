import { expect, it } from '@jest/globals';
import { appNameOf } from './app-names.js';

it.each([
  ['orders', 'http://127.0.0.1:3001', 'order-worker'],
  ['billing-ordered', 'http://127.0.0.1:3002', 'billing-worker'],
  ['payments', 'http://billing-worker:3002', 'billing-worker'],
  ['payments', 'https://billing-worker.internal.example.com', 'billing-worker'],
  ['payments', 'http://payments.example.com', 'payments'],
])('the consumer of %s at %s is called %s', (queue, url, name) => {
  expect(appNameOf(queue, url)).toBe(name);
});
