/** What a swarm's agents say about themselves in their logs, counted. */
import type { Log } from '@citrus/agent/embedding';

export type Census = { joined: number; connected: number; connectedNow: number; refusedSignIns: number; restarts: number; jobs: number };

export const createCensus = () => {
  const census: Census = { joined: 0, connected: 0, connectedNow: 0, refusedSignIns: 0, restarts: 0, jobs: 0 };
  return {
    figures: (): Readonly<Census> => ({ ...census }),
    restarted: () => void (census.restarts += 1),
    /** `over`: the agent has ended, with its connection. */
    counting: (inner: Log): { readonly log: Log; readonly over: () => void } => {
      let isConnected = false;
      const connection = (is: boolean) => {
        if (is !== isConnected) census.connectedNow += is ? 1 : -1;
        isConnected = is;
      };
      const count = (event: string) => {
        if (event === 'agent.enrolled') census.joined += 1;
        else if (event === 'broker.refused_sign_in') census.refusedSignIns += 1;
        else if (event === 'job.ended') census.jobs += 1;
        else if (event === 'broker.disconnected') connection(false);
        else if (event === 'broker.connected') {
          census.connected += 1;
          connection(true);
        }
      };
      const wrap = (write: Log['info']): Log['info'] => (event, fields) => (count(event), write(event, fields));
      return { log: { ...inner, info: wrap(inner.info), warn: wrap(inner.warn) }, over: () => connection(false) };
    },
  };
};
