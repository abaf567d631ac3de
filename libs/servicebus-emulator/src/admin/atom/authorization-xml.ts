import type { AccessRight, AuthorizationRule } from '../../entities/authorization-rule.js';
import { child, children, textOf, type XmlElement } from '../xml.js';

const RIGHTS: readonly AccessRight[] = ['Manage', 'Send', 'Listen'];
const INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';

/** Reads a description's shared access keys; undefined when it does not speak of them. @param problems noted here */
export function readAuthorizationRules(
  description: XmlElement,
  problems: string[],
): readonly AuthorizationRule[] | undefined {
  if (description['AuthorizationRules'] === undefined) return undefined;
  return children(child(description, 'AuthorizationRules'), 'AuthorizationRule').map((rule) =>
    readRule(rule, problems),
  );
}

function readRule(rule: XmlElement, problems: string[]): AuthorizationRule {
  const keyName = textOf(rule, 'KeyName') ?? '';
  const primaryKey = textOf(rule, 'PrimaryKey') ?? '';
  const written = [child(rule, 'Rights')?.['AccessRights']].flat().map(String);
  const rights = RIGHTS.filter((right) => written.includes(right));
  if (keyName === '' || primaryKey === '') problems.push('An AuthorizationRule needs a KeyName and a PrimaryKey.');
  if (rights.length === 0 || rights.length < written.length) {
    problems.push(
      `The AccessRights of '${keyName}' must be some of ${RIGHTS.join(', ')}, not '${written.join(', ')}'.`,
    );
  }
  if (rights.includes('Manage') && rights.length < RIGHTS.length) {
    problems.push(`'${keyName}': Manage needs Send and Listen beside it.`);
  }
  return { keyName, primaryKey, secondaryKey: textOf(rule, 'SecondaryKey'), rights };
}

/** The reverse of {@link readAuthorizationRules}; nothing when there are none. */
export function formatAuthorizationRules(rules: readonly AuthorizationRule[]): XmlElement {
  if (rules.length === 0) return {};
  return {
    AuthorizationRules: {
      AuthorizationRule: rules.map(({ keyName, primaryKey, secondaryKey, rights }) => ({
        '@xmlns:i': INSTANCE,
        '@i:type': 'SharedAccessAuthorizationRule',
        ClaimType: 'SharedAccessKey',
        ClaimValue: 'None',
        Rights: { AccessRights: [...rights] },
        KeyName: keyName,
        PrimaryKey: primaryKey,
        SecondaryKey: secondaryKey,
      })),
    },
  };
}
