import 'reflect-metadata';
import { runService } from '@citrus/kit-service';
import { AppModule } from './app.module.ts';
import { AuthConfig } from './config.ts';

await runService({ service: 'auth', module: AppModule, config: AuthConfig });
