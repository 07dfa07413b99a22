import { openApi } from '../api/api.ts';
import { usageFailure } from '../failure.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { detailOf, placeOf, withShortIds } from './event-lines.ts';
import { shownInstant } from './instant.ts';
import { WhyReply, type Effect, type FeedEvent } from './replies.ts';
import { eventAt, parseWhat } from './what.ts';
import type { WhyOptions } from './why.command.ts';

type Node = { readonly event: FeedEvent; readonly isAsked: boolean; readonly below: readonly Node[] };

const nodeOf = ({ event, effects }: Effect): Node => ({ event, isAsked: false, below: effects.map(nodeOf) });

/** Causes from the first one down, then the event, then what came of it. */
const treeOf = ({ event, causes, effects }: WhyReply): Node =>
  causes.reduce<Node>((below, cause) => ({ event: cause, isAsked: false, below: [below] }), { event, isAsked: true, below: effects.map(nodeOf) });

const lineOf = ({ event, isAsked }: Node, terminal: Terminal): string => {
  const type = isAsked ? terminal.style('bold', event.type) : event.type;
  return `${shownInstant(event.at)}  ${placeOf(event)}  ${type}  ${printable(withShortIds(event.stream, terminal))}${isAsked ? '  <== asked for' : ''}`;
};

const fit = (line: string, columns: number | undefined): string => (columns !== undefined && line.length > columns ? `${line.slice(0, columns - 1)}…` : line);

export const linesOfTree = (node: Node, terminal: Terminal, indent = ''): string[] =>
  node.below.flatMap((child, index) => {
    const isLast = index === node.below.length - 1;
    return [`${indent}${isLast ? '└─ ' : '├─ '}${lineOf(child, terminal)}`, ...linesOfTree(child, terminal, `${indent}${isLast ? '   ' : '│  '}`)];
  });

const remarksOf = ({ hidden, isCut }: WhyReply): string[] => [
  ...(hidden.causes + hidden.effects > 0 ? [`${hidden.causes} causes and ${hidden.effects} effects belong to others and are not shown`] : []),
  ...(isCut ? ['there are more effects than are shown'] : []),
];

export const why = async (text: string, options: WhyOptions): Promise<void> => {
  const what = parseWhat(text);
  if (what.kind !== 'place' && what.kind !== 'id') throw usageFailure(`${text} is not an event`, 'Name one by its place (provisioning:12) or its id; citrus history show lists them.');
  const terminal = processTerminal();
  const api = openApi();
  const { id } = await eventAt(api, what);
  const reply = await api.json({ path: `/api/history/why/${id}` }, WhyReply);
  if (options.json) return terminal.out(JSON.stringify(reply));
  const { actor } = reply.command;
  const root = treeOf(reply);
  await terminal.out(`begun by ${actor.kind} ${printable(actor.id)}`);
  for (const line of linesOfTree({ ...root, below: [root] }, terminal)) await terminal.out(fit(line, terminal.columns));
  await terminal.out(`\n${printable(reply.event.type)}: ${printable(detailOf(reply.event))}`);
  for (const remark of remarksOf(reply)) terminal.note(`citrus: ${remark}`);
};
