import type { ConnectBroker } from './broker.js';

/** Loads the code of the configured broker, and of no other one. */
export const connectBroker: ConnectBroker = async (config) => {
  switch (config.MESSAGING_TRANSPORT) {
    case 'azure-service-bus': {
      const { connectServiceBus } = await import('./service-bus.js');
      return connectServiceBus(config);
    }
  }
};
