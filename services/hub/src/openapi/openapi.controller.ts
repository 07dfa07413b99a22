import { CONFIG } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { HubConfig } from '../config.ts';
import { anyone, defineRoute, Route, type RouteDefinition } from '../http/route.ts';
import { openApiOf } from './openapi.ts';

export const ROUTES = Symbol('Routes');

const read = defineRoute({ method: 'GET', path: '/api/openapi.json', summary: 'This document', rule: anyone('documentation') });

@Controller()
export class OpenApiController {
  readonly #document: Record<string, unknown>;

  constructor(@Inject(ROUTES) routes: readonly RouteDefinition[], @Inject(CONFIG) config: HubConfig) {
    this.#document = openApiOf(routes, config.CITRUS_PUBLIC_URL);
  }

  @Route(read)
  read(): Record<string, unknown> {
    return this.#document;
  }
}
