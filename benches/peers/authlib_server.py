"""Authlib as an authorization server on Flask: client credentials, RFC 9068 tokens, RS256.

Run by gunicorn with `gunicorn.conf.py`. Settings come from the environment: `KEY_FILE` is the
signing key in PEM, `CLIENT_ID` and `CLIENT_SECRET` the one client. It is kept in memory with its
secret unhashed, and nothing is recorded.
"""

import os
import pathlib

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask
from joserfc.jwk import RSAKey

ISSUER = "http://127.0.0.1:8000"
SIGNING_KEY = RSAKey.import_key(pathlib.Path(os.environ["KEY_FILE"]).read_text())


class Client(ClientMixin):
    """The one client, with what the grant asks of it."""

    client_id = os.environ["CLIENT_ID"]
    client_secret = os.environ["CLIENT_SECRET"]

    def get_client_id(self):
        return self.client_id

    def check_client_secret(self, client_secret):
        return self.client_secret == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope):
        return scope if scope == "protected" else ""


class TokenGenerator(JWTBearerTokenGenerator):
    """Signs access tokens with the key that was parsed at start."""

    def get_jwks(self):
        return SIGNING_KEY

    def get_audiences(self, client, user, scope):
        return ISSUER


CLIENTS = {Client.client_id: Client()}

app = Flask(__name__)
server = AuthorizationServer(app, query_client=CLIENTS.get, save_token=lambda token, request: None)
server.register_grant(ClientCredentialsGrant)
server.register_token_generator("default", TokenGenerator(issuer=ISSUER, alg="RS256"))


@app.post("/token")
def token():
    return server.create_token_response()
