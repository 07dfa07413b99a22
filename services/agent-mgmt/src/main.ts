/** agent-mgmt: agents, installers, jobs. */
import 'reflect-metadata';
import { runService } from '@citrus/kit-service';
import { AppModule } from './app.module.ts';
import { Config } from './config.ts';

await runService({ service: 'agent-mgmt', module: AppModule, config: Config });
