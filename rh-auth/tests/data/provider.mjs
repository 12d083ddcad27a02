// A real OpenID Connect provider (npm oidc-provider) on a loopback port. First argument: the package's entry file; second: the ID tokens' algorithm.
// Says "listening PORT" when it is there. On its standard input: "rotate" makes new keys and publishes them ("rotated"); its end ends the process.
import http from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [entry, algorithm] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(entry));

const kinds = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};
let generation = 0;
const key = () => ({ ...kinds[algorithm]().privateKey.export({ format: 'jwk' }), kid: `key-${generation}`, use: 'sig', alg: algorithm });

const people = { alice: { acct: 0 }, gunther: { acct: 1 } };
const configuration = () => ({
  clients: [{
    client_id: 'remote-help',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/signed-in'],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    id_token_signed_response_alg: algorithm,
  }],
  jwks: { keys: [key()] },
  enabledJWA: { idTokenSigningAlgValues: [algorithm] },
  conformIdTokenClaims: false,
  claims: { openid: ['sub', 'tid', 'oid', 'acct', 'acrs'], profile: ['name'] },
  findAccount: (_, id) => people[id] && {
    accountId: id,
    claims: () => ({ sub: id, tid: 'contoso', oid: `oid-of-${id}`, acrs: ['c1'], name: id, ...people[id] }),
  },
  cookies: { keys: ['only for tests'] },
});

let provider;
const server = http.createServer((request, response) => provider.callback()(request, response));
const start = () => {
  provider = new Provider(`http://127.0.0.1:${server.address().port}`, configuration());
};
server.listen(0, '127.0.0.1', () => {
  start();
  console.log(`listening ${server.address().port}`);
});
createInterface({ input: process.stdin })
  .on('line', () => { generation += 1; start(); console.log('rotated'); })
  .on('close', () => process.exit(0));
