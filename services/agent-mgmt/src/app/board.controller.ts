import { readBoard } from '@citrus/contracts';
import { projectScope } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { BOARD } from '../tokens.ts';
import type { BoardStore } from './board.store.ts';

@Controller()
export class BoardController {
  constructor(@Inject(BOARD) private readonly board: BoardStore) {}

  @OnRequest(readBoard)
  async read({ projectId, serverIds }: z.infer<typeof readBoard.input>, { caller }: RequestContext): Promise<z.infer<typeof readBoard.reply>> {
    return { items: await this.board.rowsOf(projectScope(caller, projectId), serverIds) };
  }
}
