"""What the actions over Ambit's own audit log must answer, computed from an exported log.

    python audit_log.py audit.jsonl SENSITIVE_SCOPES < calls.json

`audit.jsonl` is what `ambit audit export` wrote, SENSITIVE_SCOPES a JSON list. Reads a JSON list of
calls, each {"action": name, "input": {...}}, and prints the list of answers, not paged.
"""

import json
import sys
from datetime import datetime


def time(text):
    return datetime.fromisoformat(text)


def chosen(log, call):
    for line in log:
        record = line["record"]
        fits = all([
            "from" not in call or time(record["at"]) >= time(call["from"]),
            "to" not in call or time(record["at"]) < time(call["to"]),
            "client_id" not in call or record.get("client_id") == call["client_id"],
            "event" not in call or record["event"] == call["event"],
            "decision" not in call or record["decision"] == call["decision"],
            "request_id" not in call or record["request_id"] == call["request_id"],
            "action" not in call
            or (record["event"], record.get("target")) == ("action", call["action"]),
        ])
        if fits:
            yield record, line["hash"]


def who_did_what(log, call, sensitive):
    records = []
    for record, digest in chosen(log, call):
        shown = {"reason": "", "target": "", "client_id": None, "subject": None, "details": {}}
        shown |= {"remote_address": None} | record | {"hash": digest}
        records.append({name: shown[name] for name in shown if name not in ("previous", "tenant_id")})
    return {"records": records[::-1]}


def denials(log, call, sensitive):
    groups = {}
    for record, _ in chosen(log, call):
        if record["decision"] not in ("denied", "limited"):
            continue
        actor = record["actors"][0]
        reason = record.get("reason", "")
        key = (actor["kind"], actor["id"], record["event"], record["decision"], reason)
        group = groups.setdefault(key, {
            "agent": actor,
            "event": record["event"],
            "decision": record["decision"],
            "reason": reason,
            "count": 0,
            "first_at": record["at"],
        })
        group["count"] += 1
        group["last_at"] = record["at"]
        group["last_target"] = record.get("target", "")
        group["last_request_id"] = record["request_id"]
    ordered = sorted(groups.items(), key=lambda item: (-item[1]["count"], item[0]))
    return {
        "groups": [group for _, group in ordered],
        "groups_left_out": 0,
        "denials": sum(group["count"] for group in groups.values()),
    }


KINDS = {
    "client.create": "registered",
    "client.update": "registered",
    "token.issue": "issued",
    "request": "used",
    "action": "used",
}
ORDER = ["registered", "issued", "used"]


def sensitive_scope_use(log, call, sensitive):
    scopes = sorted(sensitive if "scope" not in call else [call["scope"]])
    uses = {}
    for record, _ in chosen(log, call):
        kind = KINDS.get(record["event"])
        if record["decision"] != "allowed" or kind is None or "client_id" not in record:
            continue
        for scope in record.get("details", {}).get("scope", "").split():
            if scope not in scopes:
                continue
            key = (scope, record["client_id"], ORDER.index(kind))
            use = uses.setdefault(key, {
                "scope": scope,
                "client_id": record["client_id"],
                "kind": kind,
                "count": 0,
                "first_at": record["at"],
            })
            use["count"] += 1
            use["last_at"] = record["at"]
            use["last_actor"] = record["actors"][0]
            use["last_target"] = record.get("target", "")
            use["last_request_id"] = record["request_id"]
    return {"scopes": scopes, "uses": [uses[key] for key in sorted(uses)]}


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        log = [json.loads(line) for line in lines]
    actions = {action.__name__: action for action in (who_did_what, denials, sensitive_scope_use)}
    sensitive = json.loads(sys.argv[2])
    calls = json.load(sys.stdin)
    json.dump([actions[call["action"]](log, call["input"], sensitive) for call in calls], sys.stdout)


main()
