"""A model behind a service, and the schema it is held to."""

from __future__ import annotations

from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint


def model(service, **settings):
    return RemoteModel(Endpoint(url=service.url, model="tiny", first_pause=0.01, **settings), "label.llm")
