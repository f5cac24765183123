"""A language model and translation service for tests: a real HTTP server on this machine, with chosen troubles."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Service:
    """`answer(body)` gives (status, JSON or text, headers); `asked` keeps every body, in order of arrival."""

    def __init__(self, answer):
        self.answer, self.asked, self.url = answer, [], ""


def chat(text, why="stop"):
    return 200, {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": why}]}, {}


@contextmanager
def serving(answer):
    service = Service(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            service.asked.append(body)
            status, reply, headers = service.answer(body)
            data = (reply if isinstance(reply, str) else json.dumps(reply)).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *parts):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
