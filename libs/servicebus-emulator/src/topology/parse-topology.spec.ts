import { describe, expect, it } from '@jest/globals';
import fc from '../testing/fast-check.js';
import { DEFAULT_QUEUE_OPTIONS, DEFAULT_SUBSCRIPTION_OPTIONS, DEFAULT_TOPIC_OPTIONS } from '../entities/options.js';
import { DEFAULT_RULE, Timespan } from '../rules/index.js';
import { formatTopology } from './format-topology.js';
import { parseTopology } from './parse-topology.js';
import { anyTopology } from './testing/arbitrary-topology.js';
import { file, problemsOf } from './testing/topology-file.js';

describe('a topology file', () => {
  it('may be one of the official emulator, with comments', () => {
    const topology = parseTopology(`\uFEFF{
      // The official emulator has one namespace.
      "UserConfig": {
        "Namespaces": [{
          "Name": "sbemulatorns",
          "Queues": [{
            "Name": "queue.1",
            "Properties": {
              "DeadLetteringOnMessageExpiration": false,
              "DefaultMessageTimeToLive": "PT1H",
              "DuplicateDetectionHistoryTimeWindow": "PT20S",
              "ForwardDeadLetteredMessagesTo": "",
              "ForwardTo": "",
              "LockDuration": "PT1M",
              "MaxDeliveryCount": 3,
              "RequiresDuplicateDetection": false,
              "RequiresSession": false
            }
          }],
          "Topics": [{
            "Name": "topic.1",
            "Properties": { "DefaultMessageTimeToLive": "PT1H", "RequiresDuplicateDetection": false },
            "Subscriptions": [
              {
                "Name": "subscription.1",
                "Properties": { "MaxDeliveryCount": 3, "ForwardTo": "sb://localhost/queue.1" },
                "Rules": [{
                  "Name": "app-prop-filter-1",
                  "Properties": {
                    "FilterType": "Correlation",
                    "CorrelationFilter": {
                      "ContentType": "application/text", "CorrelationId": "id1", "Label": "subject1",
                      "MessageId": "msgid1", "ReplyTo": "someQueue", "ReplyToSessionId": "sessionId",
                      "SessionId": "session1", "To": "xyz", "Properties": { "prop1": "value1", "count": 5 },
                    }
                  }
                }]
              },
              { "Name": "subscription.2", "Rules": [{
                "Name": "sql",
                "Properties": {
                  "FilterType": "Sql",
                  "SqlFilter": { "SqlExpression": "sys.MessageId = '123456' AND userProp1 = 'value1'" },
                  "Action": { "SqlExpression": "SET sys.To = 'Entity'" }
                }
              }] },
              { "Name": "subscription.3", "Rules": [] },
            ]
          }]
        }],
        "Logging": { "Type": "File" }
      }
    }`);
    expect(topology).toEqual({
      namespace: 'sbemulatorns',
      authorizationRules: [],
      queues: [
        {
          name: 'queue.1',
          authorizationRules: [],
          options: {
            ...DEFAULT_QUEUE_OPTIONS,
            defaultMessageTimeToLive: 3_600_000,
            duplicateDetectionHistoryTimeWindow: 20_000,
            maxDeliveryCount: 3,
          },
        },
      ],
      topics: [
        {
          name: 'topic.1',
          authorizationRules: [],
          options: { ...DEFAULT_TOPIC_OPTIONS, defaultMessageTimeToLive: 3_600_000 },
          subscriptions: [
            {
              name: 'subscription.1',
              options: { ...DEFAULT_SUBSCRIPTION_OPTIONS, maxDeliveryCount: 3, forwardTo: 'queue.1' },
              rules: [
                {
                  name: 'app-prop-filter-1',
                  filter: {
                    kind: 'correlation',
                    contentType: 'application/text',
                    correlationId: 'id1',
                    subject: 'subject1',
                    messageId: 'msgid1',
                    replyTo: 'someQueue',
                    replyToSessionId: 'sessionId',
                    sessionId: 'session1',
                    to: 'xyz',
                    properties: { prop1: 'value1', count: 5n },
                  },
                },
              ],
            },
            {
              name: 'subscription.2',
              options: DEFAULT_SUBSCRIPTION_OPTIONS,
              rules: [
                {
                  name: 'sql',
                  filter: { kind: 'sql', expression: "sys.MessageId = '123456' AND userProp1 = 'value1'" },
                  action: { expression: "SET sys.To = 'Entity'" },
                },
              ],
            },
            { name: 'subscription.3', options: DEFAULT_SUBSCRIPTION_OPTIONS, rules: [DEFAULT_RULE] },
          ],
        },
      ],
    });
  });

  it('comes back from its text, whatever the topology', () => {
    fc.assert(
      fc.property(anyTopology, (topology) => {
        expect(parseTopology(formatTopology(topology))).toEqual(topology);
      }),
      { numRuns: 200 },
    );
  });

  it('says what the format of the official emulator cannot', () => {
    const topology = parseTopology(
      file({
        AuthorizationRules: [{ KeyName: 'sender', PrimaryKey: 'c2VjcmV0', Rights: ['Send'] }],
        Queues: [{ Name: 'q', Properties: { Status: 'SendDisabled', MaxMessageSizeInKilobytes: 1024 } }],
        Topics: [
          {
            Name: 't',
            Subscriptions: [
              { Name: 'nothing', DefaultRule: false },
              {
                Name: 'late',
                Rules: [
                  {
                    Name: 'r',
                    Properties: {
                      SqlFilter: {
                        SqlExpression: 'late > @limit AND ratio < @ratio',
                        Parameters: {
                          '@limit': { Type: 'timeSpan', Value: 'PT5M' },
                          '@ratio': { Type: 'double', Value: '2' },
                        },
                      },
                    },
                  },
                ],
              },
            ],
          },
        ],
      }),
    );
    expect(topology.authorizationRules).toEqual([
      { keyName: 'sender', primaryKey: 'c2VjcmV0', secondaryKey: undefined, rights: ['Send'] },
    ]);
    expect(topology.queues[0]?.options).toMatchObject({ status: 'SendDisabled', maxMessageSizeInKilobytes: 1024 });
    const [nothing, late] = topology.topics[0]?.subscriptions ?? [];
    expect(nothing?.rules).toEqual([]);
    expect(late?.rules[0]?.filter).toMatchObject({ parameters: { '@limit': new Timespan(300_000), '@ratio': 2 } });
  });

  it('is refused with every mistake and its path', () => {
    const text = file({
      Name: 'ns',
      Queue: [],
      Queues: [
        {
          Name: 'a',
          Properties: { LockDuration: 'PT10M', MaxDeliveryCount: '3', lockDuration: 'PT1M', Status: 'Off', Colour: 1 },
        },
        { Properties: { DefaultMessageTimeToLive: '1 hour' } },
        7,
      ],
      Topics: [
        {
          Name: 'A',
          Properties: { LockDuration: 'PT1M' },
          Subscriptions: [
            {
              Name: 's',
              Rules: [
                { Name: 'x', Properties: { SqlFilter: { SqlExpression: 'a =' } } },
                { Name: 'X', Properties: { FilterType: 'Regex' } },
                { Name: 'y', Properties: { FilterType: 'Sql' } },
                { Name: 'z', Properties: { CorrelationFilter: { Label: 5, Properties: { a: [] } }, Action: {} } },
                { Name: 'w' },
              ],
            },
          ],
        },
      ],
      AuthorizationRules: [{ KeyName: 'k', PrimaryKey: 'p', Rights: ['Manage', 'Own'] }],
    });
    const root = 'UserConfig.Namespaces[0]';
    const rules = `${root}.Topics[0].Subscriptions[0].Rules`;
    const short = problemsOf(text).map((problem) =>
      problem.replace(/(known are) .*/, '$1 …').replace(/(a number), .*/, '$1 …'),
    );
    const expected = [
      `${root}.Queue: is not known here; known are …`,
      `${root}.AuthorizationRules[0].Rights: expected a list of Send, Listen, Manage, not ["Manage","Own"]`,
      `${root}.Queues[0].Properties.LockDuration: must be from PT5S to PT5M, not PT10M`,
      `${root}.Queues[0].Properties.MaxDeliveryCount: expected a whole number, not "3"`,
      `${root}.Queues[0].Properties.lockDuration: is written LockDuration`,
      `${root}.Queues[0].Properties.Status: expected one of Active, Disabled, SendDisabled, ReceiveDisabled, not "Off"`,
      `${root}.Queues[0].Properties.Colour: is not known here; known are …`,
      `${root}.Queues[1].Name: is missing`,
      `${root}.Queues[1].Properties.DefaultMessageTimeToLive: expected an ISO 8601 duration such as PT1M, not "1 hour"`,
      `${root}.Queues[2]: expected an object, not 7`,
      `${root}.Topics[0].Properties.LockDuration: is not known here; known are …`,
      `${root}.Topics[0].Name: 'A' is the name of ${root}.Queues[0].Name already; case does not tell names apart`,
      `${rules}[0].Properties.SqlFilter.SqlExpression: Line 1, column 4: expected a property, a constant, a parameter, a function or "(" but found the end`,
      `${rules}[1].Name: 'X' is the name of ${rules}[0].Name already; case does not tell names apart`,
      `${rules}[1].Properties.FilterType: expected Sql, Correlation, True or False, not "Regex"`,
      `${rules}[2].Properties.SqlFilter: is missing`,
      `${rules}[3].Properties.CorrelationFilter.Label: expected a string, not 5`,
      `${rules}[3].Properties.CorrelationFilter.Properties.a: expected a string, a number …`,
      `${rules}[3].Properties.Action.SqlExpression: is missing`,
      `${rules}[4].Properties: is missing`,
    ];
    expect(new Set(short)).toEqual(new Set(expected));
    expect(short).toHaveLength(expected.length);
  });

  it.each([
    ['{ "UserConfig": ', 'line 1, column 17: value expected'],
    ['{\n  "UserConfig" 1 }', 'line 2, column 16: colon expected'],
    ['', 'line 1, column 1: value expected'],
  ])('%j is refused as JSON', (text, problem) => {
    expect(problemsOf(text)[0]).toBe(problem);
  });

  it.each([
    ['[]', ': expected an object, not []'],
    ['{}', 'UserConfig.Namespaces: expected exactly one namespace, not 0'],
    ['{"UserConfig":{"Namespaces":[{},{}]}}', 'UserConfig.Namespaces: expected exactly one namespace, not 2'],
    ['{"UserConfig":{"Namespaces":{}}}', 'UserConfig.Namespaces: expected a list, not {}'],
  ])('%s is refused', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it('names all mistakes in its message', () => {
    expect(() => parseTopology(file({ Queues: [{}, {}] }))).toThrow(
      'The topology has 2 mistakes:\n' +
        '  UserConfig.Namespaces[0].Queues[0].Name: is missing\n' +
        '  UserConfig.Namespaces[0].Queues[1].Name: is missing',
    );
  });
});
