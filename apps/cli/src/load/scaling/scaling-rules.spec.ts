import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { scalingRules } from './scaling-rules.js';

const scaledObject = (app: string): string => {
  const file = new URL(`../../../../../infra/kubernetes/base/${app}.yaml`, import.meta.url);
  const found = readFileSync(file, 'utf8')
    .split('\n---\n')
    .find((document) => document.includes('\nkind: ScaledObject\n'));
  if (found === undefined) throw new Error(`${app} has no ScaledObject.`);
  return found;
};

const value = (yaml: string, key: string): string | undefined => new RegExp(`\\b${key}: "?([\\w-]+)"?`).exec(yaml)?.[1];

describe('the scaling rules', () => {
  it.each(scalingRules.map((rule) => [rule.app, rule] as const))('%s: as its ScaledObject', (app, rule) => {
    const yaml = scaledObject(app);
    expect({
      app: value(yaml, 'name'),
      queue: value(yaml, 'queueName'),
      messageCount: Number(value(yaml, 'messageCount')),
      minReplicas: Number(value(yaml, 'minReplicaCount')),
      maxReplicas: Number(value(yaml, 'maxReplicaCount')),
      pollingIntervalMs: Number(value(yaml, 'pollingInterval')) * 1_000,
      cooldownPeriodMs: Number(value(yaml, 'cooldownPeriod')) * 1_000,
    }).toEqual(rule);
  });
});
