/** What a table of servers shows beside the servers themselves: two questions for a page of them, however many it has. */
import { BoardRow, BoardServerIds, readBoard, readServerLoads, ServerLoad } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const Asked = z.strictObject({
  serverIds: BoardServerIds,
  /** Also how busy they were; it changes slowly, so it is asked for seldom. */
  withLoad: z.boolean().default(false),
});
/** `load`: null where nobody has reported lately, or while metrics cannot be asked. */
const Row = BoardRow.extend({ load: ServerLoad.omit({ serverId: true }).nullable() });

const board = defineRoute({ method: 'POST', path: '/api/servers/board', summary: 'Apps, the job at work, labels and load of some servers', rule: memberOfProject('viewer'), body: Asked, reply: z.object({ items: z.array(Row) }), changesNothing: true });

@Controller()
export class BoardController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(board)
  async board(@Input() { body: { serverIds, withLoad } }: InputOf<typeof board>, @By() visit: Visit): Promise<{ items: z.infer<typeof Row>[] }> {
    const asked = { projectId: visit.projectId, serverIds };
    const [{ items }, loads] = await Promise.all([this.requests.call(readBoard, asked, visit.carried), withLoad ? this.#loads(asked, visit) : []]);
    const loadOf = new Map(loads.map(({ serverId, ...load }) => [serverId, load]));
    return { items: items.map((row) => ({ ...row, load: loadOf.get(row.serverId) ?? null })) };
  }

  /** The table is of use without its charts. */
  async #loads(asked: z.infer<typeof readServerLoads.input>, visit: Visit): Promise<ServerLoad[]> {
    try {
      return (await this.requests.call(readServerLoads, asked, visit.carried)).items;
    } catch (error) {
      if (error instanceof Unavailable) return [];
      throw error;
    }
  }
}
