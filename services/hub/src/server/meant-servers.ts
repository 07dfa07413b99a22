/** Which of a project's servers a filter means; docs/reference/server-filter.md. */
import { asksForLabels, FilterFault, labelTextsOf, listAgents, listServers, matchesFilter, parseServerFilter, type Agent, type Server, type ServerFilter } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import type { Visit } from '../http/visit.ts';

const PAGE = 200;

const filterOf = (text: string): ServerFilter => {
  try {
    return parseServerFilter(text);
  } catch (error) {
    if (!(error instanceof FilterFault)) throw error;
    throw new Refusal('filter.invalid', `The filter cannot be read at character ${error.position + 1}: ${error.message}.`, [{ path: 'filter', message: error.message }]);
  }
};

/** By the id of the server; nobody's agent is asked about unless the filter asks for labels. */
const labelsFor = async (requests: Requests, filter: ServerFilter, visit: Visit): Promise<ReadonlyMap<string, readonly string[]>> => {
  const labels = new Map<string, readonly string[]>();
  if (!asksForLabels(filter)) return labels;
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { items: Agent[]; nextCursor: string | null } = await requests.call(listAgents, { projectId: visit.projectId, limit: PAGE, ...(cursor && { cursor }) }, visit.carried);
    for (const agent of page.items) labels.set(agent.serverId, labelTextsOf(agent.labels));
    cursor = page.nextCursor;
  }
  return labels;
};

export type Meant = { readonly filter: string; readonly most: number; /** What takes no more than that, for people: "one run". */ readonly of: string };

/** By name. @throws Refusal when there is none, or too many */
export const meantServers = async (requests: Requests, { filter: text, most, of }: Meant, visit: Visit): Promise<Server[]> => {
  const filter = filterOf(text);
  const labels = await labelsFor(requests, filter, visit);
  const meant: Server[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { items: Server[]; nextCursor: string | null } = await requests.call(listServers, { projectId: visit.projectId, sort: 'name', limit: PAGE, ...(cursor && { cursor }) }, visit.carried);
    meant.push(...page.items.filter((server) => matchesFilter(filter, { ...server, labels: labels.get(server.id) ?? [] })));
    if (meant.length > most) throw new Refusal('filter.too_many', `The filter means more than ${most} servers, which is the most for ${of}. Ask for fewer.`);
    cursor = page.nextCursor;
  }
  if (meant.length === 0) throw new Refusal('filter.none', 'The filter means none of the project’s servers. See which there are, with their tags, in the list of servers.');
  return meant;
};
