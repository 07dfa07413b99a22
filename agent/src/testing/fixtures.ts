import { freePort, startNats, type EmbeddedNats } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';
import { test as base } from 'vitest';
import { startAgent, type AgentProcess } from './agent-process.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';

type Broker = EmbeddedNats & { readonly webSocketUrl: string };

/** A broker, shared by the tests of a file, and a control plane that knows no agent yet. */
export const testWithoutAgent = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('broker', { scope: 'file' }, async ({}, { onCleanup }): Promise<Broker> => {
    const webSocketPort = await freePort();
    const nats = await startNats({ config: ({ port }) => `listen: "127.0.0.1:${port}"\nwebsocket { listen: "127.0.0.1:${webSocketPort}", no_tls: true }\n` });
    onCleanup(() => nats.stop());
    return Object.assign(nats, { webSocketUrl: `ws://127.0.0.1:${webSocketPort}` });
  })
  .extend('plane', async ({ broker }, { onCleanup }): Promise<ControlPlane> => {
    const plane = await startControlPlane({ natsUrl: broker.url, webSocketUrl: broker.webSocketUrl });
    onCleanup(() => plane.stop());
    return plane;
  });

/** `agent` has enrolled, is connected and has said hello to `plane`. */
export const test = testWithoutAgent.extend('agent', { auto: true }, async ({ plane }, { onCleanup }): Promise<AgentProcess> => {
  const agent = await startAgent(plane);
  onCleanup(() => agent.discard());
  await eventually(() => plane.told.hellos.length > 0);
  return agent;
});
