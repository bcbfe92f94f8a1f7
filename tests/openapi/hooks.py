"""Keeps Schemathesis from locking itself out: it finds its own client, administrator and key in what
the server lists, and would delete them, change them or void its token."""

import base64
import json
import os

import schemathesis

_header = os.environ["AMBIT_TOKEN"].split(".")[0]
_key = json.loads(base64.urlsafe_b64decode(_header + "=" * (-len(_header) % 4)))["kid"]

OWN = {
    "client_id": os.environ["CLIENT_ID"],
    "username": os.environ["AMBIT_ADMIN_USER"],
    "kid": _key,
}


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.method == "GET":
        return
    for name, own in OWN.items():
        if case.path_parameters and case.path_parameters.get(name) == own:
            case.path_parameters[name] = "somebody-else"
