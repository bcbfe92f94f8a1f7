"""gunicorn for the Authlib peer: two worker processes, a free port, connections kept alive."""

bind = "127.0.0.1:0"
workers = 2
# The default worker closes every connection after one answer.
worker_class = "gthread"
threads = 8
keepalive = 75
loglevel = "error"


def when_ready(server):
    host, port = server.LISTENERS[0].getsockname()
    print(f"authlib is listening on http://{host}:{port}", flush=True)
