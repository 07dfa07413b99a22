/** A project's servers, for services that decide by a filter. */
import { readFleet, type FleetServer } from '@citrus/contracts';
import { OnRequest } from '@citrus/kit-messaging';
import { DATABASE } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { ReadonlyKysely } from 'kysely/readonly';
import type { z } from 'zod';
import type { ProvisioningDatabase } from '../database.ts';
import { fleetPage } from './fleet.queries.ts';

@Controller()
export class FleetConsumer {
  constructor(@Inject(DATABASE) private readonly db: ReadonlyKysely<ProvisioningDatabase>) {}

  @OnRequest(readFleet)
  async read({ projectId, after, limit }: z.infer<typeof readFleet.input>): Promise<{ items: FleetServer[]; nextAfter: FleetServer['id'] | null }> {
    return await fleetPage(this.db, projectId, { after, limit });
  }
}
