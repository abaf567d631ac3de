import { z } from 'zod';
import { url, variable, wholeNumber } from './variable.js';

const protocols = ['http/protobuf', 'http/json'] as const;
const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const protocol = () => z.enum(protocols, `must be ${protocols.join(' or ')}`).optional();
/** https://www.w3.org/TR/baggage/#header-content, percent-encoded. */
const pairs = () =>
  z
    .string()
    .regex(/^\s*[^\s=,;]+\s*=[^,;]*(,\s*[^\s=,;]+\s*=[^,;]*)*$/, 'must be a list such as a=1,b=2')
    .optional();

/**
 * Where spans go, as OpenTelemetry names it
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Checked here, read by its SDK.
 */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: variable(url(['http:', 'https:']).optional(), {
    description:
      'A collector that takes OTLP over HTTP; spans go to `/v1/traces` below it. No spans without an address',
    example: 'http://collector:4318',
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: variable(url(['http:', 'https:']).optional(), {
    description: 'The whole address for spans, instead of that',
    example: 'https://otlp.example.com/v1/traces',
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: variable(protocol(), {
    description: 'How spans are written; `http/protobuf` when absent. gRPC is not spoken',
    example: 'http/json',
  }),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: variable(protocol(), {
    description: 'The same for spans alone, before the other',
    example: 'http/json',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: variable(pairs(), {
    description: 'Headers of each export, for example a key',
    example: 'api-key=…',
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_TIMEOUT: variable(wholeNumber(1, 600_000).optional(), {
    description: 'How long an export may take with its repetitions, in milliseconds; 10000 when absent',
    example: '10000',
  }),
  OTEL_BSP_SCHEDULE_DELAY: variable(wholeNumber(1, 600_000).optional(), {
    description: 'How long spans are collected before they are exported, in milliseconds; 5000 when absent',
    example: '5000',
  }),
  OTEL_TRACES_EXPORTER: variable(z.enum(['otlp', 'none'], 'must be otlp or none').optional(), {
    description: '`none`: no spans; `otlp`: also without an address, to http://localhost:4318',
    example: 'none',
  }),
  OTEL_TRACES_SAMPLER: variable(z.enum(samplers, `must be one of ${samplers.join(', ')}`).optional(), {
    description: 'Which traces are recorded; `parentbased_always_on` when absent',
    example: 'parentbased_traceidratio',
  }),
  OTEL_TRACES_SAMPLER_ARG: variable(
    z
      .string()
      .regex(/^(0(\.\d+)?|1(\.0+)?|\.\d+)$/, 'must be a number from 0 to 1')
      .optional(),
    { description: 'The share of traces that a `traceidratio` records', example: '0.1' },
  ),
  OTEL_SERVICE_NAME: variable(z.string().min(1).max(255).optional(), {
    description: 'The name of the service in its spans; the name of the app when absent',
    example: 'shop-order-api',
  }),
  OTEL_RESOURCE_ATTRIBUTES: variable(pairs(), {
    description: 'Further attributes of every span',
    example: 'deployment.environment.name=staging',
  }),
  OTEL_SDK_DISABLED: variable(
    z
      .string()
      .regex(/^(true|false)$/i, 'must be true or false')
      .optional(),
    {
      description: '`true`: no spans, whatever else is set',
      example: 'true',
    },
  ),
};

/** The variables that decide whether and how spans are exported. */
export interface TracingConfig {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_PROTOCOL?: (typeof protocols)[number] | undefined;
  readonly OTEL_EXPORTER_OTLP_TRACES_PROTOCOL?: (typeof protocols)[number] | undefined;
  readonly OTEL_TRACES_EXPORTER?: 'otlp' | 'none' | undefined;
  readonly OTEL_SDK_DISABLED?: string | undefined;
}
