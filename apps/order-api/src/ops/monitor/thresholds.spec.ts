import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@orderflow/service-kit';
import { configSchema } from '../../config.js';
import { Thresholds, thresholdsVariable, usualThresholds } from './thresholds.js';

const problemsOf = (text: string) => thresholdsVariable.safeParse(text).error?.issues.map(({ message }) => message);

describe('OPS_THRESHOLDS', () => {
  it('sets some of the values for every queue, and others for one', () => {
    const written = thresholdsVariable.parse('{"*":{"backlog":500},"orders":{"deadLetters":null,"backlog":7}}');
    const thresholds = new Thresholds(written, ['orders', 'billing']);
    expect(thresholds.of('billing')).toEqual({ ...usualThresholds, backlog: 500 });
    expect(thresholds.of('orders')).toEqual({ ...usualThresholds, backlog: 7, deadLetters: null });
  });

  it('says everything that is wrong', () => {
    expect(problemsOf('{"orders":{"backlog":-1,"colour":1,"size":2},"*":{"deadLetters":"many"}}')?.sort()).toEqual([
      expect.stringMatching(/^\*\.deadLetters must be a number from 0/),
      expect.stringMatching(/^orders\.backlog must be a number from 0/),
      expect.stringMatching(/^orders\.colour is no threshold: there are deadLetters/),
      expect.stringMatching(/^orders\.size is no threshold/),
    ]);
    for (const text of ['{', '[]', '7', 'null']) {
      expect(problemsOf(text)).toEqual(['must be JSON: an object of thresholds by queue']);
    }
  });

  it('names every queue that is not watched', () => {
    expect(() => new Thresholds({ nowhere: {}, orders: {}, elsewhere: {} }, ['orders'])).toThrow(
      /nowhere, elsewhere\. It has: \*, orders\./,
    );
  });
});

describe('the webhook', () => {
  const others = { DATABASE_URL: 'postgres://localhost/x', SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://x/' };
  const problems = (env: object) => {
    try {
      loadConfig(configSchema, { ...others, ...env });
      return '';
    } catch (error) {
      return String(error);
    }
  };

  it('needs a secret, and a secret a webhook', () => {
    const url = { OPS_ALERT_WEBHOOK_URL: 'https://alerts.example.com/x' };
    const secret = { OPS_ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}` };
    const alone = /Set OPS_ALERT_WEBHOOK_URL and OPS_ALERT_WEBHOOK_SECRET, or neither/;
    expect(problems({ ...url, ...secret })).not.toMatch(/WEBHOOK/);
    expect(problems(url)).toMatch(alone);
    expect(problems(secret)).toMatch(alone);
  });

  it('is told of everything that is wrong with it', () => {
    const text = problems({ OPS_ALERT_WEBHOOK_URL: 'ftp://x', OPS_ALERT_WEBHOOK_SECRET: 'short', OPS_THRESHOLDS: '7' });
    expect(text).toMatch(/OPS_ALERT_WEBHOOK_URL must be a URL/);
    expect(text).toMatch(/OPS_ALERT_WEBHOOK_SECRET must be 24 to 64 bytes/);
    expect(text).toMatch(/OPS_THRESHOLDS must be JSON/);
    expect(text).not.toMatch(/short|ftp:/);
  });
});
