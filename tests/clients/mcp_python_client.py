"""The official Python SDK of MCP, left to itself: it is told an address and its credentials, and finds
its way from the 401 to the metadata, the token and the tools. The address is that of a build with the
feature `test-fixtures`."""

import asyncio

import httpx2
from checks import CLIENT_ID, CLIENT_SECRET, ISSUER, equal
from mcp.client import Client
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

ADDRESS = f"{ISSUER}/mcp"


class Memory:
    """Where the SDK keeps its token."""

    tokens = None
    client_info = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client_info

    async def set_client_info(self, client_info):
        self.client_info = client_info


async def speak(mode, revision):
    memory = Memory()
    provider = ClientCredentialsOAuthProvider(
        server_url=ADDRESS,
        storage=memory,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        issuer=ISSUER,
    )
    statuses = []

    async def note(response):
        statuses.append((response.request.url.path, response.status_code))

    async with httpx2.AsyncClient(auth=provider, event_hooks={"response": [note]}) as http:
        transport = streamable_http_client(ADDRESS, http_client=http)
        async with Client(transport, mode=mode) as client:
            equal(client.protocol_version, revision, "revision")
            equal(client.server_info.name, "ambit", "server's name")

            tools = (await client.list_tools()).tools
            names = [tool.name for tool in tools]
            equal("echo" in names, True, f"echo is among {names}")

            # The SDK checks structured content against the tool's output schema by itself.
            answer = await client.call_tool("echo", {"text": "hello", "times": 2})
            equal(answer.is_error, False, "is_error")
            equal(answer.structured_content, {"texts": ["hello", "hello"]}, "structured content")

            refused = await client.call_tool("echo", {"text": "hello", "times": 0})
            equal(refused.is_error, True, "is_error of an input that does not fit")
            equal("times" in refused.content[0].text, True, "the text names the field")

            reports = []

            async def report(progress, total, message):
                reports.append((progress, total, message))

            answer = await client.call_tool(
                "slow_with_progress", {"steps": 3, "pause": 20}, progress_callback=report
            )
            equal(answer.structured_content, {"text": "3"}, "structured content after progress")
            expected = [(step, 3, f"step {step}") for step in (1, 2, 3)]
            equal(reports, expected, "progress")

            # Longer than the server keeps silent, so that the answer comes as a stream of events.
            answer = await client.call_tool("slow_with_progress", {"steps": 1, "pause": 1500})
            equal(answer.structured_content, {"text": "1"}, "structured content after a while")

            try:
                await client.call_tool("no_such_tool", {})
            except MCPError as error:
                equal(error.error.code, -32602, "code of an unknown tool")
            else:
                raise SystemExit("an unknown tool was called")

    equal(statuses[0], ("/mcp", 401), "first answer")
    paths = [path for path, _ in statuses]
    for path in (
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/token",
    ):
        equal(path in paths, True, f"{path} is among {paths}")
    equal(memory.tokens.scope, "fixtures:call", "scope")


for mode, revision in (("legacy", "2025-11-25"), ("auto", "2026-07-28")):
    asyncio.run(speak(mode, revision))
