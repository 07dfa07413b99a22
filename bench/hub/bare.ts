/** A bare Fastify route with the hub's payload: what no application on Fastify can be faster than. */
import { readFileSync } from 'node:fs';
import { fastify } from 'fastify';

const [payloadFile = '', createdFile = ''] = process.argv.slice(2);
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const [payload, created] = [read(payloadFile), read(createdFile)];
const server = fastify();
server.get('/api/servers', async () => payload);
server.post('/api/servers', async (request, reply) => {
  await reply.status(202).send(request.body === undefined ? {} : created);
});
const url = await server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${JSON.stringify({ url })}\n`);
