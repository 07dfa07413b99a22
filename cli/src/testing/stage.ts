/** A command among fakes of what is around it: an API that answers at once and notes what it was asked, and a terminal that keeps what it was told. For tests. */
import type { Api } from '../api/api.ts';
import type { Call } from '../api/http.ts';
import type { Terminal } from '../output/terminal.ts';

export type Stage = {
  readonly api: Api;
  readonly terminal: Terminal;
  /** Everything that was asked, and `sent`: what would have changed something. */
  readonly calls: Call[];
  readonly sent: Call[];
  readonly lines: { readonly out: string[]; readonly note: string[] };
};

/** As in `GET /api/servers`. */
export const whatOf = ({ method = 'GET', path }: Call): string => `${method} ${path}`;

/** @param answer is read by the schema that the command gives, as an answer of the real service is */
export const stageFor = (answer: (call: Call) => unknown): Stage => {
  const [calls, sent]: [Call[], Call[]] = [[], []];
  const lines = { out: [] as string[], note: [] as string[] };
  const api = {
    json: async (call: Call, reply: { parse: (value: unknown) => unknown }) => {
      calls.push(call);
      if (call.method) sent.push(call);
      return reply.parse(answer(call));
    },
  } as unknown as Api;
  const terminal: Terminal = { out: async (line) => void lines.out.push(line), note: (line) => void lines.note.push(line), style: (_, text) => text, columns: undefined, isInteractive: false };
  return { api, terminal, calls, sent, lines };
};
