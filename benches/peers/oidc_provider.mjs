// oidc-provider as an authorization server: client credentials, JWT access tokens, RS256.
//
// Settings come from the environment: KEY_FILE is the signing key in PEM, CLIENT_ID and
// CLIENT_SECRET the one client. Everything is kept in memory, the secret unhashed, and nothing is
// recorded.

import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";

import { Provider } from "oidc-provider";

const issuer = "http://127.0.0.1:8000";
const { KEY_FILE, CLIENT_ID, CLIENT_SECRET } = process.env;
const key = createPrivateKey(readFileSync(KEY_FILE)).export({ format: "jwk" });

const resourceServer = {
    audience: issuer,
    scope: "protected",
    accessTokenFormat: "jwt",
    accessTokenTTL: 3600,
    jwt: { sign: { alg: "RS256" } },
};

const provider = new Provider(issuer, {
    clients: [
        {
            client_id: CLIENT_ID,
            client_secret: CLIENT_SECRET,
            grant_types: ["client_credentials"],
            redirect_uris: [],
            response_types: [],
        },
    ],
    jwks: { keys: [{ ...key, alg: "RS256", use: "sig" }] },
    scopes: ["protected"],
    ttl: { ClientCredentials: 3600 },
    features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
            enabled: true,
            defaultResource: () => issuer,
            getResourceServerInfo: () => resourceServer,
        },
    },
});

const server = provider.listen(0, "127.0.0.1", () => {
    const { address, port } = server.address();
    console.log(`oidc-provider is listening on http://${address}:${port}`);
});
// Node's default of five seconds would end connections between two rounds.
server.keepAliveTimeout = 75_000;
