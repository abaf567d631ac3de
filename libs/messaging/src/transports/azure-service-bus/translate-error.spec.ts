import { describe, expect, it } from '@jest/globals';
import { ServiceBusError } from '@azure/service-bus';
import { TransportError } from '../../transport.js';
import { translateError } from './translate-error.js';

const sdk = (code: ServiceBusError['code']): ServiceBusError => new ServiceBusError('It went wrong.', code);

describe('an error of the SDK', () => {
  it.each([
    [sdk('MessagingEntityNotFound'), 'QueueNotFound', false],
    [sdk('MessageSizeExceeded'), 'MessageTooLarge', false],
    [sdk('UnauthorizedAccess'), 'Unauthorized', false],
    [sdk('QuotaExceeded'), 'QueueFull', true],
    [sdk('ServiceBusy'), 'Busy', true],
    [sdk('ServiceTimeout'), 'Timeout', true],
    [sdk('ServiceCommunicationProblem'), 'Unreachable', true],
    [sdk('MessagingEntityDisabled'), 'EntityDisabled', true],
    [sdk('MessageLockLost'), 'LockLost', false],
    [new ServiceBusError('ArgumentError: The headers are too large.', 'GeneralError'), 'InvalidMessage', false],
    [Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5672'), { code: 'ECONNREFUSED' }), 'Unreachable', true],
    [Object.assign(new Error('Something else.'), { retryable: false }), 'BrokerError', false],
    [new Error('Something else.'), 'BrokerError', true],
  ])('%s becomes %s', (error, code, retryable) => {
    const translated = translateError(error, 'send to queue "orders"');
    expect(translated).toMatchObject({ name: 'TransportError', code, retryable, cause: error });
    expect(translated.message).toBe(`Could not send to queue "orders": ${error.message}`);
  });

  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ETIMEDOUT',
    'EPIPE',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ])('with the code %s of a socket means that the broker cannot be reached', (code) => {
    const error = Object.assign(new Error('It failed.'), { code, retryable: false });
    expect(translateError(error, 'send')).toMatchObject({ code: 'Unreachable', retryable: true });
  });

  it.each(['The connection was closed.', 'Connection lost'])('that says "%s" means the same', (message) => {
    expect(translateError(new Error(message), 'send')).toMatchObject({ code: 'Unreachable', retryable: true });
  });

  it('is what its code says, whatever its message mentions', () => {
    const error = new ServiceBusError('Not allowed on this connection.', 'UnauthorizedAccess');
    expect(translateError(error, 'send')).toMatchObject({ code: 'Unauthorized', retryable: false });
  });

  it('of several tries is the last of them', () => {
    const error = new AggregateError([sdk('ServiceBusy'), new ServiceBusError('Full.', 'QuotaExceeded')]);
    expect(translateError(error, 'send')).toMatchObject({
      code: 'QueueFull',
      message: 'Could not send: Full.',
      cause: error,
    });
  });

  it('says which kind of entity is missing', () => {
    expect(translateError(sdk('MessagingEntityNotFound'), 'send', 'topic').code).toBe('TopicNotFound');
  });

  it('is left alone when it is ours', () => {
    const ours = new TransportError('MessageTooLarge', 'Too large.', false);
    expect(translateError(ours, 'send')).toBe(ours);
  });
});
