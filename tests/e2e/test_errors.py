"""Every kind of error that a request can earn: status, param and code, in OpenAI's form."""
import json

import pytest

CHAT = "/v1/chat/completions"
USER = [{"role": "user", "content": "Hi"}]


def chat(**more):
    return {"messages": USER, "max_tokens": 1, **more}


@pytest.mark.parametrize("path, body, status, param, code", [
    (CHAT, b"{", 400, None, None),
    (CHAT, b"[]", 400, None, None),
    (CHAT, b'{"a":1,"a":2}', 400, None, None),
    (CHAT, {}, 400, "messages", "missing_required_parameter"),
    (CHAT, {"messages": []}, 400, "messages", "empty_array"),
    (CHAT, {"messages": "Hi"}, 400, "messages", "invalid_type"),
    (CHAT, {"messages": [{"role": 1, "content": "x"}]}, 400, "messages[0].role", "invalid_type"),
    (CHAT, {"messages": [{"role": "king", "content": "x"}]}, 400, "messages[0].role", "invalid_value"),
    (CHAT, {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, 400,
     "messages[0].content[0].type", "invalid_value"),
    (CHAT, chat(temperature=200), 400, "temperature", "decimal_above_max_value"),
    (CHAT, chat(top_p=-1), 400, "top_p", "decimal_below_min_value"),
    (CHAT, chat(n=0), 400, "n", "integer_below_min_value"),
    (CHAT, chat(n=129), 400, "n", "integer_above_max_value"),
    (CHAT, chat(max_tokens=1.5), 400, "max_tokens", "invalid_type"),
    (CHAT, chat(stop=[""]), 400, "stop[0]", "invalid_value"),
    (CHAT, chat(stop=["x"] * 17), 400, "stop", "array_above_max_length"),
    (CHAT, chat(logit_bias={"x": 1}), 400, "logit_bias", "invalid_value"),
    (CHAT, chat(logit_bias={"9999999": 1}), 400, "logit_bias", "invalid_value"),
    (CHAT, chat(top_logprobs=1), 400, "top_logprobs", "invalid_value"),
    (CHAT, chat(stream_options={"include_usage": True}), 400, "stream_options", "invalid_value"),
    (CHAT, chat(tools=[]), 400, "tools", "empty_array"),
    (CHAT, chat(tools=[{"type": "function", "function": {"name": "f"}}]), 400, "tools", "unsupported_parameter"),
    (CHAT, chat(response_format={"type": "json_object"}), 400, "response_format", "unsupported_parameter"),
    (CHAT, chat(grammar="root ::= \"a\""), 400, "grammar", "unsupported_parameter"),
    ("/v1/completions", {"prompt": [5, 9999999], "max_tokens": 1}, 400, "prompt", "invalid_value"),
    ("/v1/completions", {"prompt": "x", "suffix": "y"}, 400, "suffix", "unsupported_parameter"),
    ("/v1/completions", {"prompt": "x", "best_of": 3}, 400, "best_of", "unsupported_parameter"),
    ("/v1/edits", {"input": "x"}, 400, "instruction", "missing_required_parameter"),
    ("/v1/nothing", {}, 404, None, None),
])
def test_error_table(server, path, body, status, param, code):
    got, headers, answer = server.post(path, body)
    assert got == status, answer
    error = answer["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["param"], error["code"]) == (param, code), error
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert headers["x-request-id"]


def test_methods_and_limits(server):
    status, headers, _ = server.request("GET", CHAT)
    assert status == 405 and headers["allow"] == "POST"
    assert server.request("POST", CHAT, b"x" * (16 << 20))[0] == 413
    assert server.request("GET", "/v1/models", headers={"Host": "evil.example"})[0] == 403
    assert server.request("GET", "/v1/models", headers={"X-Request-Id": "mine-1"})[1]["x-request-id"] == "mine-1"
    status, _, body = server.request("GET", "/v1/models/nope")
    assert status == 404 and json.loads(body)["error"]["code"] == "model_not_found"


def test_deep_json_is_refused(server):
    status, _, answer = server.post(CHAT, b'{"messages":' + b"[" * 200 + b"]" * 200 + b"}")
    assert status == 400 and "deep" in answer["error"]["message"].lower() or "depth" in answer["error"]["message"].lower()


def test_null_is_absent(server):
    status, _, answer = server.post(CHAT, chat(temperature=None, stop=None, tools=None, stream=None, seed=None))
    assert status == 200, answer
