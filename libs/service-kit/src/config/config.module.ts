import type { DynamicModule } from '@nestjs/common';
import { ConfigModule, getConfigToken, registerAs } from '@nestjs/config';

const namespace = 'service';

/**
 * Where every provider of a service finds its configuration, checked and frozen:
 * `constructor(@Inject(SERVICE_CONFIG) config: OrderWorkerConfig)`, or `inject: [SERVICE_CONFIG]` for a factory.
 */
export const SERVICE_CONFIG = getConfigToken(namespace);

/**
 * Provides what `loadConfig` checked before Nest started. Nest reads neither a file nor the environment itself: it would
 * find texts there where the schema made numbers.
 */
export function configModule(config: object): Promise<DynamicModule> {
  return ConfigModule.forRoot({
    isGlobal: true,
    ignoreEnvFile: true,
    validatePredefined: false,
    skipProcessEnv: true,
    load: [registerAs(namespace, () => config)],
  });
}
