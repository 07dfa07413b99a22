/** Asks agents whether they are there: who answered, how fast, and who did not. */
import { AgentsPinged, Server, type Unanswered } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import type { PingOptions } from './agent.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };

const BECAUSE: Readonly<Record<Unanswered, string>> = { offline: 'not connected', silent: 'connected, but no answer in time', refused: 'refused' };
/** Of a large fleet the slowest tell enough. */
const SLOWEST_SHOWN = 50;

const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

const summaryOf = ({ asked, answered, tookMs, answeredWithin }: AgentsPinged): string => {
  const within = answeredWithin ? `; half of them within ${milliseconds(answeredWithin.p50Ms)}, 99 % within ${milliseconds(answeredWithin.p99Ms)}` : '';
  return `Finished: ${answered} of ${asked} answered in ${milliseconds(tookMs)}${within}.`;
};

const rowsOf = (pinged: AgentsPinged, nameOf: (serverId: string) => string): string[][] => [
  ...pinged.unanswered.map(({ serverId, agentId, because, reason }) => [nameOf(serverId), 'no', reason ? `${BECAUSE[because]}: ${reason}` : BECAUSE[because], agentId]),
  ...pinged.answers.slice(0, SLOWEST_SHOWN).map(({ serverId, agentId, roundTripMs }) => [nameOf(serverId), 'yes', milliseconds(roundTripMs), agentId]),
];

const left = (pinged: AgentsPinged): string[] => {
  const missing = pinged.asked - pinged.answered - pinged.unanswered.length;
  const quicker = pinged.answered - Math.min(pinged.answers.length, SLOWEST_SHOWN);
  return [...(missing > 0 ? [`${missing} more did not answer and are not named here`] : []), ...(quicker > 0 ? [`${quicker} more answered faster`] : [])];
};

/** Ends with a failure when somebody did not answer, so that scripts notice. */
export const ping = async (filter: string | undefined, { wait, json }: PingOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const body = { ...(filter !== undefined && { filter }), ...(wait !== undefined && { waitMs: Math.round(Number(wait) * 1000) }) };
  const pinged = await api.json({ method: 'POST', path: '/api/agents/ping', body }, AgentsPinged);
  if (json) await terminal.out(JSON.stringify(pinged));
  else {
    const names = new Map((await allOf(api, '/api/servers', Server)).map(({ id, name }) => [id as string, name]));
    const rows = rowsOf(pinged, (serverId) => names.get(serverId) ?? serverId);
    if (rows.length > 0) await terminal.out(tableOf(['SERVER', 'ANSWERED', 'TIME OR REASON', 'AGENT'], rows, terminal));
    await terminal.out([summaryOf(pinged), ...left(pinged)].join('\n'));
  }
  if (pinged.answered === pinged.asked) return;
  throw new CliFailure(`${pinged.asked - pinged.answered} of ${pinged.asked} did not answer`, { exit: EXIT.failed, code: 'agent.unanswered', advice: 'An agent that is not connected says why in /var/log/provisioning/agent.log on its server.' });
};
