import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { loadPackageDefinition, Server, ServerCredentials, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { type DynamicValue, isObject, readValue, type TerraformValue, writeValue } from './dynamic-value.ts';
import { type ComputedValues, planBlock } from './plan.ts';
import type { AzurermSchema, BlockSchema } from './schema.ts';
import { findViolations } from './value-rules.ts';

export const azurermSchema = JSON.parse(
  readFileSync(join(import.meta.dirname, 'azurerm-schema.json'), 'utf8'),
) as AzurermSchema;

/** A running provider that knows azurerm's schema and has no idea of Azure. */
export interface SchemaOnlyProvider {
  /** The value of TF_REATTACH_PROVIDERS that makes Terraform talk to this process instead of starting a plugin. */
  readonly reattach: string;
  close(): Promise<void>;
}

const PROVIDER_ADDRESS = 'registry.terraform.io/hashicorp/azurerm';

/** Starts the provider on a free loopback port; it is listening when this resolves. */
export async function startProvider(computed: ComputedValues): Promise<SchemaOnlyProvider> {
  const definition = loadSync(join(import.meta.dirname, 'tfplugin5.proto'), { keepCase: true, longs: Number });
  const loaded = loadPackageDefinition(definition)['tfplugin5'] as { readonly Provider: ServiceClientConstructor };
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  server.addService(loaded.Provider.service, handlers(azurermSchema, computed));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    reattach: JSON.stringify({
      [PROVIDER_ADDRESS]: {
        Protocol: 'grpc',
        ProtocolVersion: 5,
        Pid: process.pid,
        Test: true,
        Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
      },
    }),
    close: () => new Promise((resolve) => server.tryShutdown(() => resolve())),
  };
}

interface ResourceRequest {
  readonly type_name: string;
  readonly config: DynamicValue;
  readonly current_state: DynamicValue;
  readonly proposed_new_state: DynamicValue;
  readonly raw_state: { readonly json: Uint8Array };
}

type Handler = (request: ResourceRequest) => object;

function handlers(schema: AzurermSchema, computed: ComputedValues) {
  const block = (name: string): BlockSchema => {
    const found = schema.resources[name] ?? schema.data[name];
    if (!found) throw new Error(`${name} is not in azurerm-schema.json: add it to extract-schema.ts and run that`);
    return found;
  };
  const answers: Record<string, Handler> = {
    GetSchema: () => ({
      provider: { version: 0, block: wireBlock(schema.provider) },
      resource_schemas: wireSchemas(schema.resources),
      data_source_schemas: wireSchemas(schema.data),
    }),
    PrepareProviderConfig: ({ config }) => ({ prepared_config: config }),
    ValidateResourceTypeConfig: ({ type_name, config }) => ({
      diagnostics: findViolations(type_name, readValue(config)).map(({ path, problem }) => ({
        severity: 'ERROR',
        summary: `${type_name}: ${path} ${problem}`,
        attribute: { steps: [{ attribute_name: path.split('.')[0] }] },
      })),
    }),
    ValidateDataSourceConfig: () => ({}),
    UpgradeResourceState: ({ type_name, raw_state }) => ({
      upgraded_state: writeValue(completed(block(type_name), JSON.parse(Buffer.from(raw_state.json).toString()))),
    }),
    Configure: () => ({}),
    ReadResource: ({ current_state }) => ({ new_state: current_state }),
    PlanResourceChange: ({ type_name, proposed_new_state }) => ({
      planned_state: writeValue(planBlock(block(type_name), readValue(proposed_new_state), computed)),
      legacy_type_system: true,
    }),
    ReadDataSource: ({ type_name, config }) => ({
      state: writeValue(placeholders(block(type_name), readValue(config))),
    }),
    Stop: () => ({}),
  };
  return Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, unary(answer)]));
}

function unary(answer: Handler) {
  return (
    { request }: { readonly request: ResourceRequest },
    reply: (error: Error | null, response?: object) => void,
  ): void => {
    try {
      reply(null, answer(request));
    } catch (error) {
      reply(error as Error);
    }
  };
}

/** State written with fewer attributes than the schema has: the missing ones are null. */
function completed(schema: BlockSchema, state: TerraformValue): TerraformValue {
  if (!isObject(state)) return state;
  const nulls = Object.keys(schema.attributes).map((name) => [name, null]);
  return { ...Object.fromEntries(nulls), ...state };
}

/** There is no Azure to read from: computed strings of a data source become an all-zero id. */
function placeholders(schema: BlockSchema, config: TerraformValue): TerraformValue {
  if (!isObject(config)) return config;
  const computed = Object.entries(schema.attributes).filter(
    ([name, { computed }]) => computed && config[name] === null,
  );
  return {
    ...config,
    ...Object.fromEntries(computed.map(([name]) => [name, '00000000-0000-0000-0000-000000000000'])),
  };
}

const wireSchemas = (schemas: Readonly<Record<string, BlockSchema>>) =>
  Object.fromEntries(Object.entries(schemas).map(([name, block]) => [name, { version: 0, block: wireBlock(block) }]));

function wireBlock(block: BlockSchema): object {
  return {
    attributes: Object.entries(block.attributes).map(([name, { type, ...flags }]) => ({
      name,
      type: Buffer.from(JSON.stringify(type)),
      ...flags,
    })),
    block_types: Object.entries(block.blocks).map(([type_name, nested]) => ({
      type_name,
      block: wireBlock(nested.block),
      nesting: nested.nesting.toUpperCase(),
      min_items: nested.min ?? 0,
      max_items: nested.max ?? 0,
    })),
  };
}
