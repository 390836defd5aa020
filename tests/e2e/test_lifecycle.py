"""The server as a process: cancellation, idleness, shutdown, keys, several models."""
import json
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from conftest import MODEL

CHAT = "/v1/chat/completions"


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident_kib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def send_and_cut(port, body, read_bytes):
    """Sends a request, reads some of the answer and cuts the connection."""
    data = json.dumps(body).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
        peer.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
        while read_bytes > 0:
            got = peer.recv(read_bytes)
            if not got:
                break
            read_bytes -= len(got)


def wait_idle(server, seconds=30):
    deadline = time.monotonic() + seconds
    while server.metric("hearth_sequences_running") + server.metric("hearth_sequences_waiting") > 0:
        assert time.monotonic() < deadline, "sequences are left"
        time.sleep(0.02)


def test_aborted_requests_free_their_blocks(server):
    def body(i, **more):
        # Five prompts: what the prefix cache keeps of them is there before the measurement begins.
        return {"messages": [{"role": "user", "content": f"Tell me story number {i % 5}. " * 10}], "temperature": 0, **more}

    for i in range(20):
        send_and_cut(server.port, body(i, stream=True), 3000)
    wait_idle(server)
    before = resident_kib(server.process.pid)
    cancelled = server.metric("hearth_requests_cancelled_total")
    for i in range(200):
        # Streams after some tokens, streams before the first, and whole replies that never came.
        send_and_cut(server.port, body(i, stream=i % 4 != 0), 600 if i % 2 else 0)
    wait_idle(server)
    assert server.metric("hearth_kv_blocks_free") == server.metric("hearth_kv_blocks") > 0
    assert server.metric("hearth_requests_cancelled_total") - cancelled >= 190
    # What 200 requests with 100 tokens each would leave behind if their blocks leaked is several times this.
    assert resident_kib(server.process.pid) - before < 64 * 1024
    status, _, answer = server.post(CHAT, {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2})
    assert status == 200, answer


def test_an_idle_server_uses_no_processor_time(server):
    wait_idle(server)
    time.sleep(3)  # beyond the last timers of the requests before
    before = cpu_seconds(server.process.pid)
    time.sleep(3)
    assert cpu_seconds(server.process.pid) - before <= 0.01


def test_a_stop_signal_lets_requests_finish(start, models_folder):
    server = start(models_folder, "--preload", MODEL).wait_ready()
    data = json.dumps({"messages": [{"role": "user", "content": "Count to twenty."}], "max_tokens": 60,
                       "temperature": 0, "stream": True}).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as peer:
        peer.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
        received = peer.recv(1000)
        server.terminate()
        while chunk := peer.recv(65536):
            received += chunk
    assert b"data: [DONE]" in received
    assert server.stop() == 0


def test_a_taken_port_is_a_clear_error(start, server, models_folder, binary):
    second = subprocess.run([binary, "serve", "--models-path", models_folder, "--address", f"127.0.0.1:{server.port}"],
                            capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert str(server.port) in second.stderr and "--address" in second.stderr


def test_a_full_queue_says_when_to_come_back(start, models_folder):
    server = start(models_folder, "--preload", MODEL, "--max-queued", "4").wait_ready()
    status, headers, answer = server.post("/v1/completions", {"prompt": "Hi", "max_tokens": 50, "n": 128})
    assert status == 429 and answer["error"]["code"] == "rate_limit_exceeded"
    assert int(headers["retry-after"]) >= 1
    # The engine takes the cancelled ones out of the queue at its next step.
    deadline = time.monotonic() + 10
    while server.post("/v1/completions", {"prompt": "Hi", "max_tokens": 1})[0] != 200:
        assert time.monotonic() < deadline


def test_a_huge_prompt_is_refused_at_once(server):
    begin = time.monotonic()
    status, _, answer = server.post("/v1/completions", {"prompt": "word " * 2_800_000, "max_tokens": 1})
    assert status == 400 and answer["error"]["code"] == "context_length_exceeded"
    assert time.monotonic() - begin < 5


def test_a_second_stop_signal_does_not_wait(start, models_folder):
    server = start(models_folder, "--preload", MODEL).wait_ready()
    body = {"prompt": "Hi", "max_tokens": 5000, "ignore_eos": True}
    request = threading.Thread(target=lambda: pytest.raises(Exception, server.post, "/v1/completions", body))
    request.start()
    time.sleep(0.5)
    server.terminate()
    time.sleep(0.5)
    assert server.process.poll() is None, "the first signal waits for the request"
    server.terminate()
    assert server.process.wait(10) != 0
    request.join()


def test_keys_guard_the_api(start, models_folder):
    server = start(models_folder, "--api-keys", "sk-one,sk-two").wait_ready()
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    status, headers, answer = server.post(CHAT, body)
    assert status == 401 and headers["www-authenticate"] == "Bearer"
    assert answer["error"]["code"] == "invalid_api_key"
    assert server.post(CHAT, body, headers={"Authorization": "Bearer sk-two"})[0] == 200
    assert server.post(CHAT, body, headers={"x-api-key": "sk-one"})[0] == 200
    assert server.request("GET", "/healthz")[0] == 200


def test_two_models_and_a_choice(start, models_folder, tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    weights = next(path for path in Path(models_folder).iterdir() if path.suffix == ".gguf")
    for name in ("first", "second"):
        (models / f"{name}.gguf").symlink_to(weights)
    (models / "warm.yaml").write_text(
        "name: warm\nparameters:\n  model: first.gguf\n  temperature: 0\n  max_tokens: 3\nstopwords: ['zzz']\n")
    server = start(models).wait_ready()
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2, "temperature": 0}
    status, _, answer = server.post(CHAT, {**body, "model": "nope"})
    assert status == 404 and answer["error"]["code"] == "model_not_found"
    status, _, answer = server.post(CHAT, body)
    assert status == 400 and answer["error"]["param"] == "model"
    texts = {name: server.post(CHAT, {**body, "model": name})[2]["choices"][0]["message"]["content"]
             for name in ("second", "second.gguf", "warm")}
    assert len(set(texts.values())) == 1
    status, _, answer = server.post(CHAT, {"model": "warm", "messages": body["messages"]})
    assert answer["usage"]["completion_tokens"] == 3, "the YAML's limit holds"


def test_an_empty_folder_says_what_to_do(start, tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    server = start(models).wait_ready()
    status, _, answer = server.post(CHAT, {"messages": [{"role": "user", "content": "Hi"}]})
    assert status == 404 and "hearth pull" in answer["error"]["message"]
    shutil.rmtree(models)
