import { describe, expect, it } from '@jest/globals';
import { file, problemsOf } from './testing/topology-file.js';

describe('forwarding in a topology file', () => {
  const queue = (name: string, forwardTo?: string, more: object = {}) => ({
    Name: name,
    Properties: { ForwardTo: forwardTo, ...more },
  });
  const path = (index: number, field = 'ForwardTo') => `UserConfig.Namespaces[0].Queues[${index}].Properties.${field}`;

  it('may be four hops long, in any case of letters', () => {
    const queues = [queue('a', 'B'), queue('b', 'c'), queue('c', 'D'), queue('d', 'e'), queue('e')];
    expect(problemsOf(file({ Queues: queues }))).toEqual([]);
  });

  it('may not be longer', () => {
    const queues = [queue('a', 'b'), queue('b', 'c'), queue('c', 'd'), queue('d', 'e'), queue('e', 'f'), queue('f')];
    expect(problemsOf(file({ Queues: queues }))).toEqual([
      `${path(0)}: forwards on for more than 4 hops (a → b → c → d → e → f …); such messages are dead-lettered`,
    ]);
  });

  it('may not go round, through topics either', () => {
    const topic = { Name: 't', Subscriptions: [{ Name: 's', Properties: { ForwardTo: 'a' } }, { Name: 'other' }] };
    expect(problemsOf(file({ Queues: [queue('a', 't')], Topics: [topic] }))).toEqual([
      expect.stringContaining(`${path(0)}: forwards on for more than 4 hops (a → t → a → t → a → t …)`),
      expect.stringContaining('Topics[0].Subscriptions[0].Properties.ForwardTo: forwards on for more than 4 hops'),
    ]);
  });

  it.each([
    [queue('a', 'nowhere'), `${path(0)}: there is no queue or topic 'nowhere' in this namespace`],
    [queue('a', 'A'), `${path(0)}: 'A' cannot forward to itself`],
    [
      queue('a', undefined, { ForwardDeadLetteredMessagesTo: 'x' }),
      `${path(0, 'ForwardDeadLetteredMessagesTo')}: there is no queue or topic 'x' in this namespace`,
    ],
    [
      queue('a', 'b', { RequiresSession: true }),
      `${path(0)}: an entity that requires sessions cannot forward; remove ForwardTo or RequiresSession`,
    ],
  ])('%j is refused', (first, problem) => {
    expect(problemsOf(file({ Queues: [first, queue('b')] }))).toEqual([problem]);
  });

  it('wants names that Azure takes', () => {
    const topology = { Queues: [queue('a b'), queue('-a'), queue('x'.repeat(261)), queue('a/b.c-d_e')] };
    expect(problemsOf(file(topology)).map((problem) => problem.split(':')[0])).toEqual(
      [0, 1, 2].map((index) => `UserConfig.Namespaces[0].Queues[${index}].Name`),
    );
  });
});
