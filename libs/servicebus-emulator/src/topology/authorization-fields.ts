import type { AccessRight, AuthorizationRule } from '../entities/authorization-rule.js';
import type { ObjectReader } from './object-reader.js';

const RIGHTS: readonly AccessRight[] = ['Send', 'Listen', 'Manage'];

/** Reads the `AuthorizationRules` of a namespace, queue or topic. */
export function readAuthorizationRules(owner: ObjectReader): readonly AuthorizationRule[] {
  const names = new Set<string>();
  return owner.objects('AuthorizationRules').map((reader) => {
    const rule = readRule(reader);
    if (names.has(rule.keyName)) {
      reader.problem('KeyName', `'${rule.keyName}' is the name of another rule already`);
    }
    names.add(rule.keyName);
    return rule;
  });
}

/** The reverse of {@link readAuthorizationRules}: fields of their owner. */
export function writeAuthorizationRules(rules: readonly AuthorizationRule[]): Record<string, unknown> {
  const written = rules.map(({ keyName, primaryKey, secondaryKey, rights }) => ({
    KeyName: keyName,
    PrimaryKey: primaryKey,
    ...(secondaryKey !== undefined && { SecondaryKey: secondaryKey }),
    Rights: rights,
  }));
  return written.length === 0 ? {} : { AuthorizationRules: written };
}

function readRule(reader: ObjectReader): AuthorizationRule {
  const rule: AuthorizationRule = {
    keyName: reader.requiredText('KeyName'),
    primaryKey: reader.requiredText('PrimaryKey'),
    secondaryKey: reader.text('SecondaryKey'),
    rights: reader.optional('Rights', `a list of ${RIGHTS.join(', ')}`, readRights) ?? [],
  };
  if (rule.rights.length === 0 && isEmpty(reader.value('Rights'))) {
    reader.problem('Rights', `a key needs at least one of ${RIGHTS.join(', ')}`);
  }
  if (rule.rights.includes('Manage') && RIGHTS.some((right) => !rule.rights.includes(right))) {
    reader.problem('Rights', 'Manage needs Send and Listen beside it');
  }
  reader.refuseOthers();
  return rule;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function readRights(value: unknown): readonly AccessRight[] | undefined {
  if (!Array.isArray(value)) {
    return undefined;
  }
  const rights = RIGHTS.filter((right) => value.includes(right));
  return rights.length === value.length ? rights : undefined;
}
