/** metrics: samples of the machines, counts of jobs, and what the outside world is told. */
import 'reflect-metadata';
import { runService } from '@citrus/kit-service';
import { AppModule } from './app.module.ts';
import { MetricsConfig } from './config.ts';

await runService({ service: 'metrics', module: AppModule, config: MetricsConfig });
