import 'reflect-metadata';
import { runService } from '@citrus/kit-service';
import { HubModule } from './app.module.ts';
import { HubConfig } from './config.ts';
import { hubApplication } from './http/application.ts';

await runService({ service: 'hub', module: HubModule, config: HubConfig, httpApplication: hubApplication });
