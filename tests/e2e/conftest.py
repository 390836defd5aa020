"""The end-to-end suite: the real binary, a real model, official clients.

HEARTH_BINARY names the binary (build/release/hearth otherwise). The model is fetched once by `hearth pull` into the
user's cache folder; without network the tests that need it are skipped with the reason. HEARTH_TEST_MODELS names a
folder that holds it already.
"""
import http.client
import json
import os
import socket
import subprocess
import time
from pathlib import Path

import openai
import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = "smollm2-135m-instruct"


@pytest.fixture(scope="session")
def binary():
    path = Path(os.environ.get("HEARTH_BINARY", ROOT / "build/release/hearth"))
    assert path.is_file(), f"{path} is not built; run ./dev build"
    return path


@pytest.fixture(scope="session")
def models_folder(binary):
    given = os.environ.get("HEARTH_TEST_MODELS")
    if given:
        return Path(given)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hearth" / "test-models"
    cache.mkdir(parents=True, exist_ok=True)
    pulled = subprocess.run([binary, "pull", MODEL, "--models-path", cache], capture_output=True, text=True, timeout=900)
    if pulled.returncode != 0:
        pytest.skip(f"no model: hearth pull {MODEL} failed: {pulled.stderr.strip()[-300:]}")
    return cache


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running `hearth serve`."""

    def __init__(self, binary, models, log_file, *flags, env=None):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log_file = log_file
        self.stopping = False
        with open(log_file, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "serve", "--models-path", models, "--address", f"127.0.0.1:{self.port}", *flags],
                stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})

    def terminate(self):
        self.stopping = True
        self.process.terminate()

    def wait_ready(self, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the server ended:\n{self.log()}"
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready in {seconds} s:\n{self.log()}")

    def log(self):
        return Path(self.log_file).read_text(errors="replace")

    def request(self, method, path, body=None, headers=None, timeout=120):
        """(status, headers in lower case, body) of one request; `body` is sent as JSON unless it is bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def post(self, path, body, **more):
        status, headers, data = self.request("POST", path, body, **more)
        return status, headers, json.loads(data) if data else None

    def metric(self, name):
        """The sum of a metric over its labels."""
        values = [line.rsplit(" ", 1)[1] for line in self.request("GET", "/metrics")[2].decode().splitlines()
                  if line.startswith((name + "{", name + " "))]
        return sum(float(value) for value in values)

    def stop(self, seconds=60):
        """The exit code. A second signal would not let requests finish, so one that was sent already is enough."""
        if self.process.poll() is None and not self.stopping:
            self.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@pytest.fixture(scope="session")
def server(binary, models_folder, tmp_path_factory):
    server = Server(binary, models_folder, tmp_path_factory.mktemp("server") / "log", "--preload", MODEL)
    yield server.wait_ready()
    assert server.stop() == 0, server.log()


@pytest.fixture(scope="session")
def client(server):
    return openai.OpenAI(base_url=server.base + "/v1", api_key="unused", max_retries=0, timeout=120)


@pytest.fixture
def start(binary, tmp_path):
    """Starts further servers, which end with the test: start(models, flag, …)."""
    servers = []

    def make(models, *flags, env=None):
        servers.append(Server(binary, models, tmp_path / f"log{len(servers)}", *flags, env=env))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()
