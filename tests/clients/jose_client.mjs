// jose: a resource server that knows nothing of Ambit but its key set (RFC 9068, section 4).

import assert from 'node:assert/strict';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { clientId, clientSecret, issuer } from './checks.mjs';

const answer = await fetch(`${issuer}/token`, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: 'protected',
  }),
});
assert.equal(answer.status, 200);
assert.match(answer.headers.get('cache-control'), /no-store/);
const { access_token: token } = await answer.json();

const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
const rules = {
  typ: 'at+jwt',
  issuer,
  audience: issuer,
  algorithms: ['RS256'],
  requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id', 'scope'],
};

const { payload, protectedHeader } = await jwtVerify(token, keys, rules);
assert.equal(protectedHeader.alg, 'RS256');
assert.ok(protectedHeader.kid);
assert.equal(payload.sub, clientId);
assert.equal(payload.client_id, clientId);
assert.equal(payload.scope, 'protected');
assert.ok(payload.exp > payload.iat);

const [header, body, signature] = token.split('.');
const other = signature.startsWith('A') ? 'B' : 'A';
await assert.rejects(
  jwtVerify(`${header}.${body}.${other}${signature.slice(1)}`, keys, rules),
  errors.JWSSignatureVerificationFailed,
);
const moreScope = Buffer.from(JSON.stringify({ ...payload, scope: 'highly_sensitive' }));
await assert.rejects(
  jwtVerify(`${header}.${moreScope.toString('base64url')}.${signature}`, keys, rules),
  errors.JWSSignatureVerificationFailed,
);
await assert.rejects(
  jwtVerify(token, keys, { ...rules, audience: 'https://elsewhere.example/' }),
  errors.JWTClaimValidationFailed,
);
await assert.rejects(
  jwtVerify(token, keys, { ...rules, issuer: 'https://elsewhere.example' }),
  errors.JWTClaimValidationFailed,
);
await assert.rejects(
  jwtVerify(token, keys, { ...rules, algorithms: ['ES256'] }),
  errors.JOSEAlgNotAllowed,
);

const { keys: published } = await (await fetch(`${issuer}/jwks`)).json();
for (const key of published) {
  for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
    assert.ok(!(secret in key), `/jwks publishes ${secret}`);
  }
}
