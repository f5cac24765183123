"""`sft label up`: a server, a project, and what people need to get in."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pipeline.studio import server
from pipeline.studio.client import Client
from pipeline.studio.params import load_studio
from pipeline.studio.project import URL, check_config, connect, extra, find, find_or_create, replace_config, title


def up(port: int, replace: bool) -> Iterator[str]:
    """Start or find the server, make or find the project; what was done, in words."""
    settings = load_studio()  # a misspelt setting stops before anything is started
    if os.environ.get(URL):
        yield f"using the server that {URL} names; nothing is started here"
    else:
        yield from server.start(port)[1]
    client = connect()
    if replace and client.projects(title(settings)):
        yield replace_config(find(client, check=False))
    project, done = find_or_create(client)
    check_config(project)
    yield from done
    yield from extra(project)
    yield from _doors(client)


def _doors(client: Client) -> Iterator[str]:
    if not os.environ.get(URL):
        account = server.own_secrets()
        yield f"log in as {account['email']}; the password is in {server.HOME}/secrets.json"
    invite = client.get("/api/invite").get("invite_url", "")
    if invite:
        yield f"annotators sign up at {client.url}{invite}"
    yield "next: sft label push"
