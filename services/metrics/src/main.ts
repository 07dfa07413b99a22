/** metrics: samples of the machines and counts of jobs. */
import 'reflect-metadata';
import { DatabaseConfig, runService } from '@citrus/kit-service';
import { AppModule } from './app.module.ts';

await runService({ service: 'metrics', module: AppModule, config: DatabaseConfig });
