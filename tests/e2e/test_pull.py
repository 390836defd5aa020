"""hearth pull against a real HTTP server that cuts connections, changes files and sends wrong bytes, with the real binary.

The server is Python's own with a handler that knows Range and If-Range; what it does wrong is set by each test.
"""
import hashlib
import os
import random
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEARTH = Path(os.environ.get("HEARTH_BINARY", ROOT / "build/release/hearth"))
CONTENT = b"GGUF" + random.Random(1).randbytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        begin, status = 0, 200
        wanted, guard = self.headers.get("Range"), self.headers.get("If-Range")
        server.seen.append((self.path, wanted))
        if wanted and guard in (None, server.etag):
            begin, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
        body = server.content[begin:]
        self.send_response(status)
        self.send_header("ETag", server.etag)
        self.send_header("Content-Length", str(len(body)))
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{len(server.content) - 1}/{len(server.content)}")
        self.end_headers()
        # A cut counts bytes of the whole file: every try beyond it gets nothing.
        end = len(body) if server.cut_at is None else max(0, server.cut_at - begin)
        for at in range(0, min(end, len(body)), 16384):
            self.wfile.write(body[at:min(at + 16384, end)])
            time.sleep(server.pause_s)
        if end < len(body):
            self.close_connection = True


@pytest.fixture
def server():
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    httpd.content, httpd.etag, httpd.cut_at, httpd.pause_s, httpd.seen = CONTENT, '"one"', None, 0, []
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def pull(server, tmp_path):
    """Starts hearth pull of the server's file; its arguments are further flags."""
    url = f"http://127.0.0.1:{server.server_port}/files/model.gguf"
    environment = {**os.environ, "no_proxy": "127.0.0.1"}

    def start(*flags):
        command = [HEARTH, "pull", url, "--models-path", str(tmp_path), *flags]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=environment)

    return start


def finish(process):
    out, error = process.communicate(timeout=60)
    return process.returncode, out, error


def test_a_cut_download_resumes_to_the_same_bytes(server, pull, tmp_path):
    server.cut_at = 1_000_000
    code, _, error = finish(pull())
    assert code == 1
    assert "bytes are kept" in error
    assert not (tmp_path / "model.gguf").exists()
    kept = (tmp_path / "model.gguf.partial").stat().st_size
    assert 0 < kept <= 1_000_000
    server.cut_at = None
    code, out, error = finish(pull("--sha256", SHA256))
    assert code == 0, error
    assert server.seen[-1] == ("/files/model.gguf", f"bytes={kept}-")
    assert (tmp_path / "model.gguf").read_bytes() == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.gguf"]


def test_kill_9_leaves_a_part_that_the_next_run_continues(server, pull, tmp_path):
    server.pause_s = 0.02
    process = pull("--sha256", SHA256)
    partial = tmp_path / "model.gguf.partial"
    deadline = time.monotonic() + 30
    while not (partial.exists() and partial.stat().st_size > 300_000):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "model.gguf").exists()
    kept = partial.stat().st_size
    server.pause_s = 0
    code, _, error = finish(pull("--sha256", SHA256))
    assert code == 0, error
    assert server.seen[-1][1] == f"bytes={kept}-"
    assert hashlib.sha256((tmp_path / "model.gguf").read_bytes()).hexdigest() == SHA256


def test_a_wrong_checksum_keeps_the_old_file(server, pull, tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF the good old file")
    server.content = CONTENT[:-1] + b"x"
    code, out, error = finish(pull("--sha256", SHA256))
    assert code == 1 and out == ""
    assert SHA256 in error and hashlib.sha256(server.content).hexdigest() in error
    assert (tmp_path / "model.gguf").read_bytes() == b"GGUF the good old file"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.gguf"]


def test_a_file_that_changed_meanwhile_starts_over(server, pull, tmp_path):
    server.cut_at = 1_000_000
    assert finish(pull())[0] == 1
    server.cut_at, server.etag, server.content = None, '"two"', CONTENT[::-1]
    code, _, error = finish(pull())
    assert code == 0, error
    assert (tmp_path / "model.gguf").read_bytes() == CONTENT[::-1]


def test_two_processes_share_one_download(server, pull, tmp_path):
    server.pause_s = 0.005
    results = [finish(process) for process in [pull("--sha256", SHA256), pull("--sha256", SHA256)]]
    assert [code for code, _, _ in results] == [0, 0], results
    assert len(server.seen) == 1
    assert (tmp_path / "model.gguf").read_bytes() == CONTENT


def test_progress_is_plain_lines_without_a_terminal(pull):
    code, out, error = finish(pull())
    assert code == 0
    assert "model.gguf: 100% of 3.0 MB" in error
    assert "\r" not in error and "\x1b" not in error
    assert out.startswith("model is installed from http://127.0.0.1:")
