import 'reflect-metadata';
import { runService } from '@citrus/kit-service';
import { AppModule } from './app.module.ts';
import { ProvisioningConfig } from './config.ts';

await runService({ service: 'provisioning', module: AppModule, config: ProvisioningConfig });
