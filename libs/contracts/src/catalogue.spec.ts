import { describe, expect, it } from '@jest/globals';
import { createCatalogue } from './index.js';

describe('the catalogue', () => {
  const catalogue = createCatalogue({ defaultCurrency: 'EUR' });

  it('has every message of the system once', () => {
    expect(catalogue.map(({ kind, type, version }) => `${kind} ${type} ${version}`)).toEqual([
      'command order.place 1',
      'command order.cancel 1',
      'event order.accepted 1',
      'event order.rejected 1',
      'event order.cancelled 1',
      'event payment.captured 1',
      'event payment.failed 1',
      'event user.signup 1',
      'event purchase 1',
      'command order 0',
      'event user.signup 0',
      'event purchase 0',
    ]);
  });

  it('has every version that is reached by an upcast', () => {
    for (const { upcast } of catalogue) if (upcast) expect(catalogue).toContain(upcast.to);
  });

  it('refuses a default currency that does not exist', () => {
    expect(() => createCatalogue({ defaultCurrency: 'EURO' })).toThrow('unknown currency EURO: use an ISO 4217 code');
  });
});
