import type { Service } from './compose-file.ts';

export type Services = Readonly<Record<string, Service>>;
/** A rule that docker-compose.yml must obey; answers what is wrong, in words that name the service. */
export type Rule = (services: Services, root: string) => readonly string[];

export const when = (wrong: boolean, problem: string): readonly string[] => (wrong ? [problem] : []);
export const each = (
  services: Services,
  rule: (name: string, service: Service) => readonly string[],
): readonly string[] => Object.entries(services).flatMap(([name, service]) => rule(name, service));
