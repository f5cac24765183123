"""`sft serve`: the trained model over HTTP: /v1/predict, OpenAI's chat completions, Label Studio's backend."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from pipeline.modeling.predictor import load_predictor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sft serve`."""
    parser.add_argument(
        "--model", type=Path, default=Path("data/train/model"), help="a folder that train or export wrote"
    )
    parser.add_argument("--host", default="127.0.0.1", help="an address that others reach needs SFT_SERVE_SECRET")
    parser.add_argument("--port", type=int, default=9090, help="the first free port from this one on")


def run(arguments: argparse.Namespace) -> None:
    """Serve until interrupted. Raises PipelineError where the folder holds no model, before a port is taken."""
    from pipeline.runtime.ports import free_port
    from pipeline.serve import chat_api, label_studio, predict_api
    from pipeline.serve.app import create_app
    from pipeline.serve.limits import names_of
    from pipeline.serve.model import ServedModel
    from pipeline.serve.run import serve

    load_predictor(arguments.model)
    secret = os.environ.get("SFT_SERVE_SECRET") or None
    routes = [predict_api.add_routes, chat_api.add_routes, label_studio.add_routes]
    app = create_app(ServedModel(arguments.model), secret, routes, names_of(arguments.host))
    serve(app, arguments.host, free_port(arguments.host, arguments.port), secret)
