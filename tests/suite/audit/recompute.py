"""Checks an exported audit log with nothing of Ambit's: reads it from stdin, exits with 1 and says
where the chain does not hold, else prints how many records it has read."""

import hashlib
import json
import sys

previous = "0" * 64
count = 0
for count, line in enumerate(sys.stdin, start=1):
    exported = json.loads(line)
    record = exported["record"]
    # RFC 8785: names in order, no spaces, nothing escaped that need not be. All names are ASCII and
    # all numbers are integers, so that json's order and digits are the RFC's.
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    if digest != exported["hash"]:
        sys.exit(f"record {count} has the hash {digest}, not {exported['hash']}")
    if record["seq"] != count:
        sys.exit(f"record {count} says that it is {record['seq']}")
    if record["previous"] != previous:
        sys.exit(f"record {count} follows {record['previous']}, not {previous}")
    previous = digest
print(count)
