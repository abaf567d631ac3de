import { withDefaults } from './compose-file.ts';
import { isApp } from './compose-operations.ts';
import { each, type Rule, when } from './compose-rule.ts';

/** Both brokers are named, whichever of them counts, and RabbitMQ by the user that its container makes. */
export const bothBrokersAreNamed: Rule = (services) => {
  const { RABBITMQ_DEFAULT_USER: user, RABBITMQ_DEFAULT_PASS: password } = services['rabbitmq']?.environment ?? {};
  return each(services, (name, { environment = {} }) =>
    isApp(name)
      ? [
          ...when(
            environment['RABBITMQ_URL'] !== `amqp://${user}:${password}@rabbitmq:5672`,
            `${name} does not reach RabbitMQ by its user`,
          ),
          ...when(
            withDefaults(environment['MESSAGING_TRANSPORT'] ?? '') !== 'azure-service-bus',
            `${name} uses another broker than the one that starts without a profile`,
          ),
        ]
      : [],
  );
};

/** RabbitMQ keeps everything under its node's name, which is the host's: a container's own differs from the next one's. */
export const rabbitMqFindsItsData: Rule = (services) =>
  each(services, (name, { hostname, volumes = [] }) =>
    when(
      volumes.some((mount) => mount.endsWith(':/var/lib/rabbitmq')) && hostname === undefined,
      `${name} has no host name: it begins anew in each container`,
    ),
  );
