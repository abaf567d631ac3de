import { encodeProperty, withApplicationProperties } from '../codec/application-properties.js';
import { encodeField, type PropertyField, withProperties } from '../codec/properties-section.js';
import { type FilterValue, Timespan } from '../rules/index.js';
import type { MessageContent } from '../message.js';
import type { RuleMatch } from './rule-set.js';

const TEXT_FIELDS: Readonly<Record<string, PropertyField>> = {
  contentType: 'contentType',
  correlationId: 'correlationId',
  messageId: 'messageId',
  replyTo: 'replyTo',
  replyToSessionId: 'replyToGroupId',
  sessionId: 'groupId',
  subject: 'subject',
  to: 'to',
};

/** A message's content as a rule's action changed it, and its session. The original is left alone. */
export function changedContent(
  content: MessageContent,
  sessionId: string | undefined,
  match: NonNullable<RuleMatch['changed']>,
): { readonly content: MessageContent; readonly sessionId: string | undefined } {
  const fields = new Map<PropertyField, Buffer>();
  let { timeToLive, partitionKey } = content;
  for (const [property, value] of match.changes.system) {
    const field = TEXT_FIELDS[property];
    if (field) fields.set(field, encodeField(field, textOf(value)));
    if (property === 'timeToLive') timeToLive = value instanceof Timespan ? value.milliseconds : undefined;
    if (property === 'partitionKey') partitionKey = textOf(value) ?? undefined;
    if (property === 'sessionId') sessionId = textOf(value) ?? undefined;
  }
  const properties = new Map<string, Buffer | undefined>([['RuleName', encodeProperty(match.ruleName)]]);
  for (const [name, value] of match.changes.properties) {
    properties.set(name, value === undefined ? undefined : encodeProperty(value));
  }
  const renamed = fields.size > 0 ? withProperties(content.bare, fields) : content.bare;
  const bare = withApplicationProperties(renamed, properties);
  return { content: { ...content, bare, timeToLive, partitionKey }, sessionId };
}

function textOf(value: FilterValue): string | null {
  return value === null ? null : String(value);
}
