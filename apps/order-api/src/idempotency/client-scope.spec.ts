import { describe, expect, it } from '@jest/globals';
import { clientScope } from './client-scope.js';

describe('clientScope', () => {
  it('is the client that was named, whoever the bearer', () => {
    expect(clientScope({ 'x-client-id': 'shop-1', authorization: 'Bearer one' })).toBe('client:shop-1');
    expect(clientScope({ 'x-client-id': 'shop-1', authorization: 'Bearer two' })).toBe('client:shop-1');
  });

  it('is the holder of the authorization otherwise, without keeping it in clear', () => {
    const scope = clientScope({ authorization: 'Bearer secret' });
    expect(scope).toMatch(/^authorization:[\w-]{43}$/);
    expect(clientScope({ authorization: 'Bearer other' })).not.toBe(scope);
  });

  it('is shared by everybody who says nothing', () => {
    expect(clientScope({})).toBe('anonymous');
    expect(clientScope({ 'x-client-id': ' ' })).toBe('anonymous');
  });

  it('cannot be imitated by a name', () => {
    expect(clientScope({ 'x-client-id': 'anonymous' })).not.toBe(clientScope({}));
  });

  it('stays short', () => {
    expect(clientScope({ 'x-client-id': 'c'.repeat(5_000) }).length).toBeLessThan(100);
  });
});
